"""What a message says, in the form its reader is used to: amounts and dates by locale, in the firm's look."""

from collections.abc import Sequence
from copy import copy
from datetime import date

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from notify.domain.colour import readable_on
from notify.domain.delivery import Delivery, Item
from notify.domain.money import digits_of, major_units
from notify.domain.replicas import Firm

LAST_RESORT = Locale("en", "US")


def words_of(delivery: Delivery, items: Sequence[Item], firm: Firm, portal_url: str) -> dict[str, object]:
    """Everything a template may name. The link leads to the portal and opens nothing by itself."""
    locale = best_locale(delivery.locale, firm.locale)
    message = delivery.message or firm.share_message or ""
    return {
        "firm_name": firm.name,
        "brand_colour": firm.brand_colour,
        "on_brand_colour": readable_on(firm.brand_colour),
        "reply_to": firm.reply_to,
        "recipient_name": delivery.recipient_name,
        "message_lines": message.splitlines(),
        "items": [_item_words(item, locale) for item in items],
        "portal_link": f"{portal_url.rstrip('/')}/portal",
    }


def best_locale(*wanted: str) -> Locale:
    """Choose the first locale there is data for; a language stands in for its region (`en-XX` is read as `en`)."""
    for name in wanted:
        for candidate in (name, name.partition("-")[0]):
            try:
                return Locale.parse(candidate, sep="-")
            except UnknownLocaleError:
                continue
    return LAST_RESORT


def money_words(amount_minor: int, currency: str, locale: Locale) -> str:
    """Write an amount with its currency, with as many digits as ISO 4217 gives it."""
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (digits_of(currency), digits_of(currency))
    return pattern.apply(major_units(amount_minor, currency), locale, currency=currency, currency_digits=False)


def date_words(day: date, locale: Locale) -> str:
    """Write a day with its month as a word: no reader takes it for another."""
    return format_date(day, format="long", locale=locale)


def _item_words(item: Item, locale: Locale) -> dict[str, str]:
    return {
        "number": item.number,
        "matter_name": item.matter_name,
        "total": money_words(item.total_minor, item.currency, locale),
        "due_on": date_words(item.due_on, locale),
    }
