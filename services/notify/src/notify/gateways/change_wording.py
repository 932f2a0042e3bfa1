"""What a message says of a change, a payment or a refund."""

from babel import Locale

from notify.domain.delivery import Item
from notify.domain.news import ChangeNews, ChargeNews, PaymentNews, RefundNews
from notify.gateways.formats import money_words

DECLINES = {
    "card_declined": "the card was declined",
    "expired_card": "the card has expired",
    "incorrect_cvc": "the security code was wrong",
    "insufficient_funds": "there was not enough money on the account",
    "limit_exceeded": "the amount is above the card's limit",
    "unknown_method": "the card or account could not be found",
}
DECLINED_OTHERWISE = "the bank declined it"
"""For reasons that a payer need not know, and those that are new to us."""


def change_words(news: ChangeNews, item: Item, locale: Locale) -> dict[str, object]:
    """Say what changed in an invoice, from what its reader knew to what holds now."""

    def money(amount_minor: int) -> str:
        return money_words(amount_minor, item.currency, locale)

    return {
        "preview": "Nothing is to be paid for it" if news.is_void else f"New total: {money(item.total_minor)}",
        "is_void": news.is_void,
        "is_credited": news.credited_minor > 0,
        "old_total": money(news.old_total_minor),
        "new_total": money(item.total_minor),
        "has_new_total": news.old_total_minor != item.total_minor,
        "credited": money(news.credited_minor),
        "left": money(max(0, item.total_minor - news.credited_minor)),
        # The same reason given for several edits is one reason to its reader.
        "reasons": [reason.splitlines() for reason in dict.fromkeys(news.reasons)],
    }


def payment_words(news: PaymentNews, locale: Locale) -> dict[str, object]:
    """Say what became of every charge of a payment."""
    return {
        "preview": ", ".join(charge.number for charge in news.charges),
        "paid": money_words(news.paid_minor, news.currency, locale),
        "paid_count": _count(news, "succeeded"),
        "declined_count": _count(news, "declined"),
        "processing_count": _count(news, "submitted", "unknown"),
        "charges": [_charge_words(charge, news.currency, locale) for charge in news.charges],
    }


def refund_words(news: RefundNews, locale: Locale) -> dict[str, object]:
    """Say what went back."""
    return {
        "preview": news.reference,
        "number": news.number,
        "amount": money_words(news.amount_minor, news.currency, locale),
        "reason": news.reason,
        "reference": news.reference,
    }


def _count(news: PaymentNews, *states: str) -> int:
    return sum(charge.state in states for charge in news.charges)


def _charge_words(charge: ChargeNews, currency: str, locale: Locale) -> dict[str, object]:
    return {
        "number": charge.number,
        "matter_name": charge.matter_name,
        "amount": money_words(charge.amount_minor, currency, locale),
        "reference": charge.reference,
        "state": charge.state if charge.state in {"succeeded", "declined"} else "processing",
        "decline": DECLINES.get(charge.decline_reason or "", DECLINED_OTHERWISE),
    }
