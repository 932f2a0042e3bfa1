"""What becomes of a final invoice: revised, voided, credited."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts import topics
from contracts.fields import Currency, Label, Minor, Paragraphs, PositiveMinor, SaidParagraphs
from contracts.invoices.terms import InvoiceTerms, InvoiceTotals
from contracts.message import Command, Fact


class ReviseInvoice(Command, to="invoices", key="invoice_id", scope="invoices:write", outward=True):
    """Make a new version of a final invoice (I4); the currency stays.

    Where only internal comments differ, there is neither a version nor a notice. `version` is the one that was revised
    from: refused (`stale_version`) where the invoice has another by now. Without it, the last revision counts.
    """

    invoice_id: UUID
    terms: InvoiceTerms
    reason: SaidParagraphs
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)


class VoidInvoice(Command, to="invoices", key="invoice_id", scope="invoices:write", outward=True):
    """Declare a final invoice void: it stays readable and cannot be paid. The same again counts as done."""

    invoice_id: UUID
    reason: SaidParagraphs


class CreditInvoice(Command, to="invoices", key="invoice_id", scope="invoices:write", outward=True):
    """Take an amount off what a final invoice asks for; the same credit again changes nothing."""

    invoice_id: UUID
    credit_id: UUID
    amount_minor: PositiveMinor
    reason: SaidParagraphs


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
