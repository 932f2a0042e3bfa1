"""`/v1/invoices/{id}/versions/{n}/pdf`: the PDF of one version, as it was made."""

from typing import Annotated
from uuid import UUID

import structlog
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from chassis.blobs import BlobFault, Blobs
from chassis.http.caller import Caller, not_found
from chassis.http.problem import ProblemError
from contracts.fields import CommentChoice
from invoices.domain.printing import Printed
from invoices.store.documents import Found, find_document

Choice = Annotated[CommentChoice, QueryParameter(name="comments", description="which client-visible comments it shows")]

_log = structlog.get_logger("invoices.documents")


def invoice_pdf_route(blobs: Blobs) -> HTTPRouteHandler:
    """Make the route over the store that the PDFs are in."""

    @get("/v1/invoices/{invoice_id:uuid}/versions/{version:int}/pdf", media_type="application/pdf")
    async def get_invoice_pdf(
        invoice_id: FromPath[UUID], version: FromPath[int], caller: NamedDependency[Caller], comments: Choice = "all"
    ) -> Response[bytes]:
        """Give the PDF of a version and choice of comments; `none` is there once somebody was to have it."""
        async with caller.reading("invoices:read") as tx:
            found = await find_document(tx, (caller.firm_id, invoice_id), version, comments)
        return await _answer(blobs, _printed(found))

    return get_invoice_pdf


def _printed(found: Found | None) -> Printed:
    if found is None:
        raise not_found("pdf")
    if found.printed is None:
        problems = {
            "pending": ProblemError("pdf_pending", "the PDF is being made; try again shortly"),
            "failed": ProblemError("pdf_failed", "no PDF could be made of this version"),
        }
        raise problems[found.state]
    return found.printed


async def _answer(blobs: Blobs, printed: Printed) -> Response[bytes]:
    try:
        content = await blobs.get(printed.sha256)
    except BlobFault as error:
        _log.error("pdf_not_at_hand", sha256=printed.sha256, error=repr(error))
        raise ProblemError("unavailable", "the PDF cannot be read at the moment") from None
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{printed.file_name}"',
            "ETag": f'"{printed.sha256}"',
            "Cache-Control": "private, no-cache",
        },
    )
