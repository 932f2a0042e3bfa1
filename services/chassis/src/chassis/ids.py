"""The only place that makes ids; decisions take them as arguments."""

import secrets
import time
from uuid import UUID, uuid5


def new_id() -> UUID:
    """Make a time-ordered id (RFC 9562, version 7): indexes on it stay cheap as tables grow."""
    milliseconds = time.time_ns() // 1_000_000
    random_bits = secrets.randbits(74)
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
