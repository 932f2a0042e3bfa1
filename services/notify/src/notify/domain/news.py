"""What a message tells besides the shares it covers: a change, a payment, a refund."""

from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

ChargeState: TypeAlias = Literal["submitted", "unknown", "succeeded", "declined"]


@dataclass(frozen=True, slots=True)
class ChangeNews:
    """From what the contact was told last to what holds now. The new total is the item's.

    `credited_minor` is the sum of all credits; `reasons` are those of all edits, oldest first.
    """

    old_total_minor: int
    credited_minor: int
    is_void: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChargeNews:
    """One line on the payer's statement.

    `open_minor` is what its invoice still owes after it; None where nobody said. `is_earlier`: an attempt before the
    one that is told of brought it to this state.
    """

    invoice_id: UUID
    number: str
    matter_name: str
    amount_minor: int
    state: ChargeState
    reference: str | None
    decline_reason: str | None
    open_minor: int | None = None
    is_earlier: bool = False


@dataclass(frozen=True, slots=True)
class PaymentNews:
    """What became of every charge of a payment. `paid_minor` is the sum of all that ever succeeded."""

    currency: str
    paid_minor: int
    charges: tuple[ChargeNews, ...]


@dataclass(frozen=True, slots=True)
class RefundNews:
    """Money that went back of one charge. `reference` is the charge's, as on the statement.

    `open_minor` is what the invoice owes with it; None where nobody said.
    """

    invoice_id: UUID
    number: str
    currency: str
    amount_minor: int
    reason: str
    reference: str
    open_minor: int | None = None


News: TypeAlias = ChangeNews | PaymentNews | RefundNews


def invoice_ids_of(news: News | None) -> tuple[UUID, ...]:
    """Tell which invoices the news itself names; those of a change are named by the shares it is told to."""
    match news:
        case PaymentNews():
            return tuple(charge.invoice_id for charge in news.charges)
        case RefundNews():
            return (news.invoice_id,)
        case ChangeNews() | None:
            return ()
