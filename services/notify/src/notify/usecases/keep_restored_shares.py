"""Follow shares that come back after a suspension: of that nobody is told, what was withdrawn stays so (S8).

Edits that were not told while it was hidden are, after the quiet window (I4).
"""

from collections.abc import Sequence

from chassis.database import Tx
from notify.domain.share import Share
from notify.store.change_windows import lock_invoices, open_windows
from notify.store.invoice_changes import list_changes
from notify.store.shares import change_shares


async def keep_restored_shares(tx: Tx, restored: Sequence[Share]) -> None:
    """Note that suspended shares are in force again. Safe to repeat."""
    invoices = {(share.firm_id, share.invoice_id) for share in restored}
    await lock_invoices(tx, invoices)
    await change_shares(tx, restored)
    await open_windows(tx, {(change.firm_id, change.invoice_id) for change in await list_changes(tx, invoices)})
