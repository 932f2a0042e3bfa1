"""Declare a final invoice void: it stays readable and cannot be paid.

Source: mission I4. Refuses an invoice that is not there, and a draft, one that is void for another reason; the same
again counts as done.
"""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.invoices import InvoiceVoided, VoidInvoice
from contracts.message import Part
from invoices.domain.correction import void
from invoices.domain.invoice import Invoice
from invoices.domain.key import Key
from invoices.domain.refusal import Refusal
from invoices.store.history_entries import find_void_reasons
from invoices.store.invoice_facts import Told, tell
from invoices.store.invoices import lock_invoices, update_invoices


class VoidInvoiceAnswer(Part):
    """The invoice as it stays."""

    invoice_id: UUID
    state: Literal["void"] = "void"
    version: int
    revision: int


async def void_invoice(tx: Tx, requests: Sequence[Request[VoidInvoice]]) -> list[Outcome]:
    """Void invoices, in the caller's transaction. Safe to repeat with the same reason."""
    keys = [(request.firm_id, request.command.invoice_id) for request in requests]
    present = await lock_invoices(tx, keys)
    reasons = await find_void_reasons(tx, [key for key, invoice in present.items() if invoice.state == "void"])
    decided = [_decide(request, present, reasons) for request in requests]
    voided = [
        (request, invoice)
        for request, invoice in zip(requests, decided, strict=True)
        if isinstance(invoice, Invoice) and invoice is not present[invoice.key]
    ]
    await update_invoices(tx, [invoice for _, invoice in voided])
    await tell(tx, [_told(request, invoice) for request, invoice in voided])
    return [_outcome(invoice) for invoice in decided]


def _decide(
    request: Request[VoidInvoice], present: Mapping[Key, Invoice], reasons: Mapping[Key, str]
) -> Invoice | Refusal:
    invoice = present.get((request.firm_id, request.command.invoice_id))
    if invoice is None:
        return Refusal.UNKNOWN_INVOICE
    # Whoever says another reason would believe that it was told.
    if invoice.state == "void" and reasons.get(invoice.key) != request.command.reason:
        return Refusal.VOID
    return void(invoice)


def _told(request: Request[VoidInvoice], invoice: Invoice) -> Told:
    assert invoice.issue is not None
    fact = InvoiceVoided(
        invoice_id=invoice.invoice_id,
        matter_id=invoice.matter_id,
        number=invoice.issue.number,
        version=invoice.issue.version,
        currency=invoice.terms.currency,
        total_minor=invoice.totals.total_minor,
        due_on=invoice.issue.due_on,
        reason=request.command.reason,
    )
    summary = {
        "version": fact.version,
        "reason": fact.reason,
        "currency": fact.currency,
        "total_minor": fact.total_minor,
    }
    return Told(request.cause.message(fact, revision=invoice.revision), invoice.invoice_id, "voided", summary)


def _outcome(decided: Invoice | Refusal) -> Outcome:
    if isinstance(decided, Refusal):
        return Refused(decided, decided.detail)
    assert decided.issue is not None
    return Done(
        VoidInvoiceAnswer(invoice_id=decided.invoice_id, version=decided.issue.version, revision=decided.revision)
    )
