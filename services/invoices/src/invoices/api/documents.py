"""`/v1/invoices/{id}/versions/{n}/pdf`: the PDF of one version, as it was made, or made again on demand."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

import structlog
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter

from chassis.blobs import BlobFault, Blobs
from chassis.http.caller import Caller, not_found
from chassis.http.openapi import asks
from chassis.http.problem import ProblemError
from contracts.fields import CommentChoice
from contracts.invoices import RenderInvoicePdf
from contracts.message import Part
from invoices.api.version_number import admit_version
from invoices.domain.printing import Printed
from invoices.store.documents import Found, find_document
from invoices.usecases.render_invoice_pdf import RenderInvoicePdfAnswer, render_invoice_pdf

Choice = Annotated[CommentChoice, QueryParameter(name="comments", description="which client-visible comments it shows")]

_log = structlog.get_logger("invoices.documents")


class PdfBody(Part):
    """Which PDF of the version."""

    comments: CommentChoice = "all"


@post("/v1/invoices/{invoice_id:uuid}/versions/{version:int}/pdf", status_code=200, opt=asks(RenderInvoicePdf))
async def post_invoice_pdf(
    invoice_id: FromPath[UUID], version: FromPath[int], data: JSONBody[PdfBody], caller: NamedDependency[Caller]
) -> Response[RenderInvoicePdfAnswer]:
    """Have a PDF made again that was given up, or cannot be read any more."""
    number = admit_version(version, "pdf")
    command = RenderInvoicePdf(invoice_id=invoice_id, version=number, comments=data.comments)
    return await caller.do(render_invoice_pdf, command)


def invoice_pdf_route(blobs: Blobs) -> HTTPRouteHandler:
    """Make the route over the store that the PDFs are in."""

    @get(
        "/v1/invoices/{invoice_id:uuid}/versions/{version:int}/pdf",
        media_type="application/pdf",
        opt={"problems": (HTTPStatus.CONFLICT,)},  # it is being made, or could not be
    )
    async def get_invoice_pdf(
        invoice_id: FromPath[UUID], version: FromPath[int], caller: NamedDependency[Caller], comments: Choice = "all"
    ) -> Response[bytes]:
        """Give the PDF of a version and choice of comments; `none` is there once somebody was to have it."""
        async with caller.reading("invoices:read") as tx:
            found = await find_document(tx, (caller.firm_id, invoice_id), admit_version(version, "pdf"), comments)
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
