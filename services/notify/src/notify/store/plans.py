"""Plans into their tables: each delivery with what it covers, and what follows at once."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Tx
from notify.domain.changes import ToldChange
from notify.domain.delivery import pdf_keys
from notify.domain.planning import Plan
from notify.store.deliveries import insert_deliveries
from notify.store.delivery_facts import Failed, append_ends
from notify.store.delivery_items import insert_items
from notify.store.news_invoices import insert_news_invoices
from notify.store.pdfs import find_pdfs
from notify.store.told_changes import insert_told_changes
from notify.store.waiting import settle_waiting


async def insert_plans(tx: Tx, plans: Sequence[Plan], telling: Sequence[tuple[UUID, ToldChange]] = ()) -> None:
    """Plan deliveries, and tell of those that have no address to go to. Safe to repeat, by the send key.

    The caller holds the locks of the invoices whose PDFs go with them. `telling`: which edits are told by which of
    these deliveries, if that is planned.
    """
    waiting = await _waiting(tx, plans)
    inserted = await insert_deliveries(tx, plans, {plan.delivery.delivery_id for plan in waiting})
    new = [plan for plan in plans if plan.delivery.delivery_id in inserted]
    await insert_items(tx, new)
    await insert_news_invoices(tx, [plan.delivery for plan in new])
    await insert_told_changes(tx, [told for told in telling if told[0] in inserted])
    untold = [plan for plan in new if plan.delivery.recipient_email is None]
    await append_ends(tx, [Failed(plan.delivery, plan.items, 0, "no_address") for plan in untold])
    if waiting:
        await settle_waiting(tx, {(plan.delivery.firm_id, item.invoice_id) for plan in waiting for item in plan.items})


async def _waiting(tx: Tx, plans: Sequence[Plan]) -> list[Plan]:
    """Those that a PDF goes with that is not there yet."""
    wanted = {plan.delivery.delivery_id: pdf_keys(plan.delivery.firm_id, plan.items) for plan in plans}
    there = await find_pdfs(tx, {key for keys in wanted.values() for key in keys})
    return [plan for plan in plans if any(key not in there for key in wanted[plan.delivery.delivery_id])]
