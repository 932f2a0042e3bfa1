"""Take an amount off what a final invoice asks for.

Source: mission I4, P12. Refuses an invoice that is not there, a draft, a void one, credits above the total, and a
credit whose id was given with other content.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.clock import now
from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.invoices import CreditInvoice, InvoiceCredited
from contracts.message import Part
from invoices.domain.correction import Credit, credit
from invoices.domain.invoice import Invoice
from invoices.domain.key import Key
from invoices.domain.refusal import Refusal
from invoices.store.invoice_credits import CreditKey, find_credits, insert_credits
from invoices.store.invoice_facts import Told, tell
from invoices.store.invoices import lock_invoices, update_invoices


class CreditInvoiceAnswer(Part):
    """The credit, and what all credits of the invoice come to now."""

    invoice_id: UUID
    credit_id: UUID
    amount_minor: int
    credited_minor: int
    total_minor: int
    revision: int


@dataclass(frozen=True, slots=True)
class _Given:
    request: Request[CreditInvoice]
    invoice: Invoice
    is_new: bool


async def credit_invoice(tx: Tx, requests: Sequence[Request[CreditInvoice]]) -> list[Outcome]:
    """Credit invoices, in the caller's transaction. The same credit again changes nothing."""
    present = await lock_invoices(tx, [(request.firm_id, request.command.invoice_id) for request in requests])
    known = await find_credits(tx, [_credit_key(request) for request in requests])
    decided = [_decide(request, present, known) for request in requests]
    given = [each for each in decided if isinstance(each, _Given) and each.is_new]
    await update_invoices(tx, [each.invoice for each in given])
    await insert_credits(tx, [(_credit_key(each.request), _credit(each.request)) for each in given], now())
    await tell(tx, [_told(each) for each in given])
    return [_outcome(each) for each in decided]


def _credit_key(request: Request[CreditInvoice]) -> CreditKey:
    return request.firm_id, request.command.invoice_id, request.command.credit_id


def _credit(request: Request[CreditInvoice]) -> Credit:
    return Credit(request.command.amount_minor, request.command.reason)


def _decide(
    request: Request[CreditInvoice], present: Mapping[Key, Invoice], known: Mapping[CreditKey, Credit]
) -> _Given | Refusal:
    invoice = present.get((request.firm_id, request.command.invoice_id))
    if invoice is None:
        return Refusal.UNKNOWN_INVOICE
    earlier = known.get(_credit_key(request))
    if earlier is not None:
        return _Given(request, invoice, is_new=False) if earlier == _credit(request) else Refusal.ALREADY_EXISTS
    credited = credit(invoice, request.command.amount_minor)
    return credited if isinstance(credited, Refusal) else _Given(request, credited, is_new=True)


def _told(given: _Given) -> Told:
    command, invoice = given.request.command, given.invoice
    assert invoice.issue is not None
    fact = InvoiceCredited(
        invoice_id=invoice.invoice_id,
        matter_id=invoice.matter_id,
        number=invoice.issue.number,
        version=invoice.issue.version,
        currency=invoice.terms.currency,
        credit_id=command.credit_id,
        amount_minor=command.amount_minor,
        credited_minor=invoice.credited_minor,
        total_minor=invoice.totals.total_minor,
        due_on=invoice.issue.due_on,
        reason=command.reason,
    )
    summary = {
        "credit_id": str(fact.credit_id),
        "reason": fact.reason,
        "currency": fact.currency,
        "amount_minor": fact.amount_minor,
        "credited_minor": fact.credited_minor,
        "total_minor": fact.total_minor,
    }
    message = given.request.cause.message(fact, revision=invoice.revision)
    return Told(message, invoice.invoice_id, "credited", summary)


def _outcome(decided: _Given | Refusal) -> Outcome:
    if isinstance(decided, Refusal):
        return Refused(decided, decided.detail)
    command, invoice = decided.request.command, decided.invoice
    return Done(
        CreditInvoiceAnswer(
            invoice_id=invoice.invoice_id,
            credit_id=command.credit_id,
            amount_minor=command.amount_minor,
            credited_minor=invoice.credited_minor,
            total_minor=invoice.totals.total_minor,
            revision=invoice.revision,
        )
    )
