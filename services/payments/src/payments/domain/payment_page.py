"""What a contact can pay: invoices across all matters, one page per currency (P1). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PayableInvoice:
    """One line of the page. The matter's words are None until the matter has arrived here."""

    invoice_id: UUID
    number: str
    matter_id: UUID
    matter_number: str | None
    matter_name: str | None
    due_on: date
    version: int
    currency: str
    total_minor: int
    open_minor: int
    payable_minor: int

    @property
    def processing_minor(self) -> int:
        """What is held by payments under way: open, but not to be paid again."""
        return self.open_minor - self.payable_minor


@dataclass(frozen=True, slots=True)
class CurrencyPage:
    """All invoices of one currency, the earliest due first, and their sums."""

    currency: str
    invoices: tuple[PayableInvoice, ...]

    @property
    def open_minor(self) -> int:
        return sum(invoice.open_minor for invoice in self.invoices)

    @property
    def payable_minor(self) -> int:
        return sum(invoice.payable_minor for invoice in self.invoices)

    @property
    def processing_minor(self) -> int:
        return self.open_minor - self.payable_minor


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """A contact's page. With online payments off it shows balances and takes nothing."""

    contact_id: UUID
    contact_name: str
    online_payments_off: bool
    pages: tuple[CurrencyPage, ...]


def split_by_currency(invoices: Iterable[PayableInvoice]) -> tuple[CurrencyPage, ...]:
    """Make one page per currency: amounts in different currencies have no sum. Ordered by due date, then number."""
    ordered = sorted(
        invoices, key=lambda invoice: (invoice.currency, invoice.due_on, invoice.number, invoice.invoice_id)
    )
    return tuple(
        CurrencyPage(currency, tuple(group)) for currency, group in groupby(ordered, lambda invoice: invoice.currency)
    )
