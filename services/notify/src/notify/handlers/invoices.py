"""Facts about final invoices that come in, each translated for its use case."""

from collections.abc import Sequence

from chassis.database import Tx
from chassis.intake.route import Received
from chassis.tracing import current_traceparent
from contracts.invoices import InvoiceCredited, InvoicePdfFailed, InvoicePdfReady, InvoiceRevised, InvoiceVoided
from notify.domain.changes import ChangeKind, InvoiceChange
from notify.domain.pdf import Attachment, PdfKey
from notify.usecases.keep_changes import keep_changes
from notify.usecases.keep_failed_pdfs import keep_failed_pdfs
from notify.usecases.keep_pdfs import keep_pdfs


async def on_invoice_pdf_ready(tx: Tx, facts: Sequence[Received[InvoicePdfReady]]) -> None:
    """Send what waits for it."""
    await keep_pdfs(tx, [_pdf(fact) for fact in facts])


async def on_invoice_pdf_failed(tx: Tx, facts: Sequence[Received[InvoicePdfFailed]]) -> None:
    """Give up what waits for it."""
    await keep_failed_pdfs(
        tx,
        {
            PdfKey(fact.firm_id, fact.data.invoice_id, fact.data.version, fact.data.comments): fact.data.reason
            for fact in facts
        },
    )


async def on_invoice_revised(tx: Tx, facts: Sequence[Received[InvoiceRevised]]) -> None:
    """Tell of another version."""
    await keep_changes(
        tx, [_change(fact, "revised", fact.data.previous_total_minor, fact.data.totals.total_minor) for fact in facts]
    )


async def on_invoice_voided(tx: Tx, facts: Sequence[Received[InvoiceVoided]]) -> None:
    """Tell that nothing is to be paid."""
    await keep_changes(tx, [_change(fact, "voided", fact.data.total_minor, fact.data.total_minor) for fact in facts])


async def on_invoice_credited(tx: Tx, facts: Sequence[Received[InvoiceCredited]]) -> None:
    """Tell that less is to be paid."""
    await keep_changes(tx, [_change(fact, "credited", fact.data.total_minor, fact.data.total_minor) for fact in facts])


def _pdf(fact: Received[InvoicePdfReady]) -> tuple[PdfKey, Attachment]:
    data = fact.data
    key = PdfKey(fact.firm_id, data.invoice_id, data.version, data.comments)
    return key, Attachment(data.sha256, data.size_bytes, data.file_name)


def _change(
    fact: Received[InvoiceRevised] | Received[InvoiceVoided] | Received[InvoiceCredited],
    kind: ChangeKind,
    old_total_minor: int,
    new_total_minor: int,
) -> InvoiceChange:
    data = fact.data
    return InvoiceChange(
        firm_id=fact.firm_id,
        invoice_id=data.invoice_id,
        event_id=fact.cause.message_id,
        kind=kind,
        number=data.number,
        version=data.version,
        currency=data.currency,
        old_total_minor=old_total_minor,
        new_total_minor=new_total_minor,
        credited_minor=data.credited_minor if isinstance(data, InvoiceCredited) else 0,
        due_on=data.due_on,
        reason=data.reason,
        revision=fact.revision,
        changed=tuple(data.changed) if isinstance(data, InvoiceRevised) else (),
        actor=fact.cause.actor,
        correlation_id=fact.cause.correlation_id,
        traceparent=current_traceparent(),
    )
