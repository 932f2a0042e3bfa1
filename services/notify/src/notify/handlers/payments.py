"""Facts about money that come in: what is owed is kept, the rest is translated to the mail that tells its payer."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Tx
from chassis.ids import new_id
from chassis.intake.route import Received
from chassis.tracing import current_traceparent
from contracts.payments import BalanceChanged, ChargeRefunded, ChargeResult, PaymentConcluded
from notify.domain.balance import Balance
from notify.domain.delivery import Delivery
from notify.domain.news import ChargeNews, News, PaymentNews, RefundNews
from notify.domain.planning import Plan
from notify.usecases.keep_balances import keep_balances
from notify.usecases.plan_payment_mails import plan_payment_mails


async def on_balance_changed(tx: Tx, facts: Sequence[Received[BalanceChanged]]) -> None:
    """Keep what is owed."""
    await keep_balances(tx, [_balance(fact) for fact in facts])


async def on_payment_concluded(tx: Tx, facts: Sequence[Received[PaymentConcluded]]) -> None:
    """Tell the payer of every charge."""
    await plan_payment_mails(tx, [_confirmation(fact) for fact in facts])


async def on_charge_refunded(tx: Tx, facts: Sequence[Received[ChargeRefunded]]) -> None:
    """Tell the payer that money goes back."""
    await plan_payment_mails(tx, [_refund(fact) for fact in facts])


def _balance(fact: Received[BalanceChanged]) -> Balance:
    data = fact.data
    paid_minor = data.settled_minor - data.refunded_minor
    return Balance(fact.firm_id, data.invoice_id, data.version, data.open_minor, paid_minor, fact.revision)


def _confirmation(fact: Received[PaymentConcluded]) -> Plan:
    data = fact.data
    news = PaymentNews(data.currency, data.paid_minor, tuple(_charge(charge, data.attempt) for charge in data.charges))
    return _mail(fact, "payment_concluded", data.payment_id, data.attempt, news)


def _refund(fact: Received[ChargeRefunded]) -> Plan:
    data = fact.data
    news = RefundNews(
        invoice_id=data.invoice_id,
        number=data.number,
        currency=data.currency,
        amount_minor=data.amount_minor,
        reason=data.reason,
        reference=data.reference,
        open_minor=data.open_minor,
    )
    return _mail(fact, "charge_refunded", data.refund_id, 1, news)


def _mail(
    fact: Received[PaymentConcluded] | Received[ChargeRefunded],
    template: str,
    subject_id: UUID,
    version: int,
    news: News,
) -> Plan:
    data = fact.data
    delivery = Delivery(
        firm_id=fact.firm_id,
        delivery_id=new_id(),
        kind="email",
        template=template,
        contact_id=data.contact_id,
        recipient_name=data.name,
        recipient_email=data.email,
        locale=data.locale,
        subject_id=subject_id,
        version=version,
        occasion=fact.cause.message_id,
        message=None,
        actor=fact.cause.actor,
        correlation_id=fact.cause.correlation_id,
        traceparent=current_traceparent(),
        news=news,
    )
    return Plan(delivery, ())


def _charge(charge: ChargeResult, attempt: int) -> ChargeNews:
    return ChargeNews(
        invoice_id=charge.invoice_id,
        number=charge.number,
        matter_name=charge.matter_name,
        amount_minor=charge.amount_minor,
        state=charge.state,
        reference=charge.reference,
        decline_reason=charge.decline_reason,
        open_minor=charge.open_minor,
        is_earlier=charge.attempt is not None and charge.attempt < attempt,
    )
