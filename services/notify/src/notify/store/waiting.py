"""Deliveries that wait for a PDF: they are due at infinity, so that no look for work comes upon them.

The caller holds the invoices' locks, so that a PDF and what waits for it cannot miss one another.
"""

from collections.abc import Collection
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.store.deliveries import delivery_of
from notify.store.delivery_facts import Failed, append_ends
from notify.store.delivery_items import list_items

_RELEASE: LiteralString = """
with waiting as materialized (
    select distinct item.firm_id, item.delivery_id
    from delivery_items as item
    join unnest($1::uuid[], $2::uuid[]) as invoice (firm_id, invoice_id)
        on item.firm_id = invoice.firm_id and item.invoice_id = invoice.invoice_id
    where item.pdf_comments is not null
)
update deliveries set next_at = clock_timestamp()
from waiting
where deliveries.firm_id = waiting.firm_id and deliveries.delivery_id = waiting.delivery_id
    and deliveries.next_at = 'infinity'
    and (
        select true from items_awaiting_pdf as item
        where item.firm_id = waiting.firm_id and item.delivery_id = waiting.delivery_id limit 1
    ) is null
"""
_FAIL: LiteralString = """
update deliveries set state = 'failed', reason = 'no_pdf', next_at = null, ended_at = clock_timestamp()
where next_at = 'infinity' and (firm_id, delivery_id) in (
    select item.firm_id, item.delivery_id
    from unnest($1::uuid[], $2::uuid[]) as invoice (firm_id, invoice_id)
    join items_awaiting_pdf as item on item.firm_id = invoice.firm_id and item.invoice_id = invoice.invoice_id
    join failed_pdfs as failed
        on failed.firm_id = item.firm_id and failed.invoice_id = item.invoice_id
        and failed.version = item.version and failed.comments = item.pdf_comments
)
returning *
"""


async def settle_waiting(tx: Tx, invoices: Collection[tuple[UUID, UUID]]) -> None:
    """Make due what tells of these invoices (firm and id) and waits for no PDF any more. Safe to repeat.

    What waits for one that has been given up fails, and that is told.
    """
    columns = [firm_id for firm_id, _ in invoices], [invoice_id for _, invoice_id in invoices]
    await tx.execute(_RELEASE, *columns)
    failed = [delivery_of(row) for row in await tx.fetch(_FAIL, *columns)]
    if failed:
        items = await list_items(
            tx, [delivery.firm_id for delivery in failed], [delivery.delivery_id for delivery in failed]
        )
        await append_ends(tx, [Failed(delivery, items[delivery.delivery_id], 0, "no_pdf") for delivery in failed])
