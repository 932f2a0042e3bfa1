"""What a message says of a change of an invoice."""

from babel import Locale

from notify.domain.delivery import ToldItem
from notify.domain.news import ChangeNews
from notify.gateways.formats import money_words


def change_words(news: ChangeNews, told: ToldItem, locale: Locale) -> dict[str, object]:
    """Say what changed in an invoice, from what its reader knew to what holds now."""
    item = told.item

    def money(amount_minor: int) -> str:
        return money_words(amount_minor, item.currency, locale)

    # Edits and balances come in no common order, so what is open is judged by the edits and by what was paid alone.
    asked_minor = 0 if news.is_void else max(0, item.total_minor - news.credited_minor)
    open_minor = max(0, asked_minor - told.paid_minor)
    return {
        "preview": "Nothing is to be paid for it" if news.is_void else f"New total: {money(item.total_minor)}",
        "is_void": news.is_void,
        "is_credited": news.credited_minor > 0,
        "old_total": money(news.old_total_minor),
        "new_total": money(item.total_minor),
        "has_new_total": news.old_total_minor != item.total_minor,
        "credited": money(news.credited_minor),
        "left": money(asked_minor),
        "paid": money(told.paid_minor) if told.paid_minor else None,
        "open": money(open_minor),
        "is_open": open_minor > 0,
        "paid_above": money(told.paid_minor - asked_minor) if told.paid_minor > asked_minor else None,
        # The same reason given for several edits is one reason to its reader.
        "reasons": [reason.splitlines() for reason in dict.fromkeys(news.reasons)],
    }
