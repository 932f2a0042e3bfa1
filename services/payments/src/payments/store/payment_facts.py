"""What payments says of payments, charges and refunds, in the contract's words. The table is the outbox."""

from collections.abc import Mapping, Sequence

from contracts.payments import (
    ChargeDeclined,
    ChargeRefunded,
    ChargeResult,
    ChargeSettled,
    PaymentConcluded,
    PaymentStarted,
    RefundDeclined,
)
from payments.domain.invoice import Balance
from payments.domain.payment import Charge, Key, MoneyState, Payment, Refund
from payments.domain.replicas import Contact


def payment_started(payment: Payment, charges: Sequence[Charge]) -> PaymentStarted:
    """Say that charges are on their way: all of a new payment, or those that are tried again."""
    return PaymentStarted(
        payment_id=payment.payment_id,
        contact_id=payment.contact_id,
        currency=payment.currency,
        charges=[_result(charge) for charge in charges],
    )


def payment_concluded(
    payment: Payment, contact: Contact, charges: Sequence[Charge], balances: Mapping[Key, Balance]
) -> PaymentConcluded:
    """Say what became of a whole payment: everything that the one confirmation needs (P2).

    `balances` are those of its invoices, as they are after it.
    """
    assert payment.concluded_at is not None, "concluded before it is told"
    return PaymentConcluded(
        payment_id=payment.payment_id,
        attempt=payment.attempt,
        contact_id=payment.contact_id,
        name=contact.name,
        email=payment.email or contact.email,
        locale=contact.locale,
        currency=payment.currency,
        paid_minor=sum(charge.amount_minor for charge in charges if charge.state is MoneyState.SUCCEEDED),
        charges=[_result(charge, balances[charge.firm_id, charge.invoice_id].open_minor) for charge in charges],
        concluded_at=payment.concluded_at,
    )


def charge_ended(payment: Payment, charge: Charge) -> ChargeSettled | ChargeDeclined:
    """Say that money arrived for an invoice, or did not."""
    if charge.decline_reason is not None:
        return ChargeDeclined(
            invoice_id=charge.invoice_id,
            charge_id=charge.charge_id,
            payment_id=charge.payment_id,
            contact_id=payment.contact_id,
            currency=charge.currency,
            amount_minor=charge.amount_minor,
            reason=charge.decline_reason,
        )
    return ChargeSettled(
        invoice_id=charge.invoice_id,
        charge_id=charge.charge_id,
        payment_id=charge.payment_id,
        contact_id=payment.contact_id,
        currency=charge.currency,
        amount_minor=charge.amount_minor,
        reference=charge.reference,
    )


def charge_refunded(
    payment: Payment, contact: Contact, charge: Charge, refund: Refund, after: Balance
) -> ChargeRefunded:
    """Say that money went back, and what the invoice owes `after` it."""
    return ChargeRefunded(
        invoice_id=charge.invoice_id,
        charge_id=charge.charge_id,
        refund_id=refund.refund_id,
        payment_id=charge.payment_id,
        contact_id=payment.contact_id,
        name=contact.name,
        email=payment.email or contact.email,
        locale=contact.locale,
        number=charge.number,
        currency=charge.currency,
        amount_minor=refund.amount_minor,
        reason=refund.reason,
        reference=charge.reference,
        open_minor=after.open_minor,
    )


def refund_declined(payment: Payment, charge: Charge, refund: Refund, reason: str) -> RefundDeclined:
    """Say that the processor gives nothing back."""
    return RefundDeclined(
        invoice_id=charge.invoice_id,
        charge_id=charge.charge_id,
        refund_id=refund.refund_id,
        payment_id=charge.payment_id,
        contact_id=payment.contact_id,
        currency=charge.currency,
        amount_minor=refund.amount_minor,
        reason=reason,
    )


def _result(charge: Charge, open_minor: int | None = None) -> ChargeResult:
    return ChargeResult(
        charge_id=charge.charge_id,
        invoice_id=charge.invoice_id,
        number=charge.number,
        matter_name=charge.matter_name,
        amount_minor=charge.amount_minor,
        state=charge.state.value,
        reference=charge.reference,
        decline_reason=charge.decline_reason,
        attempt=charge.attempt,
        open_minor=open_minor,
    )
