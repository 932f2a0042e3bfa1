"""How a balance follows the versions of its invoice."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from payments.domain.invoice import Invoice, InvoiceStatus, apply_version

INVOICE = Invoice(
    firm_id=UUID(int=1),
    invoice_id=UUID(int=2),
    matter_id=UUID(int=3),
    number="2026-000001",
    status=InvoiceStatus.FINAL,
    version=1,
    currency="USD",
    total_minor=10_000,
    due_on=date(2026, 12, 22),
    revision=2,
)


def test_the_first_version_opens_its_whole_total() -> None:
    balance = apply_version(INVOICE, None)
    assert (balance.version, balance.revision) == (1, 1)
    assert (balance.total_minor, balance.open_minor, balance.payable_minor) == (10_000, 10_000, 10_000)


def test_a_newer_version_counts_the_balances_own_revision_up() -> None:
    first = apply_version(INVOICE, None)
    second = apply_version(replace(INVOICE, version=2, total_minor=7_500, revision=9), first)
    assert (second.version, second.revision) == (2, 2)
    assert (second.open_minor, second.processing_minor) == (7_500, 0)
