"""Keep who may pay what, as sharing tells of it. Source: mission P1, S11."""

from collections.abc import Sequence

from chassis.database import Tx
from payments.domain.payable_share import PayableShare
from payments.store.payable_shares import open_payable_shares


async def keep_payable_shares(tx: Tx, shares: Sequence[PayableShare]) -> None:
    """Keep shares that were made, of every channel, whether or not their invoice has arrived here.

    In the caller's transaction. Safe to repeat; one whose end arrived first stays ended.
    """
    await open_payable_shares(tx, shares)
