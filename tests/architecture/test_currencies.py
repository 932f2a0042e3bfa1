"""What every service must know alike and may not share: a domain imports nothing, so each has the table of its own."""

from babel.numbers import list_currencies

import invoices.domain.money
import notify.domain.money
import payments.domain.money
from invoices.domain.currency import is_currency


def test_every_service_writes_a_currency_with_the_same_digits() -> None:
    """Else a PDF, its mail and an answer of payments would differ by a factor of ten or more."""
    currencies = sorted(code for code in list_currencies() if is_currency(code))
    assert len(currencies) > 150
    digits = {code: invoices.domain.money.digits_of(code) for code in currencies}
    assert {code: notify.domain.money.digits_of(code) for code in currencies} == digits
    assert {code: payments.domain.money.money_words(10**6, code) for code in currencies} == {
        code: f"{code} {10 ** (6 - count):,d}{'.' + count * '0' if count else ''}" for code, count in digits.items()
    }
