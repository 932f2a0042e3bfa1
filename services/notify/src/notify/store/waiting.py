"""Deliveries that wait for a PDF: they are due at infinity, so that no look for work comes upon them.

The caller holds the invoices' locks, so that a PDF and what waits for it cannot miss one another.
"""

from collections.abc import Collection
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from chassis.ids import new_id
from notify.store.deliveries import delivery_of
from notify.store.delivery_facts import Failed, append_ends
from notify.store.delivery_items import list_items

# What waits for a PDF that has been given up, in a message that has more to tell.
_LIST_APART: LiteralString = """
with given_up as materialized (
    select item.firm_id, item.delivery_id, item.position, item.share_id
    from unnest($1::uuid[], $2::uuid[]) as invoice (firm_id, invoice_id)
    join items_awaiting_pdf as awaiting
        on awaiting.firm_id = invoice.firm_id and awaiting.invoice_id = invoice.invoice_id
    join failed_pdfs as failed
        on failed.firm_id = awaiting.firm_id and failed.invoice_id = awaiting.invoice_id
        and failed.version = awaiting.version and failed.comments = awaiting.pdf_comments
    join delivery_items as item
        on item.firm_id = awaiting.firm_id and item.delivery_id = awaiting.delivery_id
        and item.invoice_id = awaiting.invoice_id and item.version = awaiting.version
        and item.pdf_comments = awaiting.pdf_comments
    join deliveries on deliveries.firm_id = item.firm_id and deliveries.delivery_id = item.delivery_id
    where deliveries.next_at = 'infinity'
)
select distinct firm_id, delivery_id, share_id from given_up
where exists (
    select from items_in_force as item
    where item.firm_id = given_up.firm_id and item.delivery_id = given_up.delivery_id and not exists (
        select from given_up as other
        where other.firm_id = item.firm_id and other.delivery_id = item.delivery_id and other.position = item.position
    )
)
"""
# A message like the first, whose send key is its own.
_COPY: LiteralString = """
insert into deliveries (
    firm_id, delivery_id, kind, template, contact_id, recipient_name, recipient_email, locale, subject_id, version,
    occasion, message, actor, correlation_id, traceparent, news, caused_by, covers_shares, state, next_at, planned_at
)
select firm_id, apart.new_id, kind, template, contact_id, recipient_name, recipient_email, locale, subject_id, version,
    apart.new_id, message, actor, correlation_id, traceparent, news, coalesce(caused_by, occasion), covers_shares,
    state, next_at, planned_at
from deliveries
join unnest($1::uuid[], $2::uuid[], $3::uuid[]) as apart (firm_id, delivery_id, new_id) using (firm_id, delivery_id)
"""
_MOVE_ITEMS: LiteralString = """
update delivery_items as item set delivery_id = apart.new_id
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) as apart (firm_id, delivery_id, share_id, new_id)
where item.firm_id = apart.firm_id and item.delivery_id = apart.delivery_id and item.share_id = apart.share_id
"""
_MOVE_TOLD: LiteralString = """
update told_changes as told set delivery_id = apart.new_id
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) as apart (firm_id, delivery_id, share_id, new_id)
where told.firm_id = apart.firm_id and told.delivery_id = apart.delivery_id and told.share_id = apart.share_id
"""
_RELEASE: LiteralString = """
with waiting as materialized (
    select distinct item.firm_id, item.delivery_id
    from delivery_items as item
    join unnest($1::uuid[], $2::uuid[]) as invoice (firm_id, invoice_id)
        on item.firm_id = invoice.firm_id and item.invoice_id = invoice.invoice_id
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


# Of all that was to be told of a share the newest alone, lest a contact hears the same twice, or what holds no more.
_REVIVE: LiteralString = """
update deliveries set state = 'planned', reason = null, ended_at = null, next_at = clock_timestamp()
where state = 'failed' and reason = 'no_pdf'
    and (firm_id, delivery_id) in (
        select item.firm_id, item.delivery_id
        from unnest($1::uuid[], $2::uuid[]) as invoice (firm_id, invoice_id)
        join delivery_items as item on item.firm_id = invoice.firm_id and item.invoice_id = invoice.invoice_id
        join items_in_force as in_force
            on in_force.firm_id = item.firm_id and in_force.delivery_id = item.delivery_id
            and in_force.position = item.position
        where item.pdf_comments is not null
    )
    and not exists (
        select from items_awaiting_pdf as item
        where item.firm_id = deliveries.firm_id and item.delivery_id = deliveries.delivery_id
    )
    and not exists (
        select from delivery_items as item
        join delivery_items as again
            on again.firm_id = item.firm_id and again.share_id = item.share_id and again.generation = item.generation
        join deliveries as newer on newer.firm_id = again.firm_id and newer.delivery_id = again.delivery_id
        where item.firm_id = deliveries.firm_id and item.delivery_id = deliveries.delivery_id
            and newer.state <> 'withdrawn'
            and (newer.planned_at, newer.delivery_id) > (deliveries.planned_at, deliveries.delivery_id)
    )
"""


async def settle_waiting(tx: Tx, invoices: Collection[tuple[UUID, UUID]]) -> None:
    """Make due what tells of these invoices (firm and id) and waits for no PDF any more. Safe to repeat.

    What waits for one that has been given up fails, and that is told; what else its message was to tell goes without.
    """
    columns = _columns(invoices)
    await _set_apart(tx, invoices)
    await tx.execute(_RELEASE, *columns)
    failed = [delivery_of(row) for row in await tx.fetch(_FAIL, *columns)]
    if failed:
        items = await list_items(
            tx, [delivery.firm_id for delivery in failed], [delivery.delivery_id for delivery in failed]
        )
        await append_ends(tx, [Failed(delivery, items[delivery.delivery_id], 0, "no_pdf") for delivery in failed])


async def revive_failed(tx: Tx, invoices: Collection[tuple[UUID, UUID]]) -> None:
    """Make due what has failed for want of a PDF of these invoices (firm and id) that is there now. Safe to repeat."""
    await tx.execute(_REVIVE, *_columns(invoices))


async def _set_apart(tx: Tx, invoices: Collection[tuple[UUID, UUID]]) -> None:
    """Give what waits for a PDF that was given up a delivery of its own, where its message has more to tell."""
    rows = await tx.fetch(_LIST_APART, *_columns(invoices))
    if not rows:
        return
    new_ids = {(row["firm_id"], row["delivery_id"]): new_id() for row in rows}
    await tx.execute(_COPY, *_columns(new_ids), list(new_ids.values()))
    moved = (
        [row["firm_id"] for row in rows],
        [row["delivery_id"] for row in rows],
        [row["share_id"] for row in rows],
        [new_ids[row["firm_id"], row["delivery_id"]] for row in rows],
    )
    await tx.execute(_MOVE_ITEMS, *moved)
    await tx.execute(_MOVE_TOLD, *moved)


def _columns(keys: Collection[tuple[UUID, UUID]]) -> tuple[list[UUID], list[UUID]]:
    return [firm_id for firm_id, _ in keys], [key for _, key in keys]
