"""Tell in an invoice's history what became of e-mails and texts about it.

Source: mission I7.
"""

from collections.abc import Sequence

from chassis.database import Tx
from invoices.domain.history import Entry
from invoices.store.history_entries import append_entries


async def record_deliveries(tx: Tx, entries: Sequence[Entry]) -> None:
    """Add one entry per delivery and invoice, in the caller's transaction. Safe to repeat."""
    await append_entries(tx, entries)
