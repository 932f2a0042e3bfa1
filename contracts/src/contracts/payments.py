"""What payments owns: what is owed, and every payment. Commands to it, facts from it."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts import topics
from contracts.fields import (
    Currency,
    EmailAddress,
    Label,
    Locale,
    MethodToken,
    Minor,
    Name,
    PositiveMinor,
    Reason,
    Slug,
    SumMinor,
)
from contracts.message import Command, Fact, Part, State

ChargeState = Literal["submitted", "unknown", "succeeded", "declined"]
RefundState = Literal["submitted", "unknown", "succeeded", "declined"]


class ChosenInvoice(Part):
    """One invoice to pay and how much of it, as the payer saw it: a stale version or balance is refused (P9)."""

    invoice_id: UUID
    version: int = Field(ge=1)
    amount_minor: PositiveMinor


class PayInvoices(Command, to="payments", key="payment_id", scope="payments:write", outward=True):
    """Pay several invoices at once, one charge each (P2). `method_token` is the processor's, never a card number."""

    payment_id: UUID
    contact_id: UUID
    currency: Currency
    invoices: list[ChosenInvoice] = Field(min_length=1, max_length=100)
    method_token: MethodToken
    email: EmailAddress | None = None


class RetryCharges(Command, to="payments", key="payment_id", scope="payments:write", outward=True):
    """Try a payment's declined charges again, with another method (P3); the others stay as they are."""

    payment_id: UUID
    charge_ids: list[UUID] = Field(min_length=1, max_length=100)
    method_token: MethodToken


class RefundCharge(Command, to="payments", key="charge_id", scope="payments:write", outward=True):
    """Give back part or all of one charge (P5); the same refund again changes nothing."""

    charge_id: UUID
    refund_id: UUID
    amount_minor: PositiveMinor
    reason: Reason


class ClosePaymentCase(Command, to="payments", key="case_id", scope="payments:write"):
    """Say that a case has been looked into, and what came of it; one that is closed already counts as done."""

    case_id: UUID
    reason: Reason


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
    attempt: int | None = Field(
        default=None, ge=1, description="The attempt of the payment that the state is of (P3). Older messages lack it."
    )
    open_minor: Minor | None = Field(
        default=None,
        description="What the invoice still owes after this payment, in payment-concluded. Older messages lack it.",
    )


class PaymentStarted(Fact, topic=topics.PAYMENT, key="payment_id"):
    """A payment's charges hold their amounts and are on their way to the processor."""

    payment_id: UUID
    contact_id: UUID
    currency: Currency
    charges: list[ChargeResult]


class PaymentConcluded(Fact, topic=topics.PAYMENT, key="payment_id"):
    """Every charge of a payment has an outcome. `attempt` counts up each time declined charges are retried (P3).

    Said once per attempt: money that arrives for a declined charge afterwards is told by `ChargeSettled` alone.
    """

    payment_id: UUID
    attempt: int = Field(ge=1)
    contact_id: UUID
    name: Name
    email: EmailAddress | None
    locale: Locale
    currency: Currency
    paid_minor: SumMinor
    charges: list[ChargeResult]
    concluded_at: AwareDatetime


class ChargeSettled(Fact, topic=topics.CHARGE, key="invoice_id"):
    """Money arrived for an invoice.

    Also when a charge was said to be declined before, and the processor made it all the same: the later word counts.
    Where the charge has been tried again meanwhile, that money is a charge of its own, with an id of its own.
    """

    invoice_id: UUID
    charge_id: UUID
    payment_id: UUID
    contact_id: UUID
    currency: Currency
    amount_minor: Minor
    reference: Label


class ChargeDeclined(Fact, topic=topics.CHARGE, key="invoice_id"):
    """A charge was refused by the processor, or given up where nothing is known of it there; its hold is released.

    `expired`: it was never sent. `abandoned`: the processor does not know it and will not take it any more.
    `request_refused`: the processor would not have it. Anything else is the processor's own reason.
    """

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
    open_minor: Minor | None = Field(
        default=None, description="What the invoice owes now that the money went back. Older messages lack it."
    )


class RefundDeclined(Fact, topic=topics.CHARGE, key="invoice_id"):
    """The processor refused to give money back; the charge stays as it was, and may be refunded anew."""

    invoice_id: UUID
    charge_id: UUID
    refund_id: UUID
    payment_id: UUID
    contact_id: UUID
    currency: Currency
    amount_minor: Minor
    reason: Slug


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
    settled_minor: SumMinor = 0
    refunded_minor: SumMinor = 0
    credit_minor: SumMinor = Field(default=0, description="Paid above what is owed: to be applied or refunded (P12).")
