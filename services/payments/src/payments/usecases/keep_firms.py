"""Keep firms as invoices tells of them."""

from collections.abc import Sequence

from chassis.database import Tx
from payments.domain.replicas import Firm
from payments.store.firms import upsert_firms


async def keep_firms(tx: Tx, firms: Sequence[Firm]) -> None:
    """Keep the newest state of each firm, in the caller's transaction. Safe to repeat and in any order."""
    await upsert_firms(tx, firms)
