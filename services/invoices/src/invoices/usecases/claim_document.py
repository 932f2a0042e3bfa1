"""Take the PDF that has been due longest, for one renderer, until its lease ends (I5)."""

from chassis.database import Database
from chassis.ids import new_id
from invoices.domain.printing import Claimed
from invoices.store.documents import claim_due, is_document_due


async def claim_document(database: Database, lease_seconds: float) -> Claimed | None:
    """Claim one PDF in a transaction of its own. Safe to repeat after a kill: the lease ends."""
    # A look first: every commit wakes the relay and the loops, and most looks find nothing.
    async with database.reading() as tx:
        if not await is_document_due(tx):
            return None
    async with database.transaction() as tx:
        return await claim_due(tx, new_id(), lease_seconds)
