"""Keep what invoices tells of firms. Source: glossary, firm."""

from collections.abc import Sequence

from chassis.database import Tx
from sharing.domain.replicas import Firm
from sharing.store.firms import upsert_firms


async def keep_firms(tx: Tx, firms: Sequence[Firm]) -> None:
    """Keep the newest state of each firm. Safe to repeat."""
    await upsert_firms(tx, firms)
