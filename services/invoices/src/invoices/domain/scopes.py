"""What an API key may be allowed: `<thing>:<read|write>`."""

from collections.abc import Callable, Iterable

THINGS = ("firm", "staff", "keys", "matters", "contacts", "invoices", "shares", "deliveries", "payments")

ALL_SCOPES = tuple(f"{thing}:{action}" for thing in THINGS for action in ("read", "write"))
"""What a firm's first key may do; every later key has a part of what its maker has."""


def covers(may: Callable[[str], bool], wanted: Iterable[str]) -> bool:
    """Whether an asker may hand out these scopes: nobody gives what they do not have."""
    return all(may(scope) for scope in wanted)
