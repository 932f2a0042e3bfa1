"""Amounts and dates as a reader writes them."""

from copy import copy
from datetime import date

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from notify.domain.money import digits_of, major_units

LAST_RESORT = Locale("en", "US")


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
