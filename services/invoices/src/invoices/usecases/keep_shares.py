"""Keep what sharing says of an invoice's shares: the indicator's truth, history, and the PDFs that were promised.

Source: mission I5, I7, I8.
"""

from collections.abc import Sequence

from chassis.database import Tx
from invoices.domain.share import ShareChange
from invoices.store.documents import queue_documents
from invoices.store.history_entries import append_entries
from invoices.store.invoices import lock_invoices
from invoices.store.shares import upsert_shares


async def keep_shares(tx: Tx, changes: Sequence[ShareChange]) -> None:
    """Keep changes and tell of them, in the caller's transaction. An invoice is in it at most once. Safe to repeat."""
    await upsert_shares(tx, changes)
    await append_entries(tx, [change.entry for change in changes])
    wanted = [change.document for change in changes if change.document]
    if wanted:
        # A revision that is under way would not know of the choice, and this would not know of its version.
        await lock_invoices(tx, [document.invoice_key for document in wanted])
        await queue_documents(tx, wanted)
