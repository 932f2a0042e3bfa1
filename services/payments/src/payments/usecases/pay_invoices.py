"""Pay several invoices in one go, with one charge for each. Source: mission P2, P9; article "Payment Page".

Nothing moves here: amounts are held under the lock of each invoice's balance and the charges ordered, and all of it is
committed before the processor hears of it. Refuses what `domain.paying` refuses, as a whole, and what the gate does;
where that is drawn from news that may be on their way, only after a moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from chassis.clock import now
from chassis.database import Tx
from chassis.ids import new_id
from chassis.outcome import Done, NotYetKnown, Outcome, Refused, Request, perhaps_late
from contracts.payments import PayInvoices
from payments.domain.invoice import Balance
from payments.domain.new_charges import make_charges
from payments.domain.paying import Choice, PaymentRefusal, judge_choices
from payments.domain.payment import Charge, InvoiceTitle, Key, Payment
from payments.domain.replicas import Contact, Firm
from payments.gateways.sharing_gate import Passes
from payments.store.attempts import Attempt, begin_attempts, hold_amounts
from payments.store.balances import lock_balances
from payments.store.charges import insert_charges, list_charges_of
from payments.store.contacts import list_contacts
from payments.store.firms import list_firms
from payments.store.id_locks import lock_ids
from payments.store.invoices import list_titles
from payments.store.payment_answers import payment_accepted
from payments.store.payments import insert_payments, list_payments


@dataclass(frozen=True, slots=True)
class _Known:
    """What payments know of each other and of the world. `balances` follow what is admitted in this call."""

    payments: dict[Key, Payment]
    charges: dict[Key, list[Charge]]
    firms: dict[UUID, Firm]
    contacts: dict[Key, Contact]
    titles: dict[Key, InvoiceTitle]
    balances: dict[Key, Balance]


async def pay_invoices(tx: Tx, requests: Sequence[Request[PayInvoices]], *, passes: Passes) -> list[Outcome]:
    """Start one payment per request, judged in order. The same payment again is done already.

    `passes` is what the gate has just said of these requests' contact and invoices.
    Raises: GateUnreachable, for a payment that is not there yet.
    """
    await lock_ids(tx, "payment", [_key(request) for request in requests])
    invoices = {(request.firm_id, each.invoice_id) for request in requests for each in request.command.invoices}
    before = await lock_balances(tx, invoices)
    known = await _load(tx, requests, dict(before))
    decisions: list[Attempt | Outcome] = []
    for request in requests:
        decision = _decide(request, known, passes)
        if isinstance(decision, Attempt):
            _follow(decision, known)
        decisions.append(decision)
    await _save(tx, [decision for decision in decisions if isinstance(decision, Attempt)], before, known)
    return [
        Done(payment_accepted(decision.payment, decision.charges)) if isinstance(decision, Attempt) else decision
        for decision in decisions
    ]


async def _load(tx: Tx, requests: Sequence[Request[PayInvoices]], balances: dict[Key, Balance]) -> _Known:
    """Read what deciding needs; the balances' rows are locked."""
    payments = await list_payments(tx, [_key(request) for request in requests])
    return _Known(
        payments=payments,
        charges=await list_charges_of(tx, payments),
        firms=await list_firms(tx, {request.firm_id for request in requests}),
        contacts=await list_contacts(tx, {(request.firm_id, request.command.contact_id) for request in requests}),
        titles=await list_titles(tx, balances),
        balances=balances,
    )


def _decide(request: Request[PayInvoices], known: _Known, passes: Passes) -> Attempt | Outcome:
    earlier = known.payments.get(_key(request))
    if earlier is not None:
        if earlier.request_sha256 != _digest(request.command):
            return Refused("already_exists", "another payment has this id")
        return Done(payment_accepted(earlier, known.charges[earlier.key]))
    firm_id, command = request.firm_id, request.command
    firm, contact = known.firms.get(firm_id), known.contacts.get((firm_id, command.contact_id))
    if firm is None or contact is None:
        return NotYetKnown("contact" if firm else "firm")
    if not firm.online_payments:
        return perhaps_late(Refused(PaymentRefusal.ONLINE_PAYMENTS_OFF, "the firm takes no payments online"))
    if command.email is None and contact.email is None:
        return perhaps_late(
            Refused(PaymentRefusal.NO_ADDRESS, "ask the payer where the confirmation is to go: `email`")
        )
    return _judge(request, firm, known, passes)


def _judge(request: Request[PayInvoices], firm: Firm, known: _Known, passes: Passes) -> Attempt | NotYetKnown | Refused:
    firm_id, command = request.firm_id, request.command
    ids = [each.invoice_id for each in command.invoices]
    admitted = passes.admitted(firm_id, command.contact_id, ids, now())
    balances = {each: known.balances[firm_id, each] for each in ids if (firm_id, each) in known.balances}
    if not admitted.keys() <= balances.keys():
        return NotYetKnown("invoice")
    choices = [Choice(each.invoice_id, each.version, each.amount_minor) for each in command.invoices]
    refused = judge_choices(choices, command.currency, balances, admitted)
    if refused is not None:
        refusal = Refused(refused.refusal, refused.detail, refused.more)
        return perhaps_late(refusal) if refused.is_behind else refusal
    titles = {each: known.titles[firm_id, each] for each in ids}
    if any(title.matter_name is None for title in titles.values()):
        return NotYetKnown("matter")
    payment = Payment(
        firm_id=firm_id,
        payment_id=command.payment_id,
        contact_id=command.contact_id,
        currency=command.currency,
        email=command.email,
        request_sha256=_digest(command),
        state="under_way",
        attempt=1,
        revision=1,
    )
    charges = make_charges(payment, choices, titles, firm.name, new_id)
    return Attempt(payment, charges, command.method_token, request.cause)


def _follow(admitted: Attempt, known: _Known) -> None:
    """Let the next payment be judged by what this one leaves, and this one be found if it comes again."""
    hold_amounts(known.balances, admitted.charges)
    known.payments[admitted.payment.key] = admitted.payment
    known.charges[admitted.payment.key] = list(admitted.charges)


async def _save(tx: Tx, admitted: Sequence[Attempt], before: dict[Key, Balance], known: _Known) -> None:
    if not admitted:
        return
    await insert_payments(tx, [each.payment for each in admitted])
    await insert_charges(tx, [charge for each in admitted for charge in each.charges])
    await begin_attempts(tx, admitted, before, known.balances)


def _digest(command: PayInvoices) -> bytes:
    return sha256(command.model_dump_json().encode()).digest()


def _key(request: Request[PayInvoices]) -> Key:
    return request.firm_id, request.command.payment_id
