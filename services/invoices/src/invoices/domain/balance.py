"""What payments says is owed, and the status that follows from it."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from invoices.domain.invoice import State
from invoices.domain.key import Key

Status = Literal["draft", "final", "partly_paid", "paid", "void"]


@dataclass(frozen=True, slots=True)
class Balance:
    """An invoice's balance at a revision, judged by the version that payments has applied.

    open = total - credits given - settled + refunded; `credit_minor` is what was paid above what is owed.
    """

    firm_id: UUID
    invoice_id: UUID
    version: int
    currency: str
    total_minor: int
    open_minor: int
    payable_minor: int
    settled_minor: int
    refunded_minor: int
    credit_minor: int
    revision: int

    @property
    def key(self) -> Key:
        return self.firm_id, self.invoice_id


def shown_status(state: State, balance: Balance | None) -> Status:
    """Tell the status that people see: invoices knows draft, final and void; payments knows what is paid."""
    if state != "final" or balance is None:
        return state
    if balance.total_minor == 0:
        return "paid"
    # Not by what is open alone: a credit lowers that too, and pays nothing. Credited in full stays final, nothing open.
    if balance.settled_minor <= balance.refunded_minor:
        return "final"
    return "partly_paid" if balance.open_minor else "paid"
