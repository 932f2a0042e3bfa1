"""What each delivery covers."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.domain.delivery import Item
from notify.domain.planning import Plan

_INSERT: LiteralString = """
insert into delivery_items (
    firm_id, delivery_id, position, invoice_id, version, share_id, generation, channel, number, matter_name, currency,
    total_minor, due_on, pdf_comments, on_payment_page
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::integer[], $6::uuid[], $7::integer[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::bigint[], $13::date[], $14::text[], $15::boolean[]
)
"""
_COLUMNS: LiteralString = """
select delivery_id, invoice_id, version, share_id, generation, channel, number, matter_name, currency, total_minor,
    due_on, pdf_comments, on_payment_page
from delivery_items
"""
_LIST: LiteralString = (
    _COLUMNS
    + """
where firm_id = any($1::uuid[]) and delivery_id = any($2::uuid[])
order by delivery_id, position
"""
)
_LIST_IN_FORCE: LiteralString = (
    _COLUMNS
    + """
join items_in_force using (firm_id, delivery_id, position)
where firm_id = any($1::uuid[]) and delivery_id = any($2::uuid[])
order by delivery_id, position
"""
)


async def insert_items(tx: Tx, plans: Sequence[Plan]) -> None:
    """Keep what new deliveries cover. Not safe to repeat: the deliveries' send key is."""
    rows = [(plan.delivery, position, item) for plan in plans for position, item in enumerate(plan.items)]
    await tx.execute(
        _INSERT,
        [delivery.firm_id for delivery, _, _ in rows],
        [delivery.delivery_id for delivery, _, _ in rows],
        [position for _, position, _ in rows],
        [item.invoice_id for _, _, item in rows],
        [item.version for _, _, item in rows],
        [item.share_id for _, _, item in rows],
        [item.generation for _, _, item in rows],
        [item.channel for _, _, item in rows],
        [item.number for _, _, item in rows],
        [item.matter_name for _, _, item in rows],
        [item.currency for _, _, item in rows],
        [item.total_minor for _, _, item in rows],
        [item.due_on for _, _, item in rows],
        [item.pdf_comments for _, _, item in rows],
        [item.on_payment_page for _, _, item in rows],
    )


async def list_items(tx: Tx, firm_ids: Sequence[UUID], delivery_ids: Sequence[UUID]) -> dict[UUID, tuple[Item, ...]]:
    """List what deliveries cover, by delivery, in order; one that covers nothing is missing.

    Delivery ids are unique across firms.
    """
    return _by_delivery([dict(row) for row in await tx.fetch(_LIST, firm_ids, delivery_ids)])


async def list_items_in_force(
    tx: Tx, firm_ids: Sequence[UUID], delivery_ids: Sequence[UUID]
) -> dict[UUID, tuple[Item, ...]]:
    """List what deliveries cover and may still tell of, likewise."""
    return _by_delivery([dict(row) for row in await tx.fetch(_LIST_IN_FORCE, firm_ids, delivery_ids)])


def _by_delivery(rows: Sequence[dict[str, Any]]) -> dict[UUID, tuple[Item, ...]]:
    items: dict[UUID, tuple[Item, ...]] = {}
    for columns in rows:
        delivery_id: UUID = columns.pop("delivery_id")
        items[delivery_id] = (*items.get(delivery_id, ()), Item(**columns))
    return items
