"""Give a draft its number and its first version, and have its PDF made.

Source: mission I3, I5. Refuses an invoice that is not there, one without lines, one due before the day it is where the
firm is, a void one; already final counts as done.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from chassis.clock import now
from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.invoices import FinaliseInvoice, InvoiceFinalised, InvoiceTotals
from contracts.message import Part
from invoices.domain.firm import day_at
from invoices.domain.invoice import Invoice, admit_due_day, admit_finalising, finalise
from invoices.domain.key import Key
from invoices.domain.printing import Wanted
from invoices.domain.refusal import Refusal
from invoices.domain.version import write_version
from invoices.store.documents import queue_documents
from invoices.store.history_entries import origin_of
from invoices.store.invoice_contents import find_contents
from invoices.store.invoice_facts import Told, tell
from invoices.store.invoice_numbers import allocate_numbers
from invoices.store.invoice_versions import insert_versions
from invoices.store.invoices import lock_invoices, update_invoices
from invoices.store.parties import find_parties


class FinaliseInvoiceAnswer(Part):
    """The number the invoice has for good, and the version it is at."""

    invoice_id: UUID
    number: str
    version: int
    revision: int


async def finalise_invoice(tx: Tx, requests: Sequence[Request[FinaliseInvoice]]) -> list[Outcome]:
    """Finalise drafts, in the caller's transaction. Numbers follow the order of requests. Safe to repeat."""
    keys = [(request.firm_id, request.command.invoice_id) for request in requests]
    present = await lock_invoices(tx, keys)
    contents = await find_contents(tx, keys)
    decided = {key: _decide(present.get(key), len(contents[key].lines)) for key in keys}
    parties = await find_parties(tx, _drafts(decided))
    at = now()
    days = {key: day_at(at, those.firm.time_zone) for key, those in parties.items()}
    decided |= {draft.key: admit_due_day(draft.terms, days[draft.key]) or draft for draft in _drafts(decided)}
    drafts = _drafts(decided)
    if not drafts:
        return [_outcome(decided[key]) for key in keys]
    issued = await _issue(tx, drafts, days)
    await update_invoices(tx, list(issued.values()))
    await insert_versions(
        tx, [write_version(invoice, contents[key], parties[key], at) for key, invoice in issued.items()]
    )
    causes = dict(zip(keys, requests, strict=True))
    told = [_told(causes[key], invoice) for key, invoice in issued.items()]
    await tell(tx, told)
    await queue_documents(
        tx, [Wanted(each.message.firm_id, each.invoice_id, 1, "all", origin_of(each.message)) for each in told]
    )
    return [_outcome(issued.get(key, decided[key])) for key in keys]


def _decide(invoice: Invoice | None, line_count: int) -> Invoice | Refusal:
    if invoice is None:
        return Refusal.UNKNOWN_INVOICE
    if invoice.state == "final":
        return invoice
    return admit_finalising(invoice, line_count) or invoice


def _drafts(decided: Mapping[Key, Invoice | Refusal]) -> list[Invoice]:
    return [invoice for invoice in decided.values() if isinstance(invoice, Invoice) and invoice.issue is None]


async def _issue(tx: Tx, drafts: Sequence[Invoice], days: Mapping[Key, date]) -> dict[Key, Invoice]:
    """Give each draft the next number of its firm, in order, and the day it is where the firm is."""
    sequences = await allocate_numbers(tx, Counter(draft.firm_id for draft in drafts))
    issued: dict[Key, Invoice] = {}
    for draft in drafts:
        issued[draft.key] = finalise(draft, sequences[draft.firm_id], days[draft.key])
        sequences[draft.firm_id] += 1
    return issued


def _told(request: Request[FinaliseInvoice], invoice: Invoice) -> Told:
    fact = _fact(invoice)
    summary = {
        "number": fact.number,
        "version": fact.version,
        "currency": fact.currency,
        "total_minor": fact.totals.total_minor,
        "due_on": fact.due_on.isoformat(),
    }
    return Told(request.cause.message(fact, revision=invoice.revision), invoice.invoice_id, "finalised", summary)


def _fact(invoice: Invoice) -> InvoiceFinalised:
    assert invoice.issue is not None
    return InvoiceFinalised(
        invoice_id=invoice.invoice_id,
        matter_id=invoice.matter_id,
        number=invoice.issue.number,
        version=invoice.issue.version,
        currency=invoice.terms.currency,
        totals=InvoiceTotals.model_validate(invoice.totals, from_attributes=True),
        issued_on=invoice.issue.issued_on,
        due_on=invoice.issue.due_on,
    )


def _outcome(decided: Invoice | Refusal) -> Outcome:
    if isinstance(decided, Refusal):
        return Refused(decided, decided.detail)
    assert decided.issue is not None
    return Done(
        FinaliseInvoiceAnswer(
            invoice_id=decided.invoice_id,
            number=decided.issue.number,
            version=decided.issue.version,
            revision=decided.revision,
        )
    )
