"""What payments owns: what is owed, and every payment. Commands to it, facts from it."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts import topics
from contracts.fields import Currency, EmailAddress, Label, Locale, Minor, Name, Slug
from contracts.message import Command, Fact, Part, State

ChargeState = Literal["submitted", "unknown", "succeeded", "declined"]
RefundState = Literal["submitted", "unknown", "succeeded", "declined"]


class ChosenInvoice(Part):
    """One invoice to pay and how much of it, as the payer saw it: a stale version or balance is refused (P9)."""

    invoice_id: UUID
    version: int = Field(ge=1)
    amount_minor: Minor = Field(ge=1)


class PayInvoices(Command, to="payments", key="payment_id", scope="payments:write", outward=True):
    """Pay several invoices at once, one charge each (P2). `method_token` is the processor's, never a card number."""

    payment_id: UUID
    contact_id: UUID
    currency: Currency
    invoices: list[ChosenInvoice] = Field(min_length=1, max_length=100)
    method_token: Label
    email: EmailAddress | None = None


class RetryCharges(Command, to="payments", key="payment_id", scope="payments:write", outward=True):
    """Try a payment's declined charges again, with another method (P3); the others stay as they are."""

    payment_id: UUID
    charge_ids: list[UUID] = Field(min_length=1, max_length=100)
    method_token: Label


class RefundCharge(Command, to="payments", key="charge_id", scope="payments:write", outward=True):
    """Give back part or all of one charge (P5); the same refund again changes nothing."""

    charge_id: UUID
    refund_id: UUID
    amount_minor: Minor = Field(ge=1)
    reason: Name


class ChargeResult(Part):
    """One line on the payer's bank statement, and what became of it."""

    charge_id: UUID
    invoice_id: UUID
    number: Label
    matter_name: Name
    amount_minor: Minor
    state: ChargeState
    reference: Label | None = None
    decline_reason: Slug | None = None


class PaymentStarted(Fact, topic=topics.PAYMENT, key="payment_id"):
    """A payment's charges hold their amounts and are on their way to the processor."""

    payment_id: UUID
    contact_id: UUID
    currency: Currency
    charges: list[ChargeResult]


class PaymentConcluded(Fact, topic=topics.PAYMENT, key="payment_id"):
    """Every charge of a payment has an outcome. `attempt` counts up each time declined charges are retried (P3)."""

    payment_id: UUID
    attempt: int = Field(ge=1)
    contact_id: UUID
    name: Name
    email: EmailAddress | None
    locale: Locale
    currency: Currency
    paid_minor: Minor
    charges: list[ChargeResult]
    concluded_at: AwareDatetime


class ChargeSettled(Fact, topic=topics.CHARGE, key="invoice_id"):
    """Money arrived for an invoice."""

    invoice_id: UUID
    charge_id: UUID
    payment_id: UUID
    contact_id: UUID
    currency: Currency
    amount_minor: Minor
    reference: Label


class ChargeDeclined(Fact, topic=topics.CHARGE, key="invoice_id"):
    """A charge was refused by the processor; its hold is released."""

    invoice_id: UUID
    charge_id: UUID
    payment_id: UUID
    contact_id: UUID
    currency: Currency
    amount_minor: Minor
    reason: Slug


class ChargeRefunded(Fact, topic=topics.CHARGE, key="invoice_id"):
    """Money went back; the invoice's balance is open again by it (P5)."""

    invoice_id: UUID
    charge_id: UUID
    refund_id: UUID
    payment_id: UUID
    contact_id: UUID
    name: Name
    email: EmailAddress | None
    locale: Locale
    number: Label
    currency: Currency
    amount_minor: Minor
    reason: Name
    reference: Label


class BalanceChanged(State, topic=topics.BALANCE, key="invoice_id"):
    """What an invoice owes now, judged by the version that payments has applied (P1).

    open = total - credits - settled + refunded; payable = open - unsettled holds.
    """

    invoice_id: UUID
    version: int = Field(ge=1)
    currency: Currency
    total_minor: Minor
    open_minor: Minor
    payable_minor: Minor
    settled_minor: Minor = 0
    refunded_minor: Minor = 0
    credit_minor: Minor = Field(default=0, description="Paid above what is owed: to be applied or refunded (P12).")
