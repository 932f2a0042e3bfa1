"""How the payment page is put together, whatever order its invoices come in."""

import random
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.domain.payment_page import PayableInvoice, split_by_currency

DAY = date(2026, 11, 22)


def _invoice(number: int, currency: str, due_in_days: int, open_minor: int, held_minor: int) -> PayableInvoice:
    return PayableInvoice(
        invoice_id=UUID(int=number),
        number=f"2026-{number:06}",
        matter_id=UUID(int=0),
        matter_number="M-1",
        matter_name="Estate",
        due_on=DAY + timedelta(days=due_in_days),
        version=1,
        currency=currency,
        total_minor=open_minor,
        open_minor=open_minor,
        payable_minor=open_minor - min(held_minor, open_minor),
    )


AMOUNTS = st.integers(min_value=0, max_value=10**6)
INVOICES = st.lists(
    st.builds(
        _invoice, st.integers(1, 10**6), st.sampled_from(["EUR", "JPY", "USD"]), st.integers(-60, 60), AMOUNTS, AMOUNTS
    ),
    max_size=30,
    unique_by=lambda invoice: invoice.invoice_id,
)


@pytest.mark.proves("P1")
def test_invoices_are_ordered_by_due_date_then_number_on_one_page_per_currency() -> None:
    pages = split_by_currency(
        [
            _invoice(3, "USD", 5, 300, 0),
            _invoice(2, "USD", 9, 200, 50),
            _invoice(1, "USD", 9, 100, 0),
            _invoice(4, "EUR", 0, 40, 40),
        ]
    )
    assert [(page.currency, [invoice.invoice_id.int for invoice in page.invoices]) for page in pages] == [
        ("EUR", [4]),
        ("USD", [3, 1, 2]),
    ]
    assert [(page.open_minor, page.payable_minor, page.processing_minor) for page in pages] == [
        (40, 0, 40),
        (600, 550, 50),
    ]


@given(INVOICES, st.randoms())
def test_the_page_is_the_same_in_whatever_order_invoices_come(
    invoices: list[PayableInvoice], order: random.Random
) -> None:
    shuffled = order.sample(invoices, len(invoices))
    assert split_by_currency(shuffled) == split_by_currency(invoices)


@given(INVOICES)
def test_every_invoice_is_listed_once_and_counted_in_its_own_currency_alone(invoices: list[PayableInvoice]) -> None:
    pages = split_by_currency(invoices)
    assert len({page.currency for page in pages}) == len(pages)
    assert sorted(invoice.invoice_id for page in pages for invoice in page.invoices) == sorted(
        invoice.invoice_id for invoice in invoices
    )
    for page in pages:
        assert page.open_minor == sum(i.open_minor for i in invoices if i.currency == page.currency)
        assert page.open_minor == page.payable_minor + page.processing_minor


def test_a_contact_who_owes_nothing_has_no_page() -> None:
    assert split_by_currency([]) == ()
