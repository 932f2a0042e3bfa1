"""A payment: what one payer did in one go, with one charge per invoice (P2), and the refunds of each."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

REFERENCE_LENGTH_MAX = 80
Key = tuple[UUID, UUID]
"""Firm and id."""


def key_columns(keys: Collection[Key]) -> tuple[list[UUID], list[UUID]]:
    """Write keys as a statement takes them: all firms, then all ids, in the same order."""
    return [firm_id for firm_id, _ in keys], [own_id for _, own_id in keys]


class MoneyState(StrEnum):
    """How a charge or a refund stands. In the first two nobody has said yet what became of it."""

    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"

    @property
    def has_outcome(self) -> bool:
        return self in {MoneyState.SUCCEEDED, MoneyState.DECLINED}


@dataclass(frozen=True, slots=True)
class Payment:
    """`email` is where the payer wants the confirmation instead of the contact's own address.

    `attempt` counts up each time declined charges are retried; `request_sha256` tells a repeat from another request.
    """

    firm_id: UUID
    payment_id: UUID
    contact_id: UUID
    currency: str
    email: str | None
    request_sha256: bytes
    state: str
    attempt: int
    revision: int
    started_at: datetime | None = None
    concluded_at: datetime | None = None

    @property
    def key(self) -> Key:
        return self.firm_id, self.payment_id

    @property
    def is_concluded(self) -> bool:
        return self.state == "concluded"


@dataclass(frozen=True, slots=True)
class Charge:
    """One transaction at the processor. `version` is the one that the payer saw; `reference` is the statement's line.

    `refunding_minor` is what refunds on their way will give back if they succeed.
    """

    firm_id: UUID
    charge_id: UUID
    payment_id: UUID
    invoice_id: UUID
    version: int
    number: str
    matter_name: str
    amount_minor: int
    currency: str
    reference: str
    attempt: int
    state: MoneyState
    provider_ref: str | None = None
    decline_reason: str | None = None
    refunded_minor: int = 0
    refunding_minor: int = 0

    @property
    def key(self) -> Key:
        return self.firm_id, self.charge_id

    @property
    def refundable_minor(self) -> int:
        """What may still be given back, with what is on its way."""
        if self.state is not MoneyState.SUCCEEDED:
            return 0
        return self.amount_minor - self.refunded_minor - self.refunding_minor


@dataclass(frozen=True, slots=True)
class InvoiceTitle:
    """What a charge says of its invoice. The matter's name is None until it has arrived here."""

    number: str
    matter_name: str | None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back of one charge, or on its way back."""

    firm_id: UUID
    refund_id: UUID
    charge_id: UUID
    amount_minor: int
    reason: str
    state: MoneyState
    provider_ref: str | None = None
    decline_reason: str | None = None

    @property
    def key(self) -> Key:
        return self.firm_id, self.refund_id


def statement_reference(firm_name: str, invoice_number: str) -> str:
    """Write a charge's line on the bank statement: the invoice's number whole, the firm's name as far as it fits."""
    room = REFERENCE_LENGTH_MAX - len(invoice_number) - 1
    return f"{firm_name[: max(0, room)].strip()} {invoice_number}".strip()
