"""Keep matters as invoices tells of them."""

from collections.abc import Sequence

from chassis.database import Tx
from payments.domain.replicas import Matter
from payments.store.matters import upsert_matters


async def keep_matters(tx: Tx, matters: Sequence[Matter]) -> None:
    """Keep the newest state of each matter, in the caller's transaction. Safe to repeat and in any order."""
    await upsert_matters(tx, matters)
