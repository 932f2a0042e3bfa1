"""Facts of payments: what is owed, and every charge and refund on an invoice."""

from collections.abc import Sequence

from chassis.database import Tx
from chassis.intake.route import Received
from contracts.payments import (
    BalanceChanged,
    ChargeDeclined,
    ChargeRefunded,
    ChargeResult,
    ChargeSettled,
    PaymentConcluded,
    PaymentStarted,
    RefundDeclined,
)
from invoices.domain.balance import Balance
from invoices.domain.history import Plain
from invoices.handlers.entries import entry_of
from invoices.usecases.keep_balances import keep_balances
from invoices.usecases.record_payments import record_payments


async def on_balance_changed(tx: Tx, facts: Sequence[Received[BalanceChanged]]) -> None:
    """Keep what payments says is owed."""
    await keep_balances(tx, [Balance(fact.firm_id, **fact.data.model_dump(), revision=fact.revision) for fact in facts])


async def on_payment_started(tx: Tx, facts: Sequence[Received[PaymentStarted]]) -> None:
    """Tell in every invoice of a payment that its charge is on its way; what becomes of it is caused by this."""
    await record_payments(
        tx,
        [
            entry_of(fact.envelope, charge.invoice_id, "payment_started", _start(fact.data, charge))
            for fact in facts
            for charge in fact.data.charges
        ],
    )


async def on_charge_settled(tx: Tx, facts: Sequence[Received[ChargeSettled]]) -> None:
    """Tell that money arrived."""
    await record_payments(
        tx,
        [
            entry_of(
                fact.envelope,
                fact.data.invoice_id,
                "charge_settled",
                _charge(fact.data) | {"reference": fact.data.reference},
            )
            for fact in facts
        ],
    )


async def on_charge_declined(tx: Tx, facts: Sequence[Received[ChargeDeclined]]) -> None:
    """Tell that the processor refused a charge."""
    await record_payments(
        tx,
        [
            entry_of(
                fact.envelope,
                fact.data.invoice_id,
                "charge_declined",
                _charge(fact.data) | {"reason": fact.data.reason},
            )
            for fact in facts
        ],
    )


async def on_charge_refunded(tx: Tx, facts: Sequence[Received[ChargeRefunded]]) -> None:
    """Tell that money went back."""
    await record_payments(
        tx,
        [
            entry_of(
                fact.envelope,
                fact.data.invoice_id,
                "charge_refunded",
                _charge(fact.data)
                | {
                    "refund_id": str(fact.data.refund_id),
                    "reason": fact.data.reason,
                    "reference": fact.data.reference,
                },
            )
            for fact in facts
        ],
    )


async def on_refund_declined(tx: Tx, facts: Sequence[Received[RefundDeclined]]) -> None:
    """Tell that the processor refused to give money back."""
    await record_payments(
        tx,
        [
            entry_of(
                fact.envelope,
                fact.data.invoice_id,
                "refund_declined",
                _charge(fact.data) | {"refund_id": str(fact.data.refund_id), "reason": fact.data.reason},
            )
            for fact in facts
        ],
    )


async def on_payment_concluded(tx: Tx, facts: Sequence[Received[PaymentConcluded]]) -> None:
    """Tell in every invoice of a payment that all its charges have an outcome."""
    await record_payments(
        tx,
        [
            entry_of(fact.envelope, charge.invoice_id, "payment_concluded", _conclusion(fact.data, charge))
            for fact in facts
            for charge in fact.data.charges
        ],
    )


def _charge(data: ChargeSettled | ChargeDeclined | ChargeRefunded | RefundDeclined) -> dict[str, Plain]:
    return {
        "charge_id": str(data.charge_id),
        "payment_id": str(data.payment_id),
        "contact_id": str(data.contact_id),
        "currency": data.currency,
        "amount_minor": data.amount_minor,
    }


def _start(data: PaymentStarted, charge: ChargeResult) -> dict[str, Plain]:
    return {
        "payment_id": str(data.payment_id),
        "contact_id": str(data.contact_id),
        "charge_id": str(charge.charge_id),
        "currency": data.currency,
        "amount_minor": charge.amount_minor,
    }


def _conclusion(data: PaymentConcluded, charge: ChargeResult) -> dict[str, Plain]:
    """Tell how this invoice came out of it, and what the payer paid for all of them."""
    return {
        "payment_id": str(data.payment_id),
        "attempt": data.attempt,
        "contact_id": str(data.contact_id),
        "charge_id": str(charge.charge_id),
        "state": charge.state,
        "currency": data.currency,
        "amount_minor": charge.amount_minor,
        "paid_minor": data.paid_minor,
    }
