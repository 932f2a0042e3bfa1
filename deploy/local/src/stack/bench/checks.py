"""What makes a run valid: everything that was asked was done, and once."""

from collections import Counter
from collections.abc import Hashable, Iterable

from stack.bench.result import InvalidRun


def check_once(what: str, asked: Iterable[Hashable], seen: Iterable[Hashable]) -> None:
    """Check that each thing asked was seen once, and nothing else.

    Raises: InvalidRun, saying how many are missing, repeated or strange.
    """
    wanted, found = set(asked), Counter(seen)
    missing = len(wanted - found.keys())
    strange = len(found.keys() - wanted)
    repeated = sum(1 for count in found.values() if count > 1)
    if missing or strange or repeated:
        raise InvalidRun(f"{what} for each of {len(wanted)}: {missing} missing, {repeated} repeated, {strange} strange")
