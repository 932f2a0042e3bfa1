"""Draft an invoice on a matter. Contacts to share with are kept; sharing acts on them when the invoice is final.

Source: mission I2. Refuses an id that is in use with other content, a currency that is not in use, a discount above the
lines, a sum too large, more lines of text than can be printed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter

from chassis.database import Tx
from chassis.outcome import Done, NotYetKnown, Outcome, Refused, Request
from contracts.invoices import DraftInvoice, InvoiceCreated, InvoiceTotals
from contracts.message import Part
from invoices.domain.invoice import Content, Invoice, Terms, admit_terms
from invoices.domain.key import Key
from invoices.domain.refusal import Refusal
from invoices.domain.totals import total_up
from invoices.store.contacts import find_known_contacts
from invoices.store.invoice_contents import find_contents, insert_contents
from invoices.store.invoice_facts import Told, tell
from invoices.store.invoices import find_invoices, insert_invoices
from invoices.store.matters import find_known_matters

_terms = TypeAdapter(Terms)
_content = TypeAdapter(Content)


class DraftInvoiceAnswer(Part):
    """The draft as it was made."""

    invoice_id: UUID
    revision: int
    totals: InvoiceTotals


@dataclass(frozen=True, slots=True)
class _Draft:
    invoice: Invoice
    content: Content


async def draft_invoice(tx: Tx, requests: Sequence[Request[DraftInvoice]]) -> list[Outcome]:
    """Make drafts, in the caller's transaction. Making the same one again changes nothing."""
    matters = await find_known_matters(tx, [(request.firm_id, request.command.matter_id) for request in requests])
    named = [(request.firm_id, contact_id) for request in requests for contact_id in request.command.share_with]
    contacts = await find_known_contacts(tx, named)
    decided = [_decide(request, matters, contacts) for request in requests]
    wanted = [draft for draft in decided if isinstance(draft, _Draft)]
    inserted = await insert_invoices(tx, [draft.invoice for draft in wanted])
    await insert_contents(tx, {draft.invoice.key: draft.content for draft in wanted if draft.invoice.key in inserted})
    present = await _find_drafts(tx, [draft.invoice.key for draft in wanted if draft.invoice.key not in inserted])
    await tell(
        tx,
        [
            _told(request, draft.invoice)
            for request, draft in zip(requests, decided, strict=True)
            if isinstance(draft, _Draft) and draft.invoice.key in inserted
        ],
    )
    return [_outcome(draft, inserted, present) for draft in decided]


def _decide(request: Request[DraftInvoice], matters: set[Key], contacts: set[Key]) -> _Draft | Refusal | NotYetKnown:
    command = request.command
    share_with = tuple(dict.fromkeys(command.share_with))
    if (request.firm_id, command.matter_id) not in matters:
        return NotYetKnown("matter")
    if any((request.firm_id, contact_id) not in contacts for contact_id in share_with):
        return NotYetKnown("contact")
    written = command.terms.model_dump()
    terms, content = _terms.validate_python(written), _content.validate_python(written)
    totals = admit_terms(terms, content) or total_up(content.lines, terms.discount_minor)
    if isinstance(totals, Refusal):
        return totals
    invoice = Invoice(
        firm_id=request.firm_id,
        invoice_id=command.invoice_id,
        matter_id=command.matter_id,
        state="draft",
        terms=terms,
        totals=totals,
        share_with=share_with,
        issue=None,
        revision=1,
    )
    return _Draft(invoice, content)


async def _find_drafts(tx: Tx, keys: Sequence[Key]) -> dict[Key, _Draft]:
    """Invoices that have an id already, with what they say."""
    if not keys:
        return {}
    present = await find_invoices(tx, keys)
    contents = await find_contents(tx, keys)
    return {key: _Draft(invoice, contents[key]) for key, invoice in present.items()}


def _told(request: Request[DraftInvoice], invoice: Invoice) -> Told:
    summary = {"currency": invoice.terms.currency, "total_minor": invoice.totals.total_minor}
    return Told(
        request.cause.message(_fact(invoice), revision=invoice.revision), invoice.invoice_id, "created", summary
    )


def _fact(invoice: Invoice) -> InvoiceCreated:
    return InvoiceCreated(
        invoice_id=invoice.invoice_id,
        matter_id=invoice.matter_id,
        currency=invoice.terms.currency,
        totals=InvoiceTotals.model_validate(invoice.totals, from_attributes=True),
        share_with=list(invoice.share_with),
    )


def _outcome(decided: _Draft | Refusal | NotYetKnown, inserted: set[Key], present: Mapping[Key, _Draft]) -> Outcome:
    if isinstance(decided, NotYetKnown):
        return decided
    if isinstance(decided, Refusal):
        return Refused(decided, decided.detail)
    there = decided if decided.invoice.key in inserted else present.get(decided.invoice.key)
    if there is None or not there.invoice.says_the_same(decided.invoice) or there.content != decided.content:
        return Refused(Refusal.ALREADY_EXISTS, Refusal.ALREADY_EXISTS.detail)
    return Done(
        DraftInvoiceAnswer(
            invoice_id=there.invoice.invoice_id,
            revision=there.invoice.revision,
            totals=InvoiceTotals.model_validate(there.invoice.totals, from_attributes=True),
        )
    )
