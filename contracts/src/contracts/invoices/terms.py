"""What an invoice says, and what it comes to."""

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from contracts.fields import Currency, Minor, Quantity, SaidName, SaidParagraphs, TaxRate
from contracts.message import Part

LineKind = Literal["time", "expense", "flat_fee", "part"]


class InvoiceLine(Part):
    """One line. Amount = quantity x unit price, rounded half away from zero; tax is added on top of it."""

    kind: LineKind
    description: SaidName
    quantity: Quantity
    unit_price_minor: Minor
    tax_rate_percent: TaxRate = Decimal(0)


class InvoiceComment(Part):
    """A remark on the invoice; an internal one is never shown to a contact."""

    text: SaidParagraphs
    is_client_visible: bool


class InvoiceTerms(Part):
    """Everything a draft says."""

    currency: Currency
    lines: list[InvoiceLine] = Field(default=[], max_length=2000)
    discount_minor: Minor = 0
    due_on: date | None = None
    due_in_days: int | None = Field(default=None, ge=0, le=3650)
    notes: SaidParagraphs | None = None
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
