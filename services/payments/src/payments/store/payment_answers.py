"""What payments answers to what it was asked to do. The table is the outbox, or the key's."""

from collections.abc import Sequence
from uuid import UUID

from contracts.fields import Label, Minor
from contracts.message import Part
from payments.domain.payment import Charge, Payment, Refund


class AcceptedCharge(Part):
    """One charge on its way, and its line on the bank statement."""

    charge_id: UUID
    invoice_id: UUID
    amount_minor: Minor
    reference: Label


class PaymentAccepted(Part):
    """What is held and on its way; what becomes of it is told by the payment."""

    payment_id: UUID
    charges: list[AcceptedCharge]


class RetryAccepted(Part):
    """Which charges are on their way again, in which attempt of the payment."""

    payment_id: UUID
    attempt: int
    charge_ids: list[UUID]


class RefundAccepted(Part):
    """What is on its way back; what becomes of it is told by the payment."""

    refund_id: UUID
    payment_id: UUID
    charge_id: UUID
    amount_minor: Minor


class CaseClosed(Part):
    """Which case needs nobody any more."""

    case_id: UUID


def payment_accepted(payment: Payment, charges: Sequence[Charge]) -> PaymentAccepted:
    """Answer a payment that was started, now or by the same request before."""
    accepted = [
        AcceptedCharge(
            charge_id=charge.charge_id,
            invoice_id=charge.invoice_id,
            amount_minor=charge.amount_minor,
            reference=charge.reference,
        )
        for charge in charges
    ]
    return PaymentAccepted(payment_id=payment.payment_id, charges=accepted)


def retry_accepted(payment: Payment, charges: Sequence[Charge]) -> RetryAccepted:
    """Answer a payment that begins again with these of its charges."""
    charge_ids = [charge.charge_id for charge in charges]
    return RetryAccepted(payment_id=payment.payment_id, attempt=payment.attempt, charge_ids=charge_ids)


def refund_accepted(charge: Charge, refund: Refund) -> RefundAccepted:
    """Answer a refund of this charge that was ordered, now or by the same request before."""
    return RefundAccepted(
        refund_id=refund.refund_id,
        payment_id=charge.payment_id,
        charge_id=charge.charge_id,
        amount_minor=refund.amount_minor,
    )
