"""Have a PDF made again that was given up, or whose blob was lost or damaged.

Source: mission I5. Refuses what nobody wanted a PDF of; one that is being made counts as done. Whether the blob of one
that is ready can be read is found out by the renderer: a store is not asked inside a transaction.
"""

from collections.abc import Sequence
from uuid import UUID

from chassis.clock import now
from chassis.database import Tx
from chassis.outcome import Done, Outcome, Refused, Request
from contracts.fields import CommentChoice
from contracts.invoices import RenderInvoicePdf
from contracts.message import Part
from invoices.domain.history import Origin
from invoices.domain.printing import DocumentState, Wanted
from invoices.domain.refusal import Refusal
from invoices.store.documents import lock_documents, queue_again


class RenderInvoicePdfAnswer(Part):
    """How the PDF stands: ready, or pending until `InvoicePdfReady` or `InvoicePdfFailed` tells of it.

    Of one that is ready these tell only where it has to be made again.
    """

    invoice_id: UUID
    version: int
    comments: CommentChoice
    state: DocumentState


async def render_invoice_pdf(tx: Tx, requests: Sequence[Request[RenderInvoicePdf]]) -> list[Outcome]:
    """Queue PDFs that failed or are ready, in the caller's transaction. Safe to repeat: a second one finds them due."""
    wanted = [_wanted(request) for request in requests]
    states = await lock_documents(tx, wanted)
    await queue_again(tx, wanted)
    return [_outcome(each, states.get(each.key)) for each in wanted]


def _wanted(request: Request[RenderInvoicePdf]) -> Wanted:
    command, cause = request.command, request.cause
    origin = Origin(cause.message_id, now(), cause.actor, cause.correlation_id, None)
    return Wanted(request.firm_id, command.invoice_id, command.version, command.comments, origin)


def _outcome(wanted: Wanted, state: DocumentState | None) -> Outcome:
    if state is None:
        return Refused(Refusal.UNKNOWN_PDF, Refusal.UNKNOWN_PDF.detail)
    return Done(
        RenderInvoicePdfAnswer(
            invoice_id=wanted.invoice_id,
            version=wanted.version,
            comments=wanted.comments,
            state="ready" if state == "ready" else "pending",
        )
    )
