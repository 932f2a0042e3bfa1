"""From a draft to a final invoice."""

from datetime import date
from uuid import UUID

from pydantic import Field

from contracts import topics
from contracts.fields import Currency, Label
from contracts.invoices.terms import InvoiceTerms, InvoiceTotals
from contracts.message import Command, Fact


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
