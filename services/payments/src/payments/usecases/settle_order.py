"""Settle what became of a charge or a refund. Source: mission P2, P9, P10, P11, P12; design, Paying.

The one way for every outcome, whoever brings it: a charger's answer, a webhook, a poll, a reconciliation. In one
transaction the order ends, the balance moves, the books are written and everyone is told; a second time changes
nothing. Money is never dropped: what does not fit what was ordered is a case for a person, and what moves although it
was said not to is booked as well, as the client's credit where nothing is owed.
"""

from dataclasses import dataclass, replace

from chassis import outbox
from chassis.database import Tx
from chassis.ids import derived_id
from chassis.outcome import Cause
from payments.domain.invoice import Balance
from payments.domain.payment import Charge, MoneyState, Payment, Refund
from payments.domain.processor_answer import Declined, Succeeded
from payments.domain.processor_order import OrderKind, ProcessorOrder, contradiction, disagreement
from payments.domain.replicas import Contact
from payments.store.balance_changes import BalanceChange, Source, save_changes
from payments.store.balances import list_balances, lock_balances
from payments.store.cases import Case, open_cases
from payments.store.charges import insert_charges, list_charges_of, lock_charges, save_charges
from payments.store.contacts import list_contacts
from payments.store.payment_facts import charge_ended, charge_refunded, payment_concluded, refund_declined
from payments.store.payments import conclude_payment, lock_payments
from payments.store.processor_orders import end_order, find_order_of_ref, get_order, let_order_succeed
from payments.store.refunds import list_refunds, save_refund


@dataclass(frozen=True, slots=True)
class _Till:
    """What an outcome moves; the rows are locked."""

    order: ProcessorOrder
    payment: Payment
    balance: Balance
    charge: Charge

    @property
    def cause(self) -> Cause:
        order = self.order
        return Cause("payments", order.cause_id, order.firm_id, order.actor, order.correlation_id)


async def settle_order(tx: Tx, order: ProcessorOrder, outcome: Succeeded | Declined) -> bool:
    """Settle an outcome, in the caller's transaction; True if the order has ended, now or before. Safe to repeat.

    Locks the payment, then the balance, the charge, the order and the refund, as everyone does who takes several of
    them. So of charges of one payment the last to end concludes it.
    """
    payment = (await lock_payments(tx, [(order.firm_id, order.payment_id)]))[order.firm_id, order.payment_id]
    balance = (await lock_balances(tx, [(order.firm_id, order.invoice_id)]))[order.firm_id, order.invoice_id]
    wrong = disagreement(order, outcome) or await _taken(tx, order, outcome)
    if wrong is not None:
        await _open_case(tx, order, "outcome_disagrees", wrong)
        return False
    charge = (await lock_charges(tx, [(order.firm_id, order.charge_id)]))[order.firm_id, order.charge_id]
    till = _Till(order, payment, balance, charge)
    if not await end_order(tx, order, outcome):
        await _hear_again(tx, till, outcome)
    elif order.kind is OrderKind.CHARGE:
        await _end_charge(tx, till, outcome)
    else:
        await _end_refund(tx, till, outcome)
    return True


async def _end_charge(tx: Tx, till: _Till, outcome: Succeeded | Declined) -> None:
    charge, amount_minor = till.charge, till.order.amount_minor
    match outcome:
        case Succeeded():
            ended = replace(charge, state=MoneyState.SUCCEEDED, provider_ref=outcome.provider_ref)
            after = till.balance.settle(amount_minor)
        case Declined():
            ended = replace(charge, state=MoneyState.DECLINED, decline_reason=outcome.reason)
            after = till.balance.release(amount_minor)
            if outcome.fault is not None:
                await _open_case(tx, till.order, "charge_given_up", outcome.fault)
    await save_charges(tx, [ended])
    await _book_charge(tx, till, ended, after)
    await _conclude_when_last(tx, till)


async def _book_charge(tx: Tx, till: _Till, ended: Charge, after: Balance) -> None:
    await outbox.append(tx, [till.cause.message(charge_ended(till.payment, ended))])
    source = Source("charge", ended.charge_id, till.order.attempt)
    await save_changes(tx, [BalanceChange(till.balance, after, till.cause, source)])


async def _end_refund(tx: Tx, till: _Till, outcome: Succeeded | Declined) -> None:
    order, charge = till.order, till.charge
    refund = await _refund(tx, order)
    left = replace(charge, refunding_minor=charge.refunding_minor - order.amount_minor)
    if isinstance(outcome, Declined):
        await save_refund(tx, replace(refund, state=MoneyState.DECLINED, decline_reason=outcome.reason))
        await save_charges(tx, [left])
        await outbox.append(tx, [till.cause.message(refund_declined(till.payment, left, refund, outcome.reason))])
        await _open_case(tx, order, "refund_declined", outcome.fault or outcome.reason)
        return
    await _book_refund(tx, replace(till, charge=left), refund, outcome.provider_ref)


async def _book_refund(tx: Tx, till: _Till, refund: Refund, provider_ref: str) -> None:
    charge, amount_minor = till.charge, till.order.amount_minor
    ended = replace(refund, state=MoneyState.SUCCEEDED, provider_ref=provider_ref, decline_reason=None)
    await save_refund(tx, ended)
    await save_charges(tx, [replace(charge, refunded_minor=charge.refunded_minor + amount_minor)])
    contact, after = await _contact(tx, till.payment), till.balance.refund(amount_minor)
    await outbox.append(tx, [till.cause.message(charge_refunded(till.payment, contact, charge, ended, after))])
    source = Source("refund", refund.refund_id, 1)
    await save_changes(tx, [BalanceChange(till.balance, after, till.cause, source)])


async def _hear_again(tx: Tx, till: _Till, outcome: Succeeded | Declined) -> None:
    """Take an outcome of what has ended already. Where it is another one a person is told, and money is booked.

    A payment that is concluded is not concluded again: what is booked now is told by the fact of its own.
    """
    ended = await get_order(tx, till.order.firm_id, till.order.order_id)
    said = contradiction(ended, outcome)
    if said is None:
        return
    await _open_case(tx, till.order, "outcome_contradicts", said)
    if ended.state is not MoneyState.DECLINED or not isinstance(outcome, Succeeded):
        return
    if ended.kind is OrderKind.CHARGE:
        await _book_late_charge(tx, till, outcome)
    elif ended.amount_minor <= till.charge.refundable_minor:
        await let_order_succeed(tx, ended, outcome.provider_ref, ended.charge_id)
        await _book_refund(tx, till, await _refund(tx, ended), outcome.provider_ref)


async def _book_late_charge(tx: Tx, till: _Till, outcome: Succeeded) -> None:
    """Book what was charged after all; as a charge of its own where the declined one was tried again meanwhile."""
    order, charge = till.order, till.charge
    late = replace(
        charge,
        attempt=order.attempt,
        state=MoneyState.SUCCEEDED,
        provider_ref=outcome.provider_ref,
        decline_reason=None,
    )
    if charge.attempt == order.attempt:
        await save_charges(tx, [late])
    else:
        charge_id = derived_id(order.order_id, "late charge")
        late = replace(late, charge_id=charge_id, refunded_minor=0, refunding_minor=0)
        await insert_charges(tx, [late])
    await let_order_succeed(tx, order, outcome.provider_ref, late.charge_id)
    await _book_charge(tx, till, late, till.balance.settle_late(order.amount_minor))


async def _conclude_when_last(tx: Tx, till: _Till) -> None:
    charges = (await list_charges_of(tx, [till.payment.key]))[till.payment.key]
    if not all(charge.state.has_outcome for charge in charges):
        return
    concluded = await conclude_payment(tx, till.payment)
    balances = await list_balances(tx, {(charge.firm_id, charge.invoice_id) for charge in charges})
    fact = payment_concluded(concluded, await _contact(tx, till.payment), charges, balances)
    await outbox.append(tx, [till.cause.message(fact, revision=concluded.revision)])


async def _refund(tx: Tx, order: ProcessorOrder) -> Refund:
    assert order.refund_id is not None, "a refund's order has its id"
    key = order.firm_id, order.refund_id
    return (await list_refunds(tx, [key]))[key]


async def _contact(tx: Tx, payment: Payment) -> Contact:
    key = payment.firm_id, payment.contact_id
    return (await list_contacts(tx, [key]))[key]


async def _taken(tx: Tx, order: ProcessorOrder, outcome: Succeeded | Declined) -> str | None:
    """Tell whether another order has ended with what this one is said to have done; which, if it is the same firm's."""
    if not isinstance(outcome, Succeeded):
        return None
    other = await find_order_of_ref(tx, order.kind, outcome.provider_ref)
    if other is None or other == (order.firm_id, order.order_id):
        return None
    firm_id, order_id = other
    whose = f"order {order_id}" if firm_id == order.firm_id else "another order"
    return f"{outcome.provider_ref} belongs to {whose}"


async def _open_case(tx: Tx, order: ProcessorOrder, kind: str, detail: str) -> None:
    await open_cases(tx, [Case(order.firm_id, kind, order.invoice_id, order.order_id, detail, detail)])
