"""Keep edits of final invoices, to be told when the firm's quiet window is over (mission I4, N2)."""

from collections.abc import Sequence

from chassis.database import Tx
from notify.domain.changes import InvoiceChange
from notify.store.change_windows import lock_invoices, open_windows
from notify.store.invoice_changes import insert_changes


async def keep_changes(tx: Tx, changes: Sequence[InvoiceChange]) -> None:
    """Keep edits and open their invoices' windows, in the caller's transaction."""
    invoices = {(change.firm_id, change.invoice_id) for change in changes}
    await lock_invoices(tx, invoices)
    await insert_changes(tx, changes)
    await open_windows(tx, invoices)
