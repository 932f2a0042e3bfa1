"""The PDFs of an invoice, one for each version and choice of comments."""

from uuid import UUID

from pydantic import Field

from contracts import topics
from contracts.fields import CommentChoice, Label, Sha256, Slug
from contracts.message import Command, Fact


class RenderInvoicePdf(Command, to="invoices", key="invoice_id", scope="invoices:write"):
    """Have a PDF made again that was given up, or that was lost from the blob store (I5).

    One that is there or being made counts as done.
    """

    invoice_id: UUID
    version: int = Field(ge=1, le=2**31 - 1)
    comments: CommentChoice = "all"


class InvoicePdfReady(Fact, topic=topics.INVOICE, key="invoice_id"):
    """The PDF of one version and comment choice is in the blob store, under its hash (I5)."""

    invoice_id: UUID
    version: int = Field(ge=1)
    comments: CommentChoice
    sha256: Sha256
    size_bytes: int = Field(ge=1)
    file_name: Label


class InvoicePdfFailed(Fact, topic=topics.INVOICE, key="invoice_id"):
    """The PDF of one version and comment choice could not be made and is not tried again (I5); `reason` is a slug."""

    invoice_id: UUID
    version: int = Field(ge=1)
    comments: CommentChoice
    reason: Slug
