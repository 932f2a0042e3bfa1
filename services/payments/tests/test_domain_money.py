"""Amounts in texts for people: never minor units beside a currency's code."""

from uuid import UUID

import pytest

from payments.domain.invoice import Balance
from payments.domain.money import money_words
from payments.domain.paying import PaymentRefusal, RefusedPayment

ID = UUID("0198aaaa-0000-7000-8000-00000000000d")


@pytest.mark.parametrize(
    ("amount_minor", "currency", "words"),
    [
        (84_620, "USD", "USD 846.20"),
        (5, "USD", "USD 0.05"),
        (0, "EUR", "EUR 0.00"),
        (10**13, "USD", "USD 100,000,000,000.00"),
        (500, "JPY", "JPY 500"),
        (1_234, "KWD", "KWD 1.234"),
        (12_345, "CLF", "CLF 1.2345"),
    ],
)
def test_an_amount_has_its_currencys_digits(amount_minor: int, currency: str, words: str) -> None:
    assert money_words(amount_minor, currency) == words


@pytest.mark.proves("P9")
def test_a_refused_payment_says_what_is_payable_as_people_write_it() -> None:
    balance = Balance(ID, ID, 1, "USD", is_void=False, total_minor=84_620, revision=1)
    refused = RefusedPayment(PaymentRefusal.AMOUNT_EXCEEDS_PAYABLE, (balance,))
    assert refused.detail == f"invoice {ID} is at version 1, USD 846.20 payable"
