"""The formula of what is owed: a table, and what holds for any amounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.domain.owed import Owed, what_is_owed

AMOUNTS = st.integers(min_value=0, max_value=10**13)


@pytest.mark.proves("P1")
@pytest.mark.parametrize(
    ("said", "open_minor", "payable_minor", "excess_minor"),
    [
        pytest.param({}, 10_000, 10_000, 0, id="nothing paid yet"),
        pytest.param({"settled_minor": 4_000}, 6_000, 6_000, 0, id="paid in part"),
        pytest.param({"settled_minor": 10_000}, 0, 0, 0, id="paid"),
        pytest.param({"settled_minor": 10_000, "refunded_minor": 2_500}, 2_500, 2_500, 0, id="refunded in part"),
        pytest.param({"held_minor": 10_000}, 10_000, 0, 0, id="whole amount processing: still open"),
        pytest.param({"settled_minor": 3_000, "held_minor": 5_000}, 7_000, 2_000, 0, id="part paid, part processing"),
        pytest.param({"settled_minor": 12_000}, 0, 0, 2_000, id="total lowered below what was paid"),
        pytest.param({"settled_minor": 9_000, "held_minor": 5_000}, 1_000, 0, 0, id="lowered under a payment"),
    ],
)
def test_what_is_owed_on_ten_thousand(
    said: dict[str, int], open_minor: int, payable_minor: int, excess_minor: int
) -> None:
    assert what_is_owed(10_000, **said) == Owed(open_minor, payable_minor, excess_minor)


@given(asked=AMOUNTS, settled=AMOUNTS, held=AMOUNTS, data=st.data())
def test_nothing_owed_is_negative_and_no_money_is_forgotten(
    asked: int, settled: int, held: int, data: st.DataObject
) -> None:
    refunded = data.draw(st.integers(min_value=0, max_value=settled))
    owed = what_is_owed(asked, settled_minor=settled, refunded_minor=refunded, held_minor=held)
    assert 0 <= owed.payable_minor <= owed.open_minor
    assert owed.excess_minor >= 0
    assert owed.open_minor - owed.excess_minor == asked - settled + refunded
    assert owed.open_minor == 0 or owed.excess_minor == 0


@given(total=AMOUNTS, held=AMOUNTS)
def test_a_hold_that_settles_changes_nothing_that_is_payable(total: int, held: int) -> None:
    held = min(held, total)
    before = what_is_owed(total, held_minor=held)
    after = what_is_owed(total, settled_minor=held)
    assert before.payable_minor == after.payable_minor == after.open_minor


@given(total=AMOUNTS, settled=AMOUNTS)
def test_a_whole_refund_reopens_what_was_open_before(total: int, settled: int) -> None:
    assert what_is_owed(total, settled_minor=settled, refunded_minor=settled) == what_is_owed(total)


@pytest.mark.parametrize("said", [{"held_minor": -1}, {"settled_minor": 1, "refunded_minor": 2}])
def test_amounts_that_cannot_be_are_bugs(said: dict[str, int]) -> None:
    with pytest.raises(AssertionError):
        what_is_owed(10_000, **said)
