"""Tell in an invoice's history of charges, refunds, and the payments they belong to.

Source: mission I7. What is owed is not decided here: payments announces the balance.
"""

from collections.abc import Sequence

from chassis.database import Tx
from invoices.domain.history import Entry
from invoices.store.history_entries import append_entries


async def record_payments(tx: Tx, entries: Sequence[Entry]) -> None:
    """Add one entry per event and invoice, in the caller's transaction. Safe to repeat."""
    await append_entries(tx, entries)
