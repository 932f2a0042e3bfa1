"""Replace what a draft says.

Source: mission I2. Refuses an invoice that is not there or final, a currency that is not in use, a discount above the
lines, a sum too large, more lines of text than can be printed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter

from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.invoices import ChangeDraft, DraftChanged, InvoiceTotals
from contracts.message import Part
from invoices.domain.invoice import Content, Invoice, Terms
from invoices.domain.invoice import change_draft as decide_change
from invoices.domain.key import Key
from invoices.domain.refusal import Refusal
from invoices.store.invoice_contents import replace_contents
from invoices.store.invoice_facts import Told, tell
from invoices.store.invoices import lock_invoices, update_invoices

_terms = TypeAdapter(Terms)
_content = TypeAdapter(Content)


class ChangeDraftAnswer(Part):
    """The draft's revision and sums after the change."""

    invoice_id: UUID
    revision: int
    totals: InvoiceTotals


@dataclass(frozen=True, slots=True)
class _Change:
    request: Request[ChangeDraft]
    invoice: Invoice
    content: Content


async def change_draft(tx: Tx, requests: Sequence[Request[ChangeDraft]]) -> list[Outcome]:
    """Change drafts, in the caller's transaction. The same terms again are a change too, and harmless."""
    present = await lock_invoices(tx, [(request.firm_id, request.command.invoice_id) for request in requests])
    decided = [_decide(request, present) for request in requests]
    changes = [change for change in decided if isinstance(change, _Change)]
    await update_invoices(tx, [change.invoice for change in changes])
    await replace_contents(tx, {change.invoice.key: change.content for change in changes})
    await tell(tx, [_told(change) for change in changes])
    return [_outcome(change) for change in decided]


def _decide(request: Request[ChangeDraft], present: Mapping[Key, Invoice]) -> _Change | Refusal:
    invoice = present.get((request.firm_id, request.command.invoice_id))
    if invoice is None:
        return Refusal.UNKNOWN_INVOICE
    written = request.command.terms.model_dump()
    content = _content.validate_python(written)
    changed = decide_change(invoice, _terms.validate_python(written), content)
    return changed if isinstance(changed, Refusal) else _Change(request, changed, content)


def _told(change: _Change) -> Told:
    invoice = change.invoice
    summary = {"currency": invoice.terms.currency, "total_minor": invoice.totals.total_minor}
    message = change.request.cause.message(_fact(invoice), revision=invoice.revision)
    return Told(message, invoice.invoice_id, "draft_changed", summary)


def _fact(invoice: Invoice) -> DraftChanged:
    return DraftChanged(
        invoice_id=invoice.invoice_id,
        matter_id=invoice.matter_id,
        currency=invoice.terms.currency,
        totals=InvoiceTotals.model_validate(invoice.totals, from_attributes=True),
    )


def _outcome(decided: _Change | Refusal) -> Outcome:
    if isinstance(decided, Refusal):
        return Refused(decided, decided.detail)
    return Done(
        ChangeDraftAnswer(
            invoice_id=decided.invoice.invoice_id,
            revision=decided.invoice.revision,
            totals=InvoiceTotals.model_validate(decided.invoice.totals, from_attributes=True),
        )
    )
