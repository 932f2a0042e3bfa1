"""Amounts, quantities and days in the form the reader of an invoice is used to.

Separators and their places are the firm's. Months and signs of currencies are English as the labels are, in the form of
the firm's region where English has one: signs of other scripts are not in the fonts either.
"""

from copy import copy
from datetime import date
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import NumberPattern, get_currency_symbol

from invoices.domain.money import digits_of, major_units

LAST_RESORT = Locale("en", "US")

_SIGN = "\N{CURRENCY SIGN}"
# Marks that keep an amount together in text written from right to left; among English words they tear it apart.
_WITHOUT_MARKS = {0x200E: None, 0x200F: None}


class LocalWording:
    """The wording of one locale and one currency."""

    def __init__(self, locale: str, currency: str) -> None:
        self._locale = best_locale(locale)
        self._english = best_locale(f"en-{locale.partition('-')[2] or 'US'}")
        self._currency = currency
        fraction = (digits_of(currency), digits_of(currency))
        self._money = _with_fraction(self._locale.currency_formats["standard"], fraction)
        self._sign = _sign_of(currency, self._english, self._money)
        self._digits = _with_fraction(self._locale.decimal_formats[None], fraction)
        # As many decimals as a quantity or a rate can have, and none that say nothing.
        self._number = _with_fraction(self._locale.decimal_formats[None], (0, 4))
        self._percent = _with_fraction(self._locale.percent_formats[None], (0, 4))

    def money(self, amount_minor: int) -> str:
        """Write an amount with the sign of its currency and as many digits as ISO 4217 gives it."""
        # Told of no currency, babel leaves the place of its sign as it is.
        written = self._money.apply(major_units(amount_minor, self._currency), self._locale)
        return written.replace(_SIGN, self._sign).translate(_WITHOUT_MARKS)

    def digits(self, amount_minor: int) -> str:
        """Write an amount without the sign of its currency."""
        return self._digits.apply(major_units(amount_minor, self._currency), self._locale)

    def number(self, exact: Decimal) -> str:
        """Write a number without trailing zeros."""
        return self._number.apply(exact, self._locale)

    def percent(self, rate_percent: Decimal) -> str:
        """Write a rate with its sign, without trailing zeros."""
        return self._percent.apply(rate_percent.scaleb(-2), self._locale)

    def day(self, day: date) -> str:
        """Write a day with its month as a word: no reader takes it for another."""
        return format_date(day, format="long", locale=self._english)


def best_locale(name: str) -> Locale:
    """Choose the first locale there is data for; a language stands in for its region (`en-XX` is read as `en`)."""
    for candidate in (name, name.partition("-")[0]):
        try:
            return Locale.parse(candidate, sep="-")
        except UnknownLocaleError:
            continue
    return LAST_RESORT


def _sign_of(currency: str, english: Locale, pattern: NumberPattern) -> str:
    """Find the sign of a currency; letters are kept apart from a figure that follows."""
    sign = get_currency_symbol(currency, english)
    is_before_figure = pattern.prefix[0].endswith(_SIGN)
    return f"{sign}\N{NO-BREAK SPACE}" if is_before_figure and sign[-1].isalpha() else sign


def _with_fraction(pattern: NumberPattern, fraction: tuple[int, int]) -> NumberPattern:
    """Make a copy of a pattern with at least and at most so many decimals: patterns are shared by all of babel."""
    made = copy(pattern)
    made.frac_prec = fraction
    return made
