"""Make a new version of a final invoice, and have its PDF made.

Source: mission I4. Refuses an invoice that is not there, a draft, a void one, a version that is not the present one,
another currency, no lines, a day to pay before it was issued, a total below the credits that were given, more lines of
text than can be printed. Where only internal comments differ, they are kept
and nobody is told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from chassis.clock import now
from chassis.database import Tx
from chassis.outbox import Outgoing
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.invoices import InvoiceRevised, InvoiceTotals, ReviseInvoice
from contracts.message import Part
from invoices.domain.correction import Revision, revise
from invoices.domain.invoice import Content, Invoice, Terms
from invoices.domain.key import Key
from invoices.domain.printing import Wanted
from invoices.domain.refusal import Refusal
from invoices.domain.version import write_version
from invoices.store.documents import find_comment_choices, queue_documents
from invoices.store.history_entries import origin_of
from invoices.store.invoice_contents import find_contents, replace_contents
from invoices.store.invoice_facts import Told, tell
from invoices.store.invoice_versions import insert_versions
from invoices.store.invoices import lock_invoices, update_invoices
from invoices.store.parties import find_parties

_terms = TypeAdapter(Terms)
_content = TypeAdapter(Content)


class ReviseInvoiceAnswer(Part):
    """The version the invoice is at; `changed` is empty where a contact sees no difference."""

    invoice_id: UUID
    version: int
    totals: InvoiceTotals
    changed: list[str]
    revision: int


@dataclass(frozen=True, slots=True)
class _Revised:
    request: Request[ReviseInvoice]
    before: Invoice
    revision: Revision
    content: Content

    @property
    def invoice(self) -> Invoice:
        return self.revision.invoice


async def revise_invoice(tx: Tx, requests: Sequence[Request[ReviseInvoice]]) -> list[Outcome]:
    """Revise invoices, in the caller's transaction. The same terms again change nothing, whatever the reason."""
    keys = [(request.firm_id, request.command.invoice_id) for request in requests]
    present = await lock_invoices(tx, keys)
    contents = await find_contents(tx, keys)
    decided = [_decide(request, present, contents) for request in requests]
    revised = [each for each in decided if isinstance(each, _Revised)]
    await update_invoices(tx, [each.invoice for each in revised])
    await replace_contents(
        tx, {each.invoice.key: each.content for each in revised if each.content != contents[each.invoice.key]}
    )
    await _issue(tx, [each for each in revised if each.revision.changed], now())
    return [_outcome(each) for each in decided]


def _decide(
    request: Request[ReviseInvoice], present: Mapping[Key, Invoice], contents: Mapping[Key, Content]
) -> _Revised | Refusal:
    invoice = present.get((request.firm_id, request.command.invoice_id))
    if invoice is None:
        return Refusal.UNKNOWN_INVOICE
    written = request.command.terms.model_dump()
    content = _content.validate_python(written)
    revision = revise(invoice, contents[invoice.key], _terms.validate_python(written), content, request.command.version)
    return revision if isinstance(revision, Refusal) else _Revised(request, invoice, revision, content)


async def _issue(tx: Tx, revised: Sequence[_Revised], at: datetime) -> None:
    """Write the versions, tell of them, and have every PDF made that was wanted of the versions before."""
    if not revised:
        return
    parties = await find_parties(tx, [each.invoice for each in revised])
    versions = [
        write_version(each.invoice, each.content, parties[each.invoice.key], at, each.request.command.reason)
        for each in revised
    ]
    await insert_versions(tx, versions)
    told = [_told(each, each.request.cause.message(_fact(each), revision=each.invoice.revision)) for each in revised]
    await tell(tx, told)
    choices = await find_comment_choices(tx, [each.invoice.key for each in revised])
    await queue_documents(
        tx,
        [
            Wanted(version.firm_id, version.invoice_id, version.version, comments, origin_of(each.message))
            for each, version in zip(told, versions, strict=True)
            for comments in choices[version.key]
        ],
    )


def _told(revised: _Revised, message: Outgoing) -> Told:
    invoice = revised.invoice
    assert invoice.issue is not None
    summary = {
        "version": invoice.issue.version,
        "changed": [*revised.revision.changed],
        "reason": revised.request.command.reason,
        "currency": invoice.terms.currency,
        "previous_total_minor": revised.before.totals.total_minor,
        "total_minor": invoice.totals.total_minor,
        "due_on": invoice.issue.due_on.isoformat(),
    }
    return Told(message, invoice.invoice_id, "revised", summary)


def _fact(revised: _Revised) -> InvoiceRevised:
    invoice = revised.invoice
    assert invoice.issue is not None
    return InvoiceRevised(
        invoice_id=invoice.invoice_id,
        matter_id=invoice.matter_id,
        number=invoice.issue.number,
        version=invoice.issue.version,
        currency=invoice.terms.currency,
        totals=InvoiceTotals.model_validate(invoice.totals, from_attributes=True),
        previous_total_minor=revised.before.totals.total_minor,
        issued_on=invoice.issue.issued_on,
        due_on=invoice.issue.due_on,
        reason=revised.request.command.reason,
        changed=list(revised.revision.changed),
    )


def _outcome(decided: _Revised | Refusal) -> Outcome:
    if isinstance(decided, Refusal):
        return Refused(decided, decided.detail)
    invoice = decided.invoice
    assert invoice.issue is not None
    return Done(
        ReviseInvoiceAnswer(
            invoice_id=invoice.invoice_id,
            version=invoice.issue.version,
            totals=InvoiceTotals.model_validate(invoice.totals, from_attributes=True),
            changed=list(decided.revision.changed),
            revision=invoice.revision,
        )
    )
