"""What the processor is told to do, and what is made of its answers. Pure.

An order is one key at the processor: one try to charge, or one refund. It is decided before anything is sent, and ends
only by an outcome; a time-out is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from payments.domain.money import money_words
from payments.domain.payment import Charge, MoneyState, Refund
from payments.domain.processor_answer import Declined, Succeeded


class OrderKind(StrEnum):
    """What the processor is to do."""

    CHARGE = "charge"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class ProcessorOrder:
    """One key at the processor, and why it was ordered: what follows from it carries actor and correlation on.

    `attempt` is the payment's; `refund_id` and `charge_ref` are a refund's, `method_token` a charge's.
    """

    firm_id: UUID
    order_id: UUID
    kind: OrderKind
    payment_id: UUID
    invoice_id: UUID
    charge_id: UUID
    refund_id: UUID | None
    attempt: int
    key: str
    amount_minor: int
    currency: str
    reference: str
    method_token: str | None
    charge_ref: str | None
    actor: str
    correlation_id: UUID
    cause_id: UUID
    traceparent: str | None
    state: MoneyState = MoneyState.SUBMITTED
    provider_ref: str | None = None
    decline_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Because:
    """Why something is ordered: whose wish it is, and the message that said so."""

    actor: str
    correlation_id: UUID
    cause_id: UUID
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class ClaimedOrder:
    """An order in the hands of one charger until its lease ends. `tries` counts this one.

    It may be sent for as long as a key lives after it was ordered; then it is only asked about. Once a key's life has
    passed since it was last sent too, the processor may have forgotten it (`is_key_dead`).
    `was_sent`: it may have been, by somebody or now. `was_missing`: the processor has said already that it knows
    nothing of it, with its key dead and at least one pause ago.
    """

    order: ProcessorOrder
    tries: int
    may_be_sent: bool
    was_sent: bool
    is_key_dead: bool
    was_missing: bool
    lease_token: UUID


def order_charge(charge: Charge, order_id: UUID, method_token: str, because: Because) -> ProcessorOrder:
    """Order one try to charge. Its key is the charge's id, which is ours and random, and the attempt."""
    return ProcessorOrder(
        firm_id=charge.firm_id,
        order_id=order_id,
        kind=OrderKind.CHARGE,
        payment_id=charge.payment_id,
        invoice_id=charge.invoice_id,
        charge_id=charge.charge_id,
        refund_id=None,
        attempt=charge.attempt,
        key=f"{charge.charge_id}:{charge.attempt}",
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        reference=charge.reference,
        method_token=method_token,
        charge_ref=None,
        actor=because.actor,
        correlation_id=because.correlation_id,
        cause_id=because.cause_id,
        traceparent=because.traceparent,
    )


def order_refund(charge: Charge, refund: Refund, order_id: UUID, because: Because) -> ProcessorOrder:
    """Order a refund of a charge that succeeded. Its id is the caller's, so the key has the firm's before it."""
    return ProcessorOrder(
        firm_id=charge.firm_id,
        order_id=order_id,
        kind=OrderKind.REFUND,
        payment_id=charge.payment_id,
        invoice_id=charge.invoice_id,
        charge_id=charge.charge_id,
        refund_id=refund.refund_id,
        attempt=1,
        key=f"{refund.firm_id}:{refund.refund_id}",
        amount_minor=refund.amount_minor,
        currency=charge.currency,
        reference=charge.reference,
        method_token=None,
        charge_ref=charge.provider_ref,
        actor=because.actor,
        correlation_id=because.correlation_id,
        cause_id=because.cause_id,
        traceparent=because.traceparent,
    )


def disagreement(order: ProcessorOrder, outcome: Succeeded | Declined) -> str | None:
    """Tell why an outcome cannot be settled as it stands: money moved, but not what was ordered. None if it can."""
    if isinstance(outcome, Succeeded):
        if outcome.currency != order.currency:
            return f"ordered {order.currency}, done in {outcome.currency}"
        if outcome.amount_minor != order.amount_minor:
            ordered, done = (money_words(each, order.currency) for each in (order.amount_minor, outcome.amount_minor))
            return f"ordered {ordered}, done {done}"
    return None


def contradiction(order: ProcessorOrder, outcome: Succeeded | Declined) -> str | None:
    """Tell why an outcome is not the one that the order has ended with already; None where it is the same again."""
    match outcome:
        case Succeeded():
            if order.state is MoneyState.SUCCEEDED and order.provider_ref == outcome.provider_ref:
                return None
            return f"ended as {order.state}, and is said to have succeeded as {outcome.provider_ref}"
        case Declined():
            if order.state is MoneyState.DECLINED:
                return None
            return f"ended as {order.state}, and is said to have been declined: {outcome.reason}"


def pause_seconds(tries: int, pauses_seconds: Sequence[float]) -> float:
    """How long to wait before asking again, after so many tries without an outcome; the last pause repeats."""
    return pauses_seconds[min(tries, len(pauses_seconds)) - 1]
