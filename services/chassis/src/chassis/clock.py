"""The only place that reads the wall clock; decisions take the time as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """Present time in UTC. Expiry and leases use the database's clock instead."""
    return datetime.now(UTC)
