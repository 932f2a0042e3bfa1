"""Take orders that are due, for one charger, until its lease ends. Source: design, Paying."""

from chassis.database import Database
from chassis.ids import new_id
from payments.domain.processor_order import ClaimedOrder
from payments.store.order_claims import claim_due, is_order_due


async def claim_orders(
    database: Database, limit: int, *, lease_seconds: float, key_lifetime_seconds: float
) -> list[ClaimedOrder]:
    """Claim up to `limit` orders in a transaction of its own.

    Safe to repeat after a kill: a lease that nobody gives back ends, and the order is asked about then.
    """
    # A look first: a transaction, even one that claims nothing, wakes the loops of its own process.
    async with database.reading() as tx:
        if not await is_order_due(tx):
            return []
    async with database.transaction() as tx:
        return await claim_due(
            tx, limit, new_id(), lease_seconds=lease_seconds, key_lifetime_seconds=key_lifetime_seconds
        )
