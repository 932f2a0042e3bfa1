"""`/v1/invoices/{id}`, once final: revised, voided, credited. Each tells somebody, so each needs an Idempotency-Key."""

from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from pydantic import Field

from chassis.http.caller import Caller
from chassis.http.openapi import asks
from contracts.fields import PositiveMinor, SaidParagraphs
from contracts.invoices import CreditInvoice, InvoiceTerms, ReviseInvoice, VoidInvoice
from contracts.message import Part
from invoices.domain.version import VERSION_MAX
from invoices.usecases.credit_invoice import CreditInvoiceAnswer, credit_invoice
from invoices.usecases.revise_invoice import ReviseInvoiceAnswer, revise_invoice
from invoices.usecases.void_invoice import VoidInvoiceAnswer, void_invoice


class RevisionBody(Part):
    """Everything the new version says, and why there is one. `version` is the one that the editor saw."""

    terms: InvoiceTerms
    reason: SaidParagraphs
    version: int | None = Field(default=None, ge=1, le=VERSION_MAX)


class VoidBody(Part):
    """Why the invoice is void."""

    reason: SaidParagraphs


class CreditBody(Part):
    """An amount taken off, and why. The id is the asker's: the same credit again changes nothing."""

    credit_id: UUID
    amount_minor: PositiveMinor
    reason: SaidParagraphs


@post("/v1/invoices/{invoice_id:uuid}/revise", status_code=200, opt=asks(ReviseInvoice))
async def post_invoice_revise(
    invoice_id: FromPath[UUID], data: JSONBody[RevisionBody], caller: NamedDependency[Caller]
) -> Response[ReviseInvoiceAnswer]:
    """Make a new version; none where a contact would see no difference."""
    command = ReviseInvoice(invoice_id=invoice_id, terms=data.terms, reason=data.reason, version=data.version)
    return await caller.do(revise_invoice, command)


@post("/v1/invoices/{invoice_id:uuid}/void", status_code=200, opt=asks(VoidInvoice))
async def post_invoice_void(
    invoice_id: FromPath[UUID], data: JSONBody[VoidBody], caller: NamedDependency[Caller]
) -> Response[VoidInvoiceAnswer]:
    """Declare the invoice void."""
    return await caller.do(void_invoice, VoidInvoice(invoice_id=invoice_id, reason=data.reason))


@post("/v1/invoices/{invoice_id:uuid}/credits", opt=asks(CreditInvoice))
async def post_invoice_credit(
    invoice_id: FromPath[UUID], data: JSONBody[CreditBody], caller: NamedDependency[Caller]
) -> Response[CreditInvoiceAnswer]:
    """Give a credit."""
    return await caller.do(credit_invoice, CreditInvoice(invoice_id=invoice_id, **data.model_dump()), status=201)
