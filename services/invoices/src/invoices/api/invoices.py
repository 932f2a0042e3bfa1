"""`/v1/invoices`: drafted, changed, finalised and read, with every version."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from chassis.http.caller import Caller, not_found
from chassis.http.openapi import asks
from chassis.http.page import LIMIT_DEFAULT, After, Limit, Page, cut_page
from contracts.invoices import ChangeDraft, DraftInvoice, FinaliseInvoice, InvoiceTerms
from contracts.message import Part
from invoices.api.invoice_views import InvoiceSummary, InvoiceView, show, summarise
from invoices.api.version_number import admit_version
from invoices.api.version_views import VersionSummary, VersionView, show_version, summarise_version
from invoices.domain.version import VERSION_MAX
from invoices.store.invoice_versions import find_version, list_versions
from invoices.store.invoices import find_invoices, list_invoices
from invoices.usecases.change_draft import ChangeDraftAnswer, change_draft
from invoices.usecases.draft_invoice import DraftInvoiceAnswer, draft_invoice
from invoices.usecases.finalise_invoice import FinaliseInvoiceAnswer, finalise_invoice

AfterVersion = Annotated[
    int, QueryParameter(name="after", ge=0, le=VERSION_MAX, description="the `next` of the page before")
]


class VersionsPage(Part):
    """Some versions of an invoice, first one first; none while it is a draft. `next` as in every page."""

    items: list[VersionSummary]
    next: int | None


@post("/v1/invoices", opt=asks(DraftInvoice))
async def post_invoice(data: JSONBody[DraftInvoice], caller: NamedDependency[Caller]) -> Response[DraftInvoiceAnswer]:
    """Draft an invoice."""
    return await caller.do(draft_invoice, data, status=201)


@put("/v1/invoices/{invoice_id:uuid}", opt=asks(ChangeDraft))
async def put_invoice(
    invoice_id: FromPath[UUID], data: JSONBody[InvoiceTerms], caller: NamedDependency[Caller]
) -> Response[ChangeDraftAnswer]:
    """Replace what a draft says."""
    return await caller.do(change_draft, ChangeDraft(invoice_id=invoice_id, terms=data))


@post("/v1/invoices/{invoice_id:uuid}/finalise", status_code=200, opt=asks(FinaliseInvoice))
async def post_invoice_finalise(
    invoice_id: FromPath[UUID], caller: NamedDependency[Caller]
) -> Response[FinaliseInvoiceAnswer]:
    """Give the invoice its number and first version."""
    return await caller.do(finalise_invoice, FinaliseInvoice(invoice_id=invoice_id))


@get("/v1/invoices/{invoice_id:uuid}")
async def get_invoice(invoice_id: FromPath[UUID], caller: NamedDependency[Caller]) -> InvoiceView:
    """Show an invoice whole."""
    key = (caller.firm_id, invoice_id)
    async with caller.reading("invoices:read") as tx:
        invoice = (await find_invoices(tx, [key])).get(key)
        if invoice is None:
            raise not_found("invoice")
        return await show(tx, invoice)


@get("/v1/invoices")
async def get_invoices(
    caller: NamedDependency[Caller], limit: Limit = LIMIT_DEFAULT, after: After = None
) -> Page[InvoiceSummary]:
    """List invoices, newest first."""
    async with caller.reading("invoices:read") as tx:
        found = await list_invoices(tx, caller.firm_id, limit + 1, after)
        views = await summarise(tx, caller.firm_id, found[:limit])
    return Page(items=views, next=cut_page([invoice.invoice_id for invoice in found], limit))


@get("/v1/invoices/{invoice_id:uuid}/versions")
async def get_invoice_versions(
    invoice_id: FromPath[UUID], caller: NamedDependency[Caller], limit: Limit = LIMIT_DEFAULT, after: AfterVersion = 0
) -> VersionsPage:
    """List versions; each has its lines and comments at an address of its own."""
    key = (caller.firm_id, invoice_id)
    async with caller.reading("invoices:read") as tx:
        if not await find_invoices(tx, [key]):
            raise not_found("invoice")
        found = await list_versions(tx, key, limit + 1, after)
    items = [summarise_version(version) for version in found[:limit]]
    return VersionsPage(items=items, next=items[-1].version if len(found) > limit else None)


@get("/v1/invoices/{invoice_id:uuid}/versions/{version:int}")
async def get_invoice_version(
    invoice_id: FromPath[UUID], version: FromPath[int], caller: NamedDependency[Caller]
) -> VersionView:
    """Show one version as it was."""
    async with caller.reading("invoices:read") as tx:
        found = await find_version(tx, (caller.firm_id, invoice_id), admit_version(version, "version"))
    if found is None:
        raise not_found("version")
    return show_version(found)
