"""Keep deliveries whose sending takes long, so that no other sender takes them for abandoned (N5)."""

from collections.abc import Sequence

from chassis.database import Database
from notify.domain.delivery import Claim
from notify.store.claims import renew_leases


async def renew_claims(database: Database, claims: Sequence[Claim], lease_seconds: float) -> None:
    """Let the leases begin anew, in a transaction of its own. Safe to repeat."""
    async with database.transaction() as tx:
        await renew_leases(tx, claims, lease_seconds)
