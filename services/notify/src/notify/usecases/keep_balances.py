"""Keep what payments says is owed, so that mails about an invoice say what is open of it (P1, N1)."""

from collections.abc import Sequence

from chassis.database import Tx
from notify.domain.balance import Balance
from notify.store.balances import upsert_balances


async def keep_balances(tx: Tx, balances: Sequence[Balance]) -> None:
    """Keep the newest balance of each invoice, in the caller's transaction. Safe to repeat."""
    await upsert_balances(tx, balances)
