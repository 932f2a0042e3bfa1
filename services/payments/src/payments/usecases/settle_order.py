"""Settle what became of a charge or a refund. Source: mission P2, P9, P10, P11; design, Paying.

The one way for every outcome, whoever brings it: a charger's answer, a webhook, a poll, a reconciliation. In one
transaction the order ends, the balance moves, the books are written and everyone is told; a second time changes
nothing. Money is never dropped: what does not fit what was ordered is a case for a person.
"""

from dataclasses import replace

from chassis import outbox
from chassis.database import Tx
from chassis.outcome import Cause
from payments.domain.invoice import Balance
from payments.domain.payment import Charge, MoneyState, Payment
from payments.domain.processor_answer import Declined, Succeeded
from payments.domain.processor_order import OrderKind, ProcessorOrder, contradiction, disagreement
from payments.domain.replicas import Contact
from payments.store.balance_changes import BalanceChange, Source, save_changes
from payments.store.balances import lock_balances
from payments.store.cases import Case, open_cases
from payments.store.charges import list_charges_of, lock_charges, save_charges
from payments.store.contacts import list_contacts
from payments.store.payment_facts import charge_ended, charge_refunded, payment_concluded
from payments.store.payments import conclude_payment, lock_payments
from payments.store.processor_orders import end_order, find_order_of_ref, get_order
from payments.store.refunds import list_refunds, save_refund


async def settle_order(tx: Tx, order: ProcessorOrder, outcome: Succeeded | Declined) -> bool:
    """Settle an outcome, in the caller's transaction; True if the order has ended, now or before. Safe to repeat.

    Locks the payment, then the balance, then the charge: of charges of one payment the last to end concludes it.
    """
    payment = (await lock_payments(tx, [(order.firm_id, order.payment_id)]))[order.firm_id, order.payment_id]
    balance = (await lock_balances(tx, [(order.firm_id, order.invoice_id)]))[order.firm_id, order.invoice_id]
    wrong = disagreement(order, outcome) or await _taken(tx, order, outcome)
    if wrong is not None:
        await _open_case(tx, order, "outcome_disagrees", wrong)
        return False
    if not await end_order(tx, order, outcome):
        said = contradiction(await get_order(tx, order.firm_id, order.order_id), outcome)
        if said is not None:
            await _open_case(tx, order, "outcome_contradicts", said)
        return True
    charge = (await lock_charges(tx, [(order.firm_id, order.charge_id)]))[order.firm_id, order.charge_id]
    if order.kind is OrderKind.CHARGE:
        await _end_charge(tx, order, outcome, (payment, charge), balance)
    else:
        await _end_refund(tx, order, outcome, (payment, charge), balance)
    return True


async def _end_charge(
    tx: Tx, order: ProcessorOrder, outcome: Succeeded | Declined, what: tuple[Payment, Charge], balance: Balance
) -> None:
    payment, charge = what
    match outcome:
        case Succeeded():
            ended = replace(charge, state=MoneyState.SUCCEEDED, provider_ref=outcome.provider_ref)
            after = balance.settle(order.amount_minor)
        case Declined():
            ended = replace(charge, state=MoneyState.DECLINED, decline_reason=outcome.reason)
            after = balance.release(order.amount_minor)
    cause = _cause(order)
    await save_charges(tx, [ended])
    await outbox.append(tx, [cause.message(charge_ended(payment, ended))])
    source = Source("charge", order.charge_id, order.attempt)
    await save_changes(tx, [BalanceChange(balance, after, cause, source)])
    await _conclude_when_last(tx, payment, cause)


async def _end_refund(
    tx: Tx, order: ProcessorOrder, outcome: Succeeded | Declined, what: tuple[Payment, Charge], balance: Balance
) -> None:
    payment, charge = what
    assert order.refund_id is not None, "a refund's order has its id"
    key = order.firm_id, order.refund_id
    refund = (await list_refunds(tx, [key]))[key]
    left = replace(charge, refunding_minor=charge.refunding_minor - order.amount_minor)
    if isinstance(outcome, Declined):
        await save_refund(tx, replace(refund, state=MoneyState.DECLINED, decline_reason=outcome.reason))
        await save_charges(tx, [left])
        await _open_case(tx, order, "refund_declined", outcome.reason)
        return
    cause = _cause(order)
    ended = replace(refund, state=MoneyState.SUCCEEDED, provider_ref=outcome.provider_ref)
    await save_refund(tx, ended)
    await save_charges(tx, [replace(left, refunded_minor=charge.refunded_minor + order.amount_minor)])
    contact = await _contact(tx, payment)
    await outbox.append(tx, [cause.message(charge_refunded(payment, contact, charge, ended))])
    source = Source("refund", order.refund_id, 1)
    await save_changes(tx, [BalanceChange(balance, balance.refund(order.amount_minor), cause, source)])


async def _conclude_when_last(tx: Tx, payment: Payment, cause: Cause) -> None:
    charges = (await list_charges_of(tx, [payment.key]))[payment.key]
    if not all(charge.state.has_outcome for charge in charges):
        return
    concluded = await conclude_payment(tx, payment)
    fact = payment_concluded(concluded, await _contact(tx, payment), charges)
    await outbox.append(tx, [cause.message(fact, revision=concluded.revision)])


async def _contact(tx: Tx, payment: Payment) -> Contact:
    key = payment.firm_id, payment.contact_id
    return (await list_contacts(tx, [key]))[key]


async def _taken(tx: Tx, order: ProcessorOrder, outcome: Succeeded | Declined) -> str | None:
    """Tell whether another order has ended with what this one is said to have done."""
    if not isinstance(outcome, Succeeded):
        return None
    other_id = await find_order_of_ref(tx, order.kind, outcome.provider_ref)
    if other_id is None or other_id == order.order_id:
        return None
    return f"{outcome.provider_ref} belongs to order {other_id}"


async def _open_case(tx: Tx, order: ProcessorOrder, kind: str, detail: str) -> None:
    await open_cases(tx, [Case(order.firm_id, kind, order.invoice_id, order.order_id, detail, detail)])


def _cause(order: ProcessorOrder) -> Cause:
    return Cause("payments", order.cause_id, order.firm_id, order.actor, order.correlation_id)
