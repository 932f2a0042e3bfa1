"""Follow shares that come back after a suspension: nobody is told, what was withdrawn stays so (S8)."""

from collections.abc import Sequence

from chassis.database import Tx
from notify.domain.share import Share
from notify.store.shares import change_shares


async def keep_restored_shares(tx: Tx, restored: Sequence[Share]) -> None:
    """Note that suspended shares are in force again. Safe to repeat."""
    await change_shares(tx, restored)
