"""The only place that makes ids; decisions take them as arguments."""

import os
import time
from collections import deque
from uuid import UUID, uuid5

_RANDOM_BITS = 74
_RESERVE_COUNT = 256

_reserve = deque[int]()
# A child that is forked must not make the ids that its parent makes.
os.register_at_fork(after_in_child=_reserve.clear)


def new_id() -> UUID:
    """Make a time-ordered id (RFC 9562, version 7): indexes on it stay cheap as tables grow."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = _random_bits()
    return UUID(
        int=(milliseconds & ((1 << 48) - 1)) << 80
        | 7 << 76
        | (random_bits >> 62) << 64
        | 2 << 62
        | random_bits & ((1 << 62) - 1)
    )


def derived_id(parent: UUID, purpose: str) -> UUID:
    """Make the one id that `parent` has for `purpose`: the same each time, so that a repeat meets its first effect."""
    return uuid5(parent, purpose)


def _random_bits() -> int:
    """Take random bits of the system's, asked for many ids at once: asking costs more than all the rest of an id."""
    while True:
        try:
            # In one step, so that no two threads take the same.
            return _reserve.pop()
        except IndexError:
            size = -(-_RANDOM_BITS // 8)
            fresh = os.urandom(size * _RESERVE_COUNT)
            mask = (1 << _RANDOM_BITS) - 1
            _reserve.extend(int.from_bytes(fresh[at : at + size]) & mask for at in range(0, len(fresh), size))
