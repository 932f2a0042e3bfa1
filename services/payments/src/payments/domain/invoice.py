"""An invoice as payments knows it, and the balance that its versions and all money for it lead to."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

from payments.domain.owed import Owed, what_is_owed


class InvoiceStatus(StrEnum):
    """Whether the invoice is in force; how much of it is paid is told by its balance."""

    FINAL = "final"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Invoice:
    """A final invoice at one version. `revision` counts every change of it at its owner.

    `credited_minor` is the sum of its credits, as far as whoever tells of it knows: the highest one ever told counts.
    """

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
    credited_minor: int = 0


@dataclass(frozen=True, slots=True)
class Balance:
    """What one invoice owes, judged by `version`. `revision` counts the balance's own changes.

    `held_minor` is the sum of its charges without an outcome; settled and refunded are sums over all time.
    `ledger_position` and `ledger_sha256` are the head of its chain in the ledger: whoever saves a change moves it on.
    """

    firm_id: UUID
    invoice_id: UUID
    version: int
    currency: str
    is_void: bool
    total_minor: int
    revision: int
    credited_minor: int = 0
    settled_minor: int = 0
    refunded_minor: int = 0
    held_minor: int = 0
    ledger_position: int = 0
    ledger_sha256: bytes = bytes(32)

    @property
    def key(self) -> tuple[UUID, UUID]:
        return self.firm_id, self.invoice_id

    @property
    def asked_minor(self) -> int:
        """What the invoice asks for: nothing once it is void, and never less than nothing."""
        return 0 if self.is_void else max(0, self.total_minor - self.credited_minor)

    @property
    def open_minor(self) -> int:
        return self._owed.open_minor

    @property
    def payable_minor(self) -> int:
        return self._owed.payable_minor

    @property
    def processing_minor(self) -> int:
        """What is held by payments under way, as far as it is open."""
        return self.open_minor - self.payable_minor

    @property
    def credit_minor(self) -> int:
        """What was taken beyond what is asked: the payer's money (P12)."""
        return self._owed.excess_minor

    @property
    def _owed(self) -> Owed:
        return what_is_owed(
            self.asked_minor,
            settled_minor=self.settled_minor,
            refunded_minor=self.refunded_minor,
            held_minor=self.held_minor,
        )

    def hold(self, amount_minor: int) -> "Balance":
        """Keep an amount for a charge that is on its way: never more than is payable."""
        assert 0 < amount_minor <= self.payable_minor, "judged before it is held"
        return replace(self, held_minor=self.held_minor + amount_minor)

    def release(self, amount_minor: int) -> "Balance":
        """Give a held amount back: its charge was declined."""
        return replace(self, held_minor=self.held_minor - amount_minor)

    def settle(self, amount_minor: int) -> "Balance":
        """Turn a held amount into one that was paid."""
        return replace(self.release(amount_minor), settled_minor=self.settled_minor + amount_minor)

    def settle_late(self, amount_minor: int) -> "Balance":
        """Count what was paid although it was given up, so that nothing is held for it any more."""
        return replace(self, settled_minor=self.settled_minor + amount_minor)

    def refund(self, amount_minor: int) -> "Balance":
        """Give back what was paid: it is owed again."""
        return replace(self, refunded_minor=self.refunded_minor + amount_minor)


def apply_version(invoice: Invoice, before: Balance | None) -> Balance:
    """Judge the balance by what is known of its invoice now; `before` is None for the first version."""
    judged = Balance(
        firm_id=invoice.firm_id,
        invoice_id=invoice.invoice_id,
        version=invoice.version,
        currency=invoice.currency,
        is_void=invoice.status is InvoiceStatus.VOID,
        total_minor=invoice.total_minor,
        credited_minor=invoice.credited_minor,
        revision=1,
    )
    if before is None:
        return judged
    return replace(
        judged,
        revision=before.revision + 1,
        settled_minor=before.settled_minor,
        refunded_minor=before.refunded_minor,
        held_minor=before.held_minor,
    )
