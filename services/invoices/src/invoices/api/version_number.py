"""The number of a version, as an address names it."""

from chassis.http.caller import not_found
from invoices.domain.version import VERSION_MAX


def admit_version(version: int, what: str) -> int:
    """Give the number back where there could be such a version: the database takes no other.

    Raises: ProblemError (unknown_…).
    """
    if not 1 <= version <= VERSION_MAX:
        raise not_found(what)
    return version
