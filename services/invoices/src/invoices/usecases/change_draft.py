"""Replace what a draft says.

Source: mission I2. Refuses an invoice that is not there or final, a discount above the lines, a sum too large.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter

from chassis import outbox
from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.invoices import ChangeDraft, DraftChanged, InvoiceTotals
from contracts.message import Part
from invoices.domain.history import Entry
from invoices.domain.invoice import Content, Invoice, Terms
from invoices.domain.invoice import change_draft as decide_change
from invoices.domain.key import Key
from invoices.domain.refusal import Refusal
from invoices.store.history_entries import append_entries, origin_of
from invoices.store.invoice_comments import delete_comments, insert_comments
from invoices.store.invoice_lines import delete_lines, insert_lines
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
    keys = [change.invoice.key for change in changes]
    if changes:
        await update_invoices(tx, [change.invoice for change in changes])
        await delete_lines(tx, keys)
        await delete_comments(tx, keys)
        await insert_lines(tx, {change.invoice.key: change.content.lines for change in changes})
        await insert_comments(tx, {change.invoice.key: change.content.comments for change in changes})
        await _announce(tx, changes)
    return [_outcome(change) for change in decided]


def _decide(request: Request[ChangeDraft], present: Mapping[Key, Invoice]) -> _Change | Refusal:
    invoice = present.get((request.firm_id, request.command.invoice_id))
    if invoice is None:
        return Refusal.UNKNOWN_INVOICE
    written = request.command.terms.model_dump()
    content = _content.validate_python(written)
    changed = decide_change(invoice, _terms.validate_python(written), content)
    return changed if isinstance(changed, Refusal) else _Change(request, changed, content)


async def _announce(tx: Tx, changes: Sequence[_Change]) -> None:
    facts = [
        change.request.cause.message(_fact(change.invoice), revision=change.invoice.revision) for change in changes
    ]
    await append_entries(
        tx,
        [
            Entry(
                change.invoice.firm_id,
                change.invoice.invoice_id,
                "draft_changed",
                origin_of(fact),
                {"currency": change.invoice.terms.currency, "total_minor": change.invoice.totals.total_minor},
            )
            for fact, change in zip(facts, changes, strict=True)
        ],
    )
    await outbox.append(tx, facts)


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
