"""Amounts, discount, tax: tables, and properties over all invoices."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.fields import MINOR_MAX as MINOR_MAX_ON_THE_WIRE
from invoices.domain.money import MINOR_MAX, multiplied_minor, percent_minor, spread_minor
from invoices.domain.refusal import Refusal
from invoices.domain.totals import Line, Totals, price_lines, total_up


def _line(quantity: str, price: int, tax: str = "0") -> Line:
    return Line("time", "Advice", Decimal(quantity), price, Decimal(tax))


LINES = st.lists(
    st.builds(
        Line,
        st.just("part"),
        st.just("Copies"),
        st.decimals(Decimal("0.0001"), Decimal(1_000_000), places=4),
        st.integers(0, 1_000_000),
        st.decimals(0, 100, places=4),
    ),
    max_size=12,
)


@pytest.mark.proves("I2")
@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [("1", 999, 999), ("0.5", 1, 1), ("0.4999", 1, 0), ("2.5", 1, 3), ("1.5", 1, 2), ("3.25", 32000, 104000),
     ("1000000", 10_000_000, 10**13), ("0.0001", 10**13, 10**9)],
)  # fmt: skip
def test_a_line_is_quantity_times_price_rounded_half_away_from_zero(quantity: str, price: int, amount: int) -> None:
    assert multiplied_minor(Decimal(quantity), price) == amount


@pytest.mark.proves("I2")
@pytest.mark.parametrize(
    ("amount", "rate", "tax"), [(5000, "8.625", 431), (100, "0.5", 1), (100, "0.4999", 0), (10**13, "100", 10**13)]
)
def test_tax_is_rounded_half_away_from_zero(amount: int, rate: str, tax: int) -> None:
    assert percent_minor(amount, Decimal(rate)) == tax


@pytest.mark.proves("I2")
def test_a_mixed_invoice_adds_up() -> None:
    lines = [_line("3.25", 32000), _line("1", 43500), _line("4", 1250, "8.625")]
    # 5000 off 152500: the third line bears 164 of it, so its tax is 8.625 % of 4836 = 417.1.
    assert total_up(lines, 5000) == Totals(152500, 5000, 417, 147917)


@pytest.mark.proves("I2")
@pytest.mark.parametrize(
    ("lines", "discount", "refusal"),
    [
        ([_line("1", 100)], 101, Refusal.DISCOUNT_EXCEEDS_SUBTOTAL),
        ([], 1, Refusal.DISCOUNT_EXCEEDS_SUBTOTAL),
        ([_line("2", 10**13)], 0, Refusal.AMOUNT_TOO_LARGE),
        ([_line("1", 10**13, "0.0001")], 0, Refusal.AMOUNT_TOO_LARGE),
        ([_line("1000000", 10**13)], 0, Refusal.AMOUNT_TOO_LARGE),
    ],
)
def test_what_cannot_be_billed_is_refused(lines: list[Line], discount: int, refusal: Refusal) -> None:
    assert total_up(lines, discount) is refusal


@pytest.mark.proves("I2")
@pytest.mark.parametrize(("lines", "discount"), [([_line("1", 100)], 100), ([], 0), ([_line("1", 10**13)], 0)])
def test_the_bounds_themselves_are_allowed(lines: list[Line], discount: int) -> None:
    assert isinstance(total_up(lines, discount), Totals)


def test_the_bound_is_that_of_the_wire() -> None:
    assert MINOR_MAX == MINOR_MAX_ON_THE_WIRE


@pytest.mark.proves("I2")
@given(LINES, st.data())
def test_the_sums_are_the_sums_of_the_lines_and_never_negative(lines: list[Line], data: st.DataObject) -> None:
    discount = data.draw(st.integers(0, sum(line.amount_minor for line in lines)))
    totals, priced = total_up(lines, discount), price_lines(lines, discount)
    assert isinstance(totals, Totals)
    assert not isinstance(priced, Refusal)
    assert sum(line.discount_minor for line in priced) == discount
    assert sum(line.amount_minor for line in priced) == totals.subtotal_minor
    assert sum(line.tax_minor for line in priced) == totals.tax_minor
    assert all(0 <= line.discount_minor <= line.amount_minor for line in priced)
    assert all(line.tax_minor >= 0 for line in priced)
    assert totals.total_minor == totals.subtotal_minor - discount + totals.tax_minor >= 0


@pytest.mark.proves("I2")
@given(LINES, st.data())
def test_the_total_does_not_depend_on_the_order_of_lines(lines: list[Line], data: st.DataObject) -> None:
    discount = data.draw(st.integers(0, sum(line.amount_minor for line in lines)))
    shuffled = data.draw(st.permutations(lines))
    assert total_up(shuffled, discount) == total_up(lines, discount)


@pytest.mark.proves("I2")
def test_a_cent_that_could_go_to_either_line_goes_by_content_not_by_place() -> None:
    taxed, untaxed = _line("1", 101, "50"), _line("1", 101)
    # On the taxed line it saves its tax too: 100 at 50 % instead of 101.
    assert total_up([taxed, untaxed], 1) == total_up([untaxed, taxed], 1) == Totals(202, 1, 50, 251)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.data())
def test_parts_of_a_split_are_within_one_of_their_exact_share(weights: list[int], data: st.DataObject) -> None:
    whole = sum(weights)
    amount = data.draw(st.integers(0, whole))
    parts = spread_minor(amount, weights, range(len(weights)))
    assert sum(parts) == amount
    assert all(abs(part * whole - amount * weight) < max(whole, 1) for part, weight in zip(parts, weights, strict=True))
