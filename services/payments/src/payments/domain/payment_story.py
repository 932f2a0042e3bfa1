"""A payment as it is shown: each charge with its own truth, and each with its own refunds (P2, P3, P5). Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from payments.domain.payment import Charge, MoneyState, Payment, Refund


@dataclass(frozen=True, slots=True)
class ChargeStory:
    """One charge, and what was given back of it, oldest first."""

    charge: Charge
    refunds: Sequence[Refund]


@dataclass(frozen=True, slots=True)
class PaymentStory:
    """All that became of a payment so far."""

    payment: Payment
    charges: Sequence[ChargeStory]

    @property
    def paid_minor(self) -> int:
        """The sum of what succeeded, whether or not it was given back later."""
        return sum(each.charge.amount_minor for each in self.charges if each.charge.state is MoneyState.SUCCEEDED)

    @property
    def refunded_minor(self) -> int:
        return sum(each.charge.refunded_minor for each in self.charges)

    def invoice_ids_of(self, charge_ids: Collection[UUID]) -> list[UUID]:
        """Tell what those of these charges are for that belong to this payment."""
        return [each.charge.invoice_id for each in self.charges if each.charge.charge_id in charge_ids]
