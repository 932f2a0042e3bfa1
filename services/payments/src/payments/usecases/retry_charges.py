"""Try a payment's declined charges again, with another method; the others stay as they are. Source: mission P3.

As for a new payment, amounts are held and charges ordered in one transaction, under a new key each. Refused as long as
some charge has no outcome: a payment is concluded once per attempt. A charge is tried again as it was: an invoice that
has another version since is paid by a new payment.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from chassis.clock import now
from chassis.database import Tx
from chassis.outcome import Done, NotYetKnown, Outcome, Refused, Request, perhaps_late
from contracts.payments import RetryCharges
from payments.domain.invoice import Balance
from payments.domain.paying import Choice, PaymentRefusal, judge_choices
from payments.domain.payment import Charge, Key, MoneyState, Payment
from payments.domain.replicas import Firm
from payments.gateways.sharing_gate import Passes
from payments.store.attempts import Attempt, begin_attempts, hold_amounts
from payments.store.balances import lock_balances
from payments.store.charges import list_charges_of, save_charges
from payments.store.firms import list_firms
from payments.store.payment_answers import retry_accepted
from payments.store.payments import begin_payments_again, lock_payments


@dataclass(frozen=True, slots=True)
class _Known:
    """What deciding needs. `balances` follow what is admitted in this call."""

    payments: dict[Key, Payment]
    charges: dict[Key, list[Charge]]
    firms: dict[UUID, Firm]
    balances: dict[Key, Balance]


async def retry_charges(tx: Tx, requests: Sequence[Request[RetryCharges]], *, passes: Passes) -> list[Outcome]:
    """Try charges of one payment per request again, each payment at most once in a call.

    `passes` is what the gate has just said of the payment's contact and the charges' invoices.
    Raises: GateUnreachable.
    """
    payments = await lock_payments(tx, {_key(request) for request in requests})
    charges = await list_charges_of(tx, payments)
    before = await lock_balances(tx, {(each.firm_id, each.invoice_id) for many in charges.values() for each in many})
    firms = await list_firms(tx, {request.firm_id for request in requests})
    known = _Known(payments, charges, firms, dict(before))
    decisions: list[Attempt | Outcome] = []
    for request in requests:
        decision = _decide(request, known, passes)
        if isinstance(decision, Attempt):
            hold_amounts(known.balances, decision.charges)
        decisions.append(decision)
    await _save(tx, [decision for decision in decisions if isinstance(decision, Attempt)], before, known)
    return [
        Done(retry_accepted(decision.payment, decision.charges)) if isinstance(decision, Attempt) else decision
        for decision in decisions
    ]


def _decide(request: Request[RetryCharges], known: _Known, passes: Passes) -> Attempt | Outcome:
    command = request.command
    payment = known.payments.get(_key(request))
    if payment is None:
        return Refused("unknown_payment", "no such payment")
    if not payment.is_concluded:
        return Refused("payment_under_way", "some of its charges have no outcome yet")
    chosen = [charge for charge in known.charges[payment.key] if charge.charge_id in set(command.charge_ids)]
    if len(chosen) < len(set(command.charge_ids)):
        return Refused("unknown_charge", "no such charge in this payment")
    if any(charge.state is not MoneyState.DECLINED for charge in chosen):
        return Refused("charge_not_declined", "only declined charges are tried again")
    refused = _judge(request, payment, chosen, known, passes)
    if refused is not None:
        return refused
    attempt = payment.attempt + 1
    again = [
        replace(charge, attempt=attempt, state=MoneyState.SUBMITTED, decline_reason=None, provider_ref=None)
        for charge in chosen
    ]
    begun = replace(payment, state="under_way", attempt=attempt, revision=payment.revision + 1, concluded_at=None)
    return Attempt(begun, again, command.method_token, request.cause)


def _judge(
    request: Request[RetryCharges], payment: Payment, chosen: Sequence[Charge], known: _Known, passes: Passes
) -> Refused | NotYetKnown | None:
    firm = known.firms.get(request.firm_id)
    if firm is None or not firm.online_payments:
        return perhaps_late(Refused(PaymentRefusal.ONLINE_PAYMENTS_OFF, "the firm takes no payments online"))
    ids = [charge.invoice_id for charge in chosen]
    admitted = passes.admitted(request.firm_id, payment.contact_id, ids, now())
    choices = [Choice(charge.invoice_id, charge.version, charge.amount_minor) for charge in chosen]
    balances = {each: known.balances[request.firm_id, each] for each in ids}
    refused = judge_choices(choices, payment.currency, balances, admitted)
    if refused is None:
        return None
    is_stale = refused.refusal is PaymentRefusal.STALE_VERSION
    detail = f"{refused.detail}; pay by a new payment what has changed since" if is_stale else refused.detail
    return Refused(refused.refusal, detail, refused.more)


async def _save(tx: Tx, admitted: Sequence[Attempt], before: dict[Key, Balance], known: _Known) -> None:
    if not admitted:
        return
    await begin_payments_again(tx, [known.payments[each.payment.key] for each in admitted])
    await save_charges(tx, [charge for each in admitted for charge in each.charges])
    await begin_attempts(tx, admitted, before, known.balances)


def _key(request: Request[RetryCharges]) -> Key:
    return request.firm_id, request.command.payment_id
