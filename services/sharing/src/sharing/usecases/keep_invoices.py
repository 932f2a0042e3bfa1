"""Keep what invoices tells of invoices, and with whom a draft is to be shared. Source: mission I2, S1."""

from collections.abc import Sequence

from chassis.database import Tx
from sharing.domain.replicas import Invoice
from sharing.domain.wish import Wish
from sharing.store.invoices import upsert_invoices
from sharing.store.share_wishes import insert_wishes, mark_due


async def keep_invoices(tx: Tx, invoices: Sequence[Invoice], wishes: Sequence[Wish] = ()) -> None:
    """Keep the newest state of each invoice, and its wishes; those of final ones become due. Safe to repeat.

    Wishes and finality may arrive in either order: the invoice's row, locked first, lets the later one see the other.
    """
    await upsert_invoices(tx, invoices)
    if wishes:
        await insert_wishes(tx, wishes)
    await mark_due(tx, [invoice.key for invoice in invoices])
