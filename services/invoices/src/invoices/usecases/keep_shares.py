"""Keep what sharing says of an invoice's shares: the indicator's truth, and entries in the invoice's history.

Source: mission I7, I8.
"""

from collections.abc import Sequence

from chassis.database import Tx
from invoices.domain.share import ShareChange
from invoices.store.history_entries import append_entries
from invoices.store.shares import upsert_shares


async def keep_shares(tx: Tx, changes: Sequence[ShareChange]) -> None:
    """Keep changes and tell of them, in the caller's transaction. An invoice is in it at most once. Safe to repeat."""
    await upsert_shares(tx, changes)
    await append_entries(tx, [change.entry for change in changes])
