"""Follow shares that end: what was going to tell of them and has not been claimed is not sent any more (S7, S8)."""

from collections.abc import Sequence

from chassis.database import Tx
from notify.domain.share import Share
from notify.store.change_windows import lock_invoices
from notify.store.deliveries import withdraw_unshared
from notify.store.shares import change_shares
from notify.store.told_changes import take_back_told
from notify.store.waiting import settle_waiting


async def withdraw_deliveries(tx: Tx, ended: Sequence[Share]) -> None:
    """Note revoked or suspended shares and withdraw what covers nothing else. Safe to repeat.

    A notice that is withdrawn has told nothing. What waited for the PDF of such a share alone waits no more.
    """
    invoices = {(share.firm_id, share.invoice_id) for share in ended}
    await lock_invoices(tx, invoices)
    await change_shares(tx, ended)
    withdrawn = await withdraw_unshared(tx, [(share.firm_id, share.share_id) for share in ended])
    await take_back_told(tx, withdrawn)
    await settle_waiting(tx, invoices)
