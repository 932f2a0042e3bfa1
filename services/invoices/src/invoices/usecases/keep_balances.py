"""Keep what payments says is owed: invoices shows it and decides nothing by it.

Source: design.md, "What is owed"; mission P1.
"""

from collections.abc import Sequence

from chassis.database import Tx
from invoices.domain.balance import Balance
from invoices.store.balances import upsert_balances


async def keep_balances(tx: Tx, balances: Sequence[Balance]) -> None:
    """Keep the newest balance of each invoice, in the caller's transaction. Safe to repeat."""
    await upsert_balances(tx, balances)
