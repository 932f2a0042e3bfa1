"""What payments says an invoice owes. Notify only tells of it; pure."""

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Balance:
    """What is open of an invoice, judged by its `version`, and what was paid for it less what went back.

    `revision` counts the balance's own changes.
    """

    firm_id: UUID
    invoice_id: UUID
    version: int
    open_minor: int
    paid_minor: int
    revision: int


BalanceKey: TypeAlias = tuple[UUID, UUID]
"""Firm and invoice."""


def open_of(balance: Balance | None, version: int, total_minor: int) -> int | None:
    """Tell what is open of an invoice at a version with this total; None where nobody has said it of this version.

    Invoice and balance come from two services in no common order: the balance may lag behind, or be ahead.
    """
    if total_minor == 0:
        return 0
    if balance is None or balance.version != version:
        return None
    return balance.open_minor
