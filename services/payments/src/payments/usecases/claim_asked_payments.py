"""Take commands that wait to be carried out, for one worker, until its lease ends. Source: mission X1."""

from chassis.database import Database
from chassis.ids import new_id
from payments.store.asked_payments import ClaimedAsk, claim_asked, is_any_due


async def claim_asked_payments(database: Database, limit: int, *, lease_seconds: float) -> list[ClaimedAsk]:
    """Claim up to `limit` commands, no two of one payment, in a transaction of its own.

    Safe to repeat after a kill: a lease that nobody gives back ends, and the command is claimed again.
    """
    # A look first: every commit wakes the very loop that claims.
    async with database.reading() as tx:
        if not await is_any_due(tx):
            return []
    async with database.transaction() as tx:
        return await claim_asked(tx, limit, new_id(), lease_seconds=lease_seconds)
