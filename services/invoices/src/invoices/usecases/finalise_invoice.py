"""Give a draft its number and its first version.

Source: mission I3. Refuses an invoice that is not there, one without lines, a void one; already final counts as done.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.clock import now
from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.invoices import FinaliseInvoice, InvoiceFinalised, InvoiceTotals
from contracts.message import Part
from invoices.domain.firm import Firm, day_at
from invoices.domain.history import Entry
from invoices.domain.invoice import Content, Invoice, admit_finalising, finalise
from invoices.domain.key import Key
from invoices.domain.refusal import Refusal
from invoices.domain.version import Version, parties_of, write_version
from invoices.store.contacts import find_contacts
from invoices.store.firms import find_firms
from invoices.store.history_entries import append_entries, origin_of
from invoices.store.invoice_comments import list_comments
from invoices.store.invoice_lines import list_lines
from invoices.store.invoice_numbers import allocate_numbers
from invoices.store.invoice_versions import insert_versions
from invoices.store.invoices import lock_invoices, update_invoices
from invoices.store.matters import find_matters


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
    lines = await list_lines(tx, keys)
    decided = {key: _decide(present.get(key), len(lines.get(key, ()))) for key in keys}
    drafts = [invoice for invoice in decided.values() if isinstance(invoice, Invoice) and invoice.issue is None]
    if not drafts:
        return [_outcome(decided[key]) for key in keys]
    comments = await list_comments(tx, [draft.key for draft in drafts])
    contents = {draft.key: Content(lines[draft.key], comments.get(draft.key, ())) for draft in drafts}
    firms = await find_firms(tx, [draft.firm_id for draft in drafts])
    at = now()
    issued = await _issue(tx, drafts, firms, at)
    await update_invoices(tx, list(issued.values()))
    await insert_versions(tx, await _write_versions(tx, list(issued.values()), contents, firms, at))
    causes = dict(zip(keys, requests, strict=True))
    await _announce(tx, [(causes[key], invoice) for key, invoice in issued.items()])
    return [_outcome(issued.get(key, decided[key])) for key in keys]


def _decide(invoice: Invoice | None, line_count: int) -> Invoice | Refusal:
    if invoice is None:
        return Refusal.UNKNOWN_INVOICE
    if invoice.state == "final":
        return invoice
    return admit_finalising(invoice, line_count) or invoice


async def _issue(tx: Tx, drafts: Sequence[Invoice], firms: Mapping[UUID, Firm], at: datetime) -> dict[Key, Invoice]:
    """Give each draft the next number of its firm, in order, and the day it is where the firm is."""
    sequences = await allocate_numbers(tx, Counter(draft.firm_id for draft in drafts))
    issued: dict[Key, Invoice] = {}
    for draft in drafts:
        issued_on = day_at(at, firms[draft.firm_id].profile.time_zone)
        issued[draft.key] = finalise(draft, sequences[draft.firm_id], issued_on)
        sequences[draft.firm_id] += 1
    return issued


async def _write_versions(
    tx: Tx, issued: Sequence[Invoice], contents: Mapping[Key, Content], firms: Mapping[UUID, Firm], at: datetime
) -> list[Version]:
    """Copy in what the parties say of themselves at this moment."""
    matters = await find_matters(tx, [(invoice.firm_id, invoice.matter_id) for invoice in issued])
    billed = {key: matter.billing_contact_id for key, matter in matters.items()}
    contacts = await find_contacts(
        tx, [(firm_id, contact_id) for (firm_id, _), contact_id in billed.items() if contact_id]
    )
    versions: list[Version] = []
    for invoice in issued:
        matter = matters[invoice.firm_id, invoice.matter_id]
        contact_id = matter.billing_contact_id
        contact = contacts[invoice.firm_id, contact_id] if contact_id else None
        parties = parties_of(firms[invoice.firm_id], matter, contact)
        versions.append(write_version(invoice, contents[invoice.key], parties, at))
    return versions


async def _announce(tx: Tx, issued: Sequence[tuple[Request[FinaliseInvoice], Invoice]]) -> None:
    told = [(request, invoice, _fact(invoice)) for request, invoice in issued]
    facts = [request.cause.message(fact, revision=invoice.revision) for request, invoice, fact in told]
    await append_entries(
        tx,
        [
            Entry(
                invoice.firm_id,
                invoice.invoice_id,
                "finalised",
                origin_of(message),
                {
                    "number": fact.number,
                    "version": fact.version,
                    "currency": fact.currency,
                    "total_minor": fact.totals.total_minor,
                    "due_on": fact.due_on.isoformat(),
                },
            )
            for message, (_, invoice, fact) in zip(facts, told, strict=True)
        ],
    )
    await outbox.append(tx, facts)


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
