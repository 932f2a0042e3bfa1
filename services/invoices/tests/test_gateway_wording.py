from datetime import date
from decimal import Decimal

import pytest

from invoices.gateways.wording import LocalWording

NBSP, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"


@pytest.mark.parametrize(
    ("locale", "currency", "amount_minor", "money", "digits"),
    [
        ("en-US", "USD", 123456789, "$1,234,567.89", "1,234,567.89"),
        ("en-US", "USD", 0, "$0.00", "0.00"),
        ("en-US", "CAD", 5, "CA$0.05", "0.05"),
        ("en-CA", "CAD", 5, "$0.05", "0.05"),
        ("de-DE", "EUR", 123456, f"1.234,56{NBSP}€", "1.234,56"),
        ("de-CH", "CHF", 123456, f"CHF{NBSP}1{APOSTROPHE}234.56", f"1{APOSTROPHE}234.56"),
        ("en-US", "CHF", 123456, f"CHF{NBSP}1,234.56", "1,234.56"),
        ("fr-FR", "EUR", 123456, f"1{NARROW}234,56{NBSP}€", f"1{NARROW}234,56"),
        ("ja-JP", "JPY", 123456, "¥123,456", "123,456"),
        ("he-IL", "ILS", 123456, f"1,234.56{NBSP}₪", "1,234.56"),
        ("en-US", "KWD", 123456, f"KWD{NBSP}123.456", "123.456"),
        ("en-US", "HUF", 123456, f"HUF{NBSP}1,234.56", "1,234.56"),
        ("en-US", "CLF", 123456, f"CLF{NBSP}12.3456", "12.3456"),
        ("xx-XX", "USD", 10**13, "$100,000,000,000.00", "100,000,000,000.00"),
    ],
)
def test_amounts_are_written_as_the_firm_writes_them(
    locale: str, currency: str, amount_minor: int, money: str, digits: str
) -> None:
    wording = LocalWording(locale, currency)
    assert wording.money(amount_minor) == money
    assert wording.digits(amount_minor) == digits


@pytest.mark.parametrize(
    ("locale", "exact", "number", "percent"),
    [
        ("en-US", "1.5000", "1.5", "1.5%"),
        ("en-US", "8.875", "8.875", "8.875%"),
        ("en-US", "12.0000", "12", "12%"),
        ("en-US", "0.0001", "0.0001", "0.0001%"),
        ("en-US", "1000000", "1,000,000", "1,000,000%"),
        ("en-US", "1E+2", "100", "100%"),
        ("de-DE", "7.7000", "7,7", f"7,7{NBSP}%"),
    ],
)
def test_numbers_have_no_trailing_zeros(locale: str, exact: str, number: str, percent: str) -> None:
    wording = LocalWording(locale, "USD")
    assert wording.number(Decimal(exact)) == number
    assert wording.percent(Decimal(exact)) == percent


@pytest.mark.parametrize(
    ("locale", "day"),
    [
        ("en-US", "November 2, 2026"),
        ("en", "November 2, 2026"),
        ("en-GB", "2 November 2026"),
        ("de-DE", "2 November 2026"),
        ("ja-JP", "November 2, 2026"),
        ("xx-XX", "November 2, 2026"),
    ],
)
def test_days_are_english_like_the_labels_with_the_month_as_a_word(locale: str, day: str) -> None:
    assert LocalWording(locale, "USD").day(date(2026, 11, 2)) == day
