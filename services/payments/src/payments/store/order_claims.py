"""The charger's side of orders: claim under a lease, and give back what has no outcome.

All times are the database's. A charger that was away too long gives nothing back any more; an outcome that it brings
counts all the same.
"""

from typing import LiteralString
from uuid import UUID

import asyncpg

from chassis.database import Tx
from payments.domain.payment import MoneyState
from payments.domain.processor_order import ClaimedOrder, OrderKind, ProcessorOrder

# Only the row that is due first is looked at, by processor_orders_due_idx.
IS_DUE: LiteralString = """
select next_at <= statement_timestamp() from processor_orders where next_at is not null order by next_at limit 1
"""
# Rows that another charger is claiming are skipped; a lease that has ended is as good as none. The order's own clock
# began when it was decided, so a key that the processor may have forgotten is never sent again. That it may be sent now
# is noted before it can be.
_CLAIM: LiteralString = """
with due as (
    select firm_id, order_id from processor_orders
    where next_at <= statement_timestamp()
    order by next_at limit $1
    for update skip locked
)
update processor_orders as claimed
set lease_token = $2, next_at = clock_timestamp() + make_interval(secs => $3), tries = claimed.tries + 1,
    sent_at = case when statement_timestamp() < submitted_at + make_interval(secs => $4)
                   then statement_timestamp() else sent_at end
from due where claimed.firm_id = due.firm_id and claimed.order_id = due.order_id
returning claimed.firm_id, claimed.order_id, kind, payment_id, invoice_id, charge_id, refund_id, attempt, key,
    amount_minor, currency, reference, method_token, charge_ref, actor, correlation_id, cause_id, traceparent, state,
    provider_ref, decline_reason, tries,
    statement_timestamp() < submitted_at + make_interval(secs => $4) as may_be_sent,
    sent_at is not null as was_sent,
    coalesce(statement_timestamp() > sent_at + make_interval(secs => $4), true) as is_key_dead,
    missing_at is not null as was_missing
"""
# The lease arbitrates: an order that was ended meanwhile, or is another charger's by now, is left alone.
_POSTPONE: LiteralString = """
update processor_orders
set state = 'unknown', lease_token = null, next_at = clock_timestamp() + make_interval(secs => $4), last_heard = $5,
    missing_at = case when $7 then coalesce(missing_at, clock_timestamp()) else missing_at end
where firm_id = $1 and order_id = $2 and lease_token = $3 and state in ('submitted', 'unknown')
returning clock_timestamp() > submitted_at + make_interval(secs => $6) as is_overdue
"""


async def is_order_due(tx: Tx) -> bool:
    """Tell whether there may be something to claim; changes nothing."""
    return bool(await tx.fetchval(IS_DUE))


async def claim_due(
    tx: Tx, limit: int, lease_token: UUID, *, lease_seconds: float, key_lifetime_seconds: float
) -> list[ClaimedOrder]:
    """Claim up to `limit` orders that are due, longest due first, and count the try."""
    rows = await tx.fetch(_CLAIM, limit, lease_token, lease_seconds, key_lifetime_seconds)
    return [_claimed(row, lease_token) for row in rows]


async def postpone(
    tx: Tx, claimed: ClaimedOrder, heard: str, *, pause_seconds: float, overdue_seconds: float, is_missing: bool
) -> bool | None:
    """Give an order back without an outcome, and tell whether it has been without one for too long.

    `is_missing` notes when the processor first said that it knows nothing of it.
    None, and no change, where it has ended or the lease was lost.
    """
    order = claimed.order
    lease = order.firm_id, order.order_id, claimed.lease_token
    return await tx.fetchval(_POSTPONE, *lease, pause_seconds, heard, overdue_seconds, is_missing)


def _claimed(row: asyncpg.Record, lease_token: UUID) -> ClaimedOrder:
    columns = dict(row)
    said = {each: columns.pop(each) for each in ("tries", "may_be_sent", "was_sent", "is_key_dead", "was_missing")}
    columns["kind"], columns["state"] = OrderKind(columns["kind"]), MoneyState(columns["state"])
    return ClaimedOrder(ProcessorOrder(**columns), lease_token=lease_token, **said)
