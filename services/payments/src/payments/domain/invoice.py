"""An invoice as payments knows it, and the balance that each of its versions leads to."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from payments.domain.owed import what_is_owed


class InvoiceStatus(StrEnum):
    """Whether the invoice is in force; how much of it is paid is told by its balance."""

    FINAL = "final"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Invoice:
    """A final invoice at one version. `revision` counts every change of it at its owner."""

    firm_id: UUID
    invoice_id: UUID
    matter_id: UUID
    number: str
    status: InvoiceStatus
    version: int
    currency: str
    total_minor: int
    due_on: date
    revision: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What one invoice owes, judged by `version`. `revision` counts the balance's own changes."""

    firm_id: UUID
    invoice_id: UUID
    version: int
    currency: str
    total_minor: int
    open_minor: int
    payable_minor: int
    revision: int

    @property
    def processing_minor(self) -> int:
        """What is held by payments under way."""
        return self.open_minor - self.payable_minor


def apply_version(invoice: Invoice, before: Balance | None) -> Balance:
    """Judge the balance by a newer version of its invoice; `before` is None for the first one."""
    owed = what_is_owed(invoice.total_minor)
    return Balance(
        firm_id=invoice.firm_id,
        invoice_id=invoice.invoice_id,
        version=invoice.version,
        currency=invoice.currency,
        total_minor=invoice.total_minor,
        open_minor=owed.open_minor,
        payable_minor=owed.payable_minor,
        revision=before.revision + 1 if before else 1,
    )
