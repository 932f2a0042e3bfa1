"""The form in which a payment is shown over HTTP."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.fields import Currency, Label, MethodToken, Minor, Name, PositiveMinor, Reason, Slug, SumMinor
from contracts.message import Part
from contracts.payments import ChargeState, RefundState
from payments.domain.payment import Refund
from payments.domain.payment_story import ChargeStory, PaymentStory


class RetryBody(Part):
    """Which declined charges to try again, and by which method."""

    charge_ids: list[UUID] = Field(min_length=1, max_length=100)
    method_token: MethodToken


class RefundWish(Part):
    """How much of a charge to give back, and why; the id is the caller's."""

    refund_id: UUID
    amount_minor: PositiveMinor
    reason: Reason


class RefundBody(Part):
    """One refund of a charge."""

    refund_id: UUID
    amount_minor: Minor
    reason: Name
    state: RefundState
    decline_reason: Slug | None
    provider_ref: Label | None


class ChargeBody(Part):
    """One line on the payer's bank statement, `reference`. `provider_ref` is what the processor calls it."""

    charge_id: UUID
    invoice_id: UUID
    number: Label
    matter_name: Name
    version: int
    amount_minor: Minor
    reference: Label
    attempt: int
    state: ChargeState
    decline_reason: Slug | None
    provider_ref: Label | None
    refunded_minor: Minor
    refundable_minor: Minor
    refunds: list[RefundBody]


class PaymentBody(Part):
    """What one payer did in one go. It is concluded when every charge has an outcome."""

    payment_id: UUID
    contact_id: UUID
    currency: Currency
    state: Literal["under_way", "concluded"]
    attempt: int
    paid_minor: SumMinor
    refunded_minor: SumMinor
    started_at: AwareDatetime
    concluded_at: AwareDatetime | None
    charges: list[ChargeBody]


def payment_body(story: PaymentStory) -> PaymentBody:
    """Show a payment."""
    payment = story.payment
    assert payment.started_at is not None, "it was read from where it is kept"
    return PaymentBody(
        payment_id=payment.payment_id,
        contact_id=payment.contact_id,
        currency=payment.currency,
        state="concluded" if payment.is_concluded else "under_way",
        attempt=payment.attempt,
        paid_minor=story.paid_minor,
        refunded_minor=story.refunded_minor,
        started_at=payment.started_at,
        concluded_at=payment.concluded_at,
        charges=[_charge_body(each) for each in story.charges],
    )


def _charge_body(story: ChargeStory) -> ChargeBody:
    charge = story.charge
    return ChargeBody(
        charge_id=charge.charge_id,
        invoice_id=charge.invoice_id,
        number=charge.number,
        matter_name=charge.matter_name,
        version=charge.version,
        amount_minor=charge.amount_minor,
        reference=charge.reference,
        attempt=charge.attempt,
        state=charge.state.value,
        decline_reason=charge.decline_reason,
        provider_ref=charge.provider_ref,
        refunded_minor=charge.refunded_minor,
        refundable_minor=charge.refundable_minor,
        refunds=[_refund_body(refund) for refund in story.refunds],
    )


def _refund_body(refund: Refund) -> RefundBody:
    return RefundBody(
        refund_id=refund.refund_id,
        amount_minor=refund.amount_minor,
        reason=refund.reason,
        state=refund.state.value,
        decline_reason=refund.decline_reason,
        provider_ref=refund.provider_ref,
    )
