"""What the processor is told to do: ordered, and ended by its outcome. Chargers' leases are in `order_claims`."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from payments.domain.payment import Key, MoneyState
from payments.domain.processor_answer import Declined, Succeeded
from payments.domain.processor_order import OrderKind, ProcessorOrder

# Due at once. processor_orders_key_key arbitrates: a key is ordered once, by whichever firm.
_INSERT: LiteralString = """
insert into processor_orders (firm_id, order_id, kind, payment_id, invoice_id, charge_id, refund_id, attempt, key,
    amount_minor, currency, reference, method_token, charge_ref, actor, correlation_id, cause_id, traceparent, state)
select firm_id, order_id, kind, payment_id, invoice_id, charge_id, refund_id, attempt, key,
    amount_minor, currency, reference, method_token, charge_ref, actor, correlation_id, cause_id, traceparent, state
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::integer[],
            $9::text[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::uuid[],
            $17::uuid[], $18::text[], $19::text[])
    as ordered (firm_id, order_id, kind, payment_id, invoice_id, charge_id, refund_id, attempt, key,
        amount_minor, currency, reference, method_token, charge_ref, actor, correlation_id, cause_id, traceparent,
        state)
"""
# The state arbitrates: of all routes that bring an outcome, one ends the order. No lease is asked for, since an
# outcome is one whoever brings it.
_END: LiteralString = """
update processor_orders
set state = $3, provider_ref = $4, decline_reason = $5, ended_at = clock_timestamp(), next_at = null,
    lease_token = null, method_token = null
where firm_id = $1 and order_id = $2 and state in ('submitted', 'unknown')
returning order_id
"""
# The state arbitrates again: money that comes although the order was declined is booked once.
_SUCCEED_LATE: LiteralString = """
update processor_orders
set state = 'succeeded', provider_ref = $3, decline_reason = null, charge_id = $4, ended_at = clock_timestamp()
where firm_id = $1 and order_id = $2 and state = 'declined'
returning order_id
"""
_GET: LiteralString = """
select firm_id, order_id, kind, payment_id, invoice_id, charge_id, refund_id, attempt, key, amount_minor, currency,
       reference, method_token, charge_ref, actor, correlation_id, cause_id, traceparent, state, provider_ref,
       decline_reason
from processor_orders where firm_id = $1 and order_id = $2
"""
# The processor's references know no firms either, as processor_orders_provider_ref_key does not.
_FIND_REF: LiteralString = "select firm_id, order_id from processor_orders where kind = $1 and provider_ref = $2"


async def insert_orders(tx: Tx, orders: Sequence[ProcessorOrder]) -> None:
    """Order, in the transaction that decides it: what is committed is done, or known not to be."""
    await tx.execute(
        _INSERT,
        [order.firm_id for order in orders],
        [order.order_id for order in orders],
        [order.kind for order in orders],
        [order.payment_id for order in orders],
        [order.invoice_id for order in orders],
        [order.charge_id for order in orders],
        [order.refund_id for order in orders],
        [order.attempt for order in orders],
        [order.key for order in orders],
        [order.amount_minor for order in orders],
        [order.currency for order in orders],
        [order.reference for order in orders],
        [order.method_token for order in orders],
        [order.charge_ref for order in orders],
        [order.actor for order in orders],
        [order.correlation_id for order in orders],
        [order.cause_id for order in orders],
        [order.traceparent for order in orders],
        [order.state for order in orders],
    )


async def end_order(tx: Tx, order: ProcessorOrder, outcome: Succeeded | Declined) -> bool:
    """End an order that has no outcome yet; False, and no change, where it has one. Safe to repeat.

    With it goes the method's token, which nobody needs any more.
    """
    provider_ref = outcome.provider_ref if isinstance(outcome, Succeeded) else None
    reason = outcome.reason if isinstance(outcome, Declined) else None
    state = MoneyState.SUCCEEDED if isinstance(outcome, Succeeded) else MoneyState.DECLINED
    return await tx.fetchval(_END, order.firm_id, order.order_id, state, provider_ref, reason) is not None


async def let_order_succeed(tx: Tx, order: ProcessorOrder, provider_ref: str, charge_id: UUID) -> None:
    """Let a declined order have succeeded after all, as this charge. The caller has locked its payment."""
    done = await tx.fetchval(_SUCCEED_LATE, order.firm_id, order.order_id, provider_ref, charge_id)
    assert done is not None, "it was declined when it was read under the payment's lock"


async def get_order(tx: Tx, firm_id: UUID, order_id: UUID) -> ProcessorOrder:
    """Read an order as it is now."""
    row = await tx.fetchrow(_GET, firm_id, order_id)
    assert row is not None, "orders are never deleted"
    columns = dict(row)
    columns["kind"], columns["state"] = OrderKind(columns["kind"]), MoneyState(columns["state"])
    return ProcessorOrder(**columns)


async def find_order_of_ref(tx: Tx, kind: OrderKind, provider_ref: str) -> Key | None:
    """Find the order that ended with this reference of the processor's, of whichever firm: not for that one's eyes."""
    row = await tx.fetchrow(_FIND_REF, kind, provider_ref)
    return (row["firm_id"], row["order_id"]) if row else None
