"""Deliveries as they are planned and withdrawn. What their sender does with them is in `claims`."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.domain.delivery import Delivery
from notify.store.news import write_news

# The send key arbitrates: planned before, whoever planned it, is not planned again.
_INSERT: LiteralString = """
insert into deliveries (
    firm_id, delivery_id, kind, template, contact_id, recipient_name, recipient_email, locale, subject_id, version,
    occasion, message, actor, correlation_id, traceparent, news, state, reason, next_at, ended_at
)
select firm_id, delivery_id, kind, template, contact_id, recipient_name, recipient_email, locale, subject_id, version,
    occasion, message, actor, correlation_id, traceparent, news,
    case when recipient_email is null then 'failed' else 'planned' end,
    case when recipient_email is null then 'no_address' end,
    case when recipient_email is not null then clock_timestamp() end,
    case when recipient_email is null then clock_timestamp() end
from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::uuid[],
    $10::integer[], $11::uuid[], $12::text[], $13::text[], $14::uuid[], $15::text[], $16::jsonb[]
) with ordinality as delivery (
    firm_id, delivery_id, kind, template, contact_id, recipient_name, recipient_email, locale, subject_id, version,
    occasion, message, actor, correlation_id, traceparent, news, position
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
"""


async def insert_deliveries(tx: Tx, deliveries: Sequence[Delivery]) -> set[UUID]:
    """Plan deliveries, due at once; one without an address fails at once. Returns those not planned before."""
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
    )
    return {row["delivery_id"] for row in rows}


async def withdraw_unshared(tx: Tx, shares: Sequence[tuple[UUID, UUID]]) -> None:
    """Withdraw what waits and covers one of these shares (firm and id) and none that is in force. Safe to repeat."""
    await tx.execute(_WITHDRAW_UNSHARED, [firm_id for firm_id, _ in shares], [share_id for _, share_id in shares])
