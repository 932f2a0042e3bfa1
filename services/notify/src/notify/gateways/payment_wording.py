"""What a message says of a payment or a refund."""

from collections.abc import Collection

from babel import Locale

from notify.domain.news import ChargeNews, PaymentNews, RefundNews
from notify.gateways.formats import money_words

NEVER_SENT = "it could not be sent to the bank; nothing was taken"
DECLINES = {
    "card_declined": "the card was declined",
    "expired_card": "the card has expired",
    "incorrect_cvc": "the security code was wrong",
    "insufficient_funds": "there was not enough money on the account",
    "limit_exceeded": "the amount is above the card's limit",
    "unknown_method": "the card or account could not be found",
    # Faults of ours, which no bank is to be blamed for.
    **dict.fromkeys(("expired", "abandoned", "request_refused"), NEVER_SENT),
}
DECLINED_OTHERWISE = "the bank declined it"
"""For reasons that a payer need not know, and those that are new to us."""


def payment_words(news: PaymentNews, locale: Locale) -> dict[str, object]:
    """Say what this attempt did to every charge of it, and apart from that what was so before."""
    now = [charge for charge in news.charges if not charge.is_earlier]
    paid_before = [charge for charge in news.charges if charge.is_earlier and charge.state == "succeeded"]
    declined = [charge for charge in news.charges if charge.state == "declined"]
    # Where the invoice was paid by other means meanwhile, there is nothing to try again.
    unpaid = [charge for charge in declined if charge.open_minor != 0]
    paid_now_minor = news.paid_minor - sum(charge.amount_minor for charge in paid_before)
    return {
        "preview": ", ".join(charge.number for charge in now),
        "paid": money_words(paid_now_minor, news.currency, locale),
        "paid_count": _count(now, {"succeeded"}),
        "declined_count": _count(now, {"declined"}),
        "processing_count": _count(now, {"submitted", "unknown"}),
        "charges": _words_of_each(now, news.currency, locale),
        "paid_before": _words_of_each(paid_before, news.currency, locale),
        "unpaid_before": _words_of_each([charge for charge in unpaid if charge.is_earlier], news.currency, locale),
        "can_try_again": bool(unpaid),
    }


def refund_words(news: RefundNews, locale: Locale) -> dict[str, object]:
    """Say what went back, and what is open again by it."""
    return {
        "preview": news.reference,
        "number": news.number,
        "amount": money_words(news.amount_minor, news.currency, locale),
        "open": _open_words(news.open_minor, news.currency, locale),
        "reason": news.reason,
        "reference": news.reference,
    }


def _count(charges: Collection[ChargeNews], states: Collection[str]) -> int:
    return sum(charge.state in states for charge in charges)


def _words_of_each(charges: Collection[ChargeNews], currency: str, locale: Locale) -> list[dict[str, object]]:
    return [_charge_words(charge, currency, locale) for charge in charges]


def _charge_words(charge: ChargeNews, currency: str, locale: Locale) -> dict[str, object]:
    return {
        "number": charge.number,
        "matter_name": charge.matter_name,
        "amount": money_words(charge.amount_minor, currency, locale),
        "open": _open_words(charge.open_minor, currency, locale),
        "is_paid": charge.open_minor == 0,
        "reference": charge.reference,
        "state": charge.state if charge.state in {"succeeded", "declined"} else "processing",
        "decline": DECLINES.get(charge.decline_reason or "", DECLINED_OTHERWISE),
    }


def _open_words(open_minor: int | None, currency: str, locale: Locale) -> str | None:
    """Write what an invoice still owes; None where that is nothing, or nobody said."""
    return money_words(open_minor, currency, locale) if open_minor else None
