"""Follow shares that end, are hidden or come back. Source: mission S7, S8."""

from collections.abc import Sequence

from chassis.database import Tx
from payments.domain.payable_share import PayableShare
from payments.store.payable_shares import move_payable_shares


async def change_payable_shares(tx: Tx, shares: Sequence[PayableShare]) -> None:
    """Bring shares to the state they are given with: an invoice leaves the payment page with its last listing share.

    In the caller's transaction. Safe to repeat; what is said of an earlier generation is ignored.
    """
    await move_payable_shares(tx, shares)
