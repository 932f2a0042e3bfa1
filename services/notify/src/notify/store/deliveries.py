"""Deliveries as they are planned and withdrawn. What their sender does with them is in `claims`."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any, LiteralString
from uuid import UUID

import asyncpg

from chassis.database import Tx
from notify.domain.delivery import Delivery
from notify.domain.planning import Plan
from notify.store.news import read_news, write_news

# The send key arbitrates: planned before, whoever planned it, is not planned again.
_INSERT: LiteralString = """
insert into deliveries (
    firm_id, delivery_id, kind, template, contact_id, recipient_name, recipient_email, locale, subject_id, version,
    occasion, message, actor, correlation_id, traceparent, news, caused_by, covers_shares, state, reason, next_at,
    ended_at
)
select firm_id, delivery_id, kind, template, contact_id, recipient_name, recipient_email, locale, subject_id, version,
    occasion, message, actor, correlation_id, traceparent, news, caused_by, covers_shares,
    case when recipient_email is null then 'failed' else 'planned' end,
    case when recipient_email is null then 'no_address' end,
    case when recipient_email is not null then case when waits then 'infinity' else clock_timestamp() end end,
    case when recipient_email is null then clock_timestamp() end
from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::uuid[],
    $10::integer[], $11::uuid[], $12::text[], $13::text[], $14::uuid[], $15::text[], $16::jsonb[], $17::uuid[],
    $18::boolean[], $19::boolean[]
) with ordinality as delivery (
    firm_id, delivery_id, kind, template, contact_id, recipient_name, recipient_email, locale, subject_id, version,
    occasion, message, actor, correlation_id, traceparent, news, caused_by, covers_shares, waits, position
)
order by position
on conflict on constraint deliveries_send_key do nothing
returning delivery_id
"""
# A claimed row is its sender's: an update that waited for the claim finds another state and leaves it.
_WITHDRAW_UNSHARED: LiteralString = """
update deliveries
set state = 'withdrawn', reason = 'unshared', next_at = null, ended_at = clock_timestamp()
where state in ('planned', 'retry', 'unknown')
    and (firm_id, delivery_id) in (
        select item.firm_id, item.delivery_id
        from delivery_items as item
        join unnest($1::uuid[], $2::uuid[]) as ended (firm_id, share_id)
            on item.firm_id = ended.firm_id and item.share_id = ended.share_id
    )
    and not exists (
        select from items_in_force as item
        where item.firm_id = deliveries.firm_id and item.delivery_id = deliveries.delivery_id
    )
returning firm_id, delivery_id
"""

_FIELDS = [field.name for field in fields(Delivery)]

DeliveryKey = tuple[UUID, UUID]
"""Firm and delivery."""


async def insert_deliveries(tx: Tx, plans: Sequence[Plan], waiting: Collection[UUID]) -> set[UUID]:
    """Plan deliveries, due at once but for those in `waiting`; one without an address fails at once.

    Returns those not planned before.
    """
    deliveries = [plan.delivery for plan in plans]
    rows = await tx.fetch(
        _INSERT,
        [delivery.firm_id for delivery in deliveries],
        [delivery.delivery_id for delivery in deliveries],
        [delivery.kind for delivery in deliveries],
        [delivery.template for delivery in deliveries],
        [delivery.contact_id for delivery in deliveries],
        [delivery.recipient_name for delivery in deliveries],
        [delivery.recipient_email for delivery in deliveries],
        [delivery.locale for delivery in deliveries],
        [delivery.subject_id for delivery in deliveries],
        [delivery.version for delivery in deliveries],
        [delivery.occasion for delivery in deliveries],
        [delivery.message for delivery in deliveries],
        [delivery.actor for delivery in deliveries],
        [delivery.correlation_id for delivery in deliveries],
        [delivery.traceparent for delivery in deliveries],
        [write_news(delivery.news) for delivery in deliveries],
        [delivery.caused_by for delivery in deliveries],
        [bool(plan.items) for plan in plans],
        [delivery.delivery_id in waiting for delivery in deliveries],
    )
    return {row["delivery_id"] for row in rows}


async def withdraw_unshared(tx: Tx, shares: Sequence[tuple[UUID, UUID]]) -> list[DeliveryKey]:
    """Withdraw what waits and covers one of these shares (firm and id) and none that is in force. Safe to repeat.

    Returns what was withdrawn.
    """
    rows = await tx.fetch(_WITHDRAW_UNSHARED, [firm_id for firm_id, _ in shares], [share_id for _, share_id in shares])
    return [(row["firm_id"], row["delivery_id"]) for row in rows]


def delivery_of(row: asyncpg.Record) -> Delivery:
    """Read a row of the table, among whatever else it has."""
    columns: dict[str, Any] = {name: row[name] for name in _FIELDS}
    columns["news"] = read_news(columns["news"])
    return Delivery(**columns)
