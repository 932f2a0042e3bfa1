"""What each delivery covers."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.domain.delivery import Item
from notify.domain.planning import Plan

_INSERT: LiteralString = """
insert into delivery_items (
    firm_id, delivery_id, position, invoice_id, version, share_id, generation, channel, number, matter_name, currency,
    total_minor, due_on
)
select * from unnest(
    $1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::integer[], $6::uuid[], $7::integer[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::bigint[], $13::date[]
)
"""
_LIST: LiteralString = """
select delivery_id, invoice_id, version, share_id, generation, channel, number, matter_name, currency, total_minor,
    due_on
from delivery_items
where firm_id = any($1::uuid[]) and delivery_id = any($2::uuid[])
order by delivery_id, position
"""


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
    )


async def list_items(tx: Tx, firm_ids: Sequence[UUID], delivery_ids: Sequence[UUID]) -> dict[UUID, tuple[Item, ...]]:
    """List what deliveries cover, by delivery, in order. Delivery ids are unique across firms."""
    items: dict[UUID, tuple[Item, ...]] = {}
    for row in await tx.fetch(_LIST, firm_ids, delivery_ids):
        columns = dict(row)
        delivery_id: UUID = columns.pop("delivery_id")
        items[delivery_id] = (*items.get(delivery_id, ()), Item(**columns))
    return items
