"""Drafts and final invoices."""

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from contracts import topics
from contracts.fields import (
    CommentChoice,
    Currency,
    Label,
    Minor,
    Name,
    Paragraphs,
    PositiveMinor,
    Quantity,
    Sha256,
    Slug,
    TaxRate,
)
from contracts.message import Command, Fact, Part

LineKind = Literal["time", "expense", "flat_fee", "part"]


class InvoiceLine(Part):
    """One line. Amount = quantity x unit price, rounded half away from zero; tax is added on top of it."""

    kind: LineKind
    description: Name
    quantity: Quantity
    unit_price_minor: Minor
    tax_rate_percent: TaxRate = Decimal(0)


class InvoiceComment(Part):
    """A remark on the invoice; an internal one is never shown to a contact."""

    text: Paragraphs
    is_client_visible: bool


class InvoiceTerms(Part):
    """Everything a draft says."""

    currency: Currency
    lines: list[InvoiceLine] = Field(default=[], max_length=2000)
    discount_minor: Minor = 0
    due_on: date | None = None
    due_in_days: int | None = Field(default=None, ge=0, le=3650)
    notes: Paragraphs | None = None
    comments: list[InvoiceComment] = Field(default=[], max_length=200)

    @model_validator(mode="after")
    def due_is_said_once(self) -> "InvoiceTerms":
        if self.due_on is not None and self.due_in_days is not None:
            raise ValueError("give due_on or due_in_days, not both")
        return self


class InvoiceTotals(Part):
    """Sums of one version, all in the invoice's currency. total = subtotal - discount + tax."""

    subtotal_minor: Minor
    discount_minor: Minor
    tax_minor: Minor
    total_minor: Minor


class DraftInvoice(Command, to="invoices", key="invoice_id", scope="invoices:write"):
    """Draft an invoice on a matter (I2). `share_with` takes effect when it is finalised, without asking again."""

    invoice_id: UUID
    matter_id: UUID
    terms: InvoiceTerms
    share_with: list[UUID] = Field(default=[], max_length=100)


class ChangeDraft(Command, to="invoices", key="invoice_id", scope="invoices:write"):
    """Replace what a draft says; refused (`not_draft`) once it is final."""

    invoice_id: UUID
    terms: InvoiceTerms


class FinaliseInvoice(Command, to="invoices", key="invoice_id", scope="invoices:write"):
    """Give the invoice its number and its first version (I3). Already final counts as done."""

    invoice_id: UUID


class InvoiceCreated(Fact, topic=topics.INVOICE, key="invoice_id"):
    """A draft was made."""

    invoice_id: UUID
    matter_id: UUID
    currency: Currency
    totals: InvoiceTotals
    share_with: list[UUID]


class DraftChanged(Fact, topic=topics.INVOICE, key="invoice_id"):
    """A draft says something else now."""

    invoice_id: UUID
    matter_id: UUID
    currency: Currency
    totals: InvoiceTotals


class InvoiceFinalised(Fact, topic=topics.INVOICE, key="invoice_id"):
    """The invoice has its number and first version; from here every change makes a new version."""

    invoice_id: UUID
    matter_id: UUID
    number: Label
    version: int = Field(ge=1)
    currency: Currency
    totals: InvoiceTotals
    issued_on: date
    due_on: date


class ReviseInvoice(Command, to="invoices", key="invoice_id", scope="invoices:write", outward=True):
    """Make a new version of a final invoice (I4); the currency stays.

    Where only internal comments differ, there is neither a version nor a notice. `version` is the one that was revised
    from: refused (`stale_version`) where the invoice has another by now. Without it, the last revision counts.
    """

    invoice_id: UUID
    terms: InvoiceTerms
    reason: Paragraphs
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)


class VoidInvoice(Command, to="invoices", key="invoice_id", scope="invoices:write", outward=True):
    """Declare a final invoice void: it stays readable and cannot be paid. The same again counts as done."""

    invoice_id: UUID
    reason: Paragraphs


class CreditInvoice(Command, to="invoices", key="invoice_id", scope="invoices:write", outward=True):
    """Take an amount off what a final invoice asks for; the same credit again changes nothing."""

    invoice_id: UUID
    credit_id: UUID
    amount_minor: PositiveMinor
    reason: Paragraphs


class RenderInvoicePdf(Command, to="invoices", key="invoice_id", scope="invoices:write"):
    """Have a PDF made again that was given up, or that was lost from the blob store (I5).

    One that is there or being made counts as done.
    """

    invoice_id: UUID
    version: int = Field(ge=1, le=2**31 - 1)
    comments: CommentChoice = "all"


class InvoiceRevised(Fact, topic=topics.INVOICE, key="invoice_id"):
    """A final invoice has a new version. `changed` says what a contact would see differently."""

    invoice_id: UUID
    matter_id: UUID
    number: Label
    version: int = Field(ge=2)
    currency: Currency
    totals: InvoiceTotals
    previous_total_minor: Minor
    issued_on: date
    due_on: date
    reason: Paragraphs
    changed: list[Literal["lines", "totals", "due_date", "comments", "notes"]] = Field(min_length=1)


class InvoiceVoided(Fact, topic=topics.INVOICE, key="invoice_id"):
    """A final invoice is void."""

    invoice_id: UUID
    matter_id: UUID
    number: Label
    version: int = Field(ge=1)
    currency: Currency
    total_minor: Minor
    due_on: date
    reason: Paragraphs


class InvoiceCredited(Fact, topic=topics.INVOICE, key="invoice_id"):
    """A credit was given. `credited_minor` is the sum of all credits of the invoice so far."""

    invoice_id: UUID
    matter_id: UUID
    number: Label
    version: int = Field(ge=1)
    currency: Currency
    credit_id: UUID
    amount_minor: Minor
    credited_minor: Minor
    total_minor: Minor
    due_on: date
    reason: Paragraphs


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
