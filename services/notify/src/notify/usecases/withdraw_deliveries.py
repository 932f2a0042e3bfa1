"""Follow shares that end: what was going to tell of them and has not been claimed is not sent any more (S7, S8)."""

from collections.abc import Sequence

from chassis.database import Tx
from notify.domain.share import Share
from notify.store.deliveries import withdraw_unshared
from notify.store.shares import change_shares


async def withdraw_deliveries(tx: Tx, ended: Sequence[Share]) -> None:
    """Note revoked or suspended shares and withdraw what covers nothing else. Safe to repeat."""
    await change_shares(tx, ended)
    await withdraw_unshared(tx, [(share.firm_id, share.share_id) for share in ended])
