"""The books follow the balance whatever happens to an invoice, and never take more than is owed."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.domain.invoice import Balance, Invoice, InvoiceStatus, apply_version
from payments.domain.ledger import Account, Entry, entries_between
from payments.domain.paying import Choice, PaymentRefusal, judge_choices
from payments.domain.payment import statement_reference

INVOICE_ID = UUID(int=2)
INVOICE = Invoice(
    firm_id=UUID(int=1),
    invoice_id=INVOICE_ID,
    matter_id=UUID(int=3),
    number="2026-000001",
    status=InvoiceStatus.FINAL,
    version=1,
    currency="USD",
    total_minor=10_000,
    due_on=date(2026, 12, 22),
    revision=2,
)
AMOUNTS = st.integers(min_value=1, max_value=20_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), AMOUNTS),
        st.tuples(st.sampled_from(["settle", "decline", "refund", "void"]), st.just(0)),
        st.tuples(st.sampled_from(["revise", "credit"]), AMOUNTS),
    ),
    max_size=40,
)


def test_a_charge_is_cash_and_less_receivable() -> None:
    before = apply_version(INVOICE, None).hold(4_000)
    assert entries_between(before, before.settle(4_000)) == (
        Entry(Account.RECEIVABLE, "USD", -4_000),
        Entry(Account.CASH, "USD", 4_000),
    )
    assert entries_between(apply_version(INVOICE, None), before) == ()


@pytest.mark.proves("P9", "P10")
@given(steps=STEPS)
def test_whatever_happens_the_entries_are_zero_and_add_up_to_the_balance(steps: list[tuple[str, int]]) -> None:
    invoice, balance = INVOICE, apply_version(INVOICE, None)
    accounts: dict[str, int] = dict.fromkeys(Account, 0)
    held: list[int] = []
    before: Balance | None = None
    for step, amount_minor in [("begin", 0), *steps]:
        after = balance
        if (
            step == "pay"
            and judge_choices(
                [Choice(INVOICE_ID, balance.version, amount_minor)], "USD", {INVOICE_ID: balance}, {INVOICE_ID: 1}
            )
            is None
        ):
            assert amount_minor <= balance.open_minor - sum(held)
            held.append(amount_minor)
            after = balance.hold(amount_minor)
        elif step == "settle" and held:
            after = balance.settle(held.pop())
        elif step == "decline" and held:
            after = balance.release(held.pop())
        elif step == "refund" and balance.settled_minor > balance.refunded_minor:
            after = balance.refund(balance.settled_minor - balance.refunded_minor)
        elif step in {"revise", "credit", "void"}:
            invoice = _changed(invoice, step, amount_minor)
            after = apply_version(invoice, balance)
        entries = entries_between(before, after)
        assert sum(entry.amount_minor for entry in entries) == 0
        for entry in entries:
            accounts[entry.account] += entry.amount_minor
        before = balance = after
        assert balance.held_minor == sum(held)
        assert accounts[Account.RECEIVABLE] == balance.open_minor
        assert accounts[Account.CASH] == balance.settled_minor - balance.refunded_minor
        assert accounts[Account.CLIENT_CREDIT] == -balance.credit_minor
        assert accounts[Account.BILLED] == -balance.asked_minor
        assert 0 <= balance.payable_minor <= balance.open_minor


def _changed(invoice: Invoice, step: str, amount_minor: int) -> Invoice:
    if step == "void":
        return replace(invoice, status=InvoiceStatus.VOID)
    if step == "credit":
        return replace(invoice, credited_minor=invoice.credited_minor + amount_minor)
    return replace(invoice, total_minor=amount_minor, version=invoice.version + 1)


@given(
    amounts=st.lists(st.integers(min_value=-5, max_value=20_000), max_size=5),
    totals=st.lists(st.integers(min_value=0, max_value=20_000), min_size=5, max_size=5),
)
def test_what_is_admitted_is_within_what_is_payable_of_every_invoice(amounts: list[int], totals: list[int]) -> None:
    ids = [UUID(int=number) for number in range(5)]
    balances = {
        each: apply_version(replace(INVOICE, invoice_id=each, total_minor=total), None)
        for each, total in zip(ids, totals, strict=True)
    }
    choices = [Choice(each, 1, amount) for each, amount in zip(ids, amounts, strict=False)]
    is_within = bool(choices) and all(
        0 < each.amount_minor <= balances[each.invoice_id].payable_minor for each in choices
    )
    assert (judge_choices(choices, "USD", balances, dict.fromkeys(ids, 1)) is None) == is_within


def test_of_several_reasons_the_first_that_applies_is_given() -> None:
    ids = [UUID(int=number) for number in range(4)]
    unknown, void, stale, fine = ids
    balances = {each: apply_version(replace(INVOICE, invoice_id=each), None) for each in ids}
    balances[void] = replace(balances[void], is_void=True)
    balances[stale] = replace(balances[stale], version=2)
    admitted = dict.fromkeys((void, stale, fine), 1)

    def refusal(*chosen: UUID, currency: str = "USD", amount_minor: int = 1) -> PaymentRefusal | None:
        choices = [Choice(each, 1, amount_minor) for each in chosen]
        refused = judge_choices(choices, currency, balances, admitted)
        return refused.refusal if refused else None

    assert refusal(unknown, void, stale) is PaymentRefusal.UNKNOWN_INVOICE
    assert refusal(void, stale) is PaymentRefusal.VOID
    assert refusal(stale, fine, currency="EUR") is PaymentRefusal.CURRENCY_DIFFERS
    assert refusal(stale, fine, amount_minor=10_001) is PaymentRefusal.STALE_VERSION
    assert refusal(fine, amount_minor=10_001) is PaymentRefusal.AMOUNT_EXCEEDS_PAYABLE
    assert refusal(fine, fine) is PaymentRefusal.INVALID_SELECTION
    assert refusal(fine, amount_minor=10_000) is None


@pytest.mark.parametrize(
    ("firm_name", "number", "line"),
    [
        ("Ibe & Daughters", "2026-000001", "Ibe & Daughters 2026-000001"),
        ("N" * 200, "2026-000001", "N" * 68 + " 2026-000001"),
        ("Ibe", "9" * 80, "9" * 80),
    ],
)
def test_the_line_on_the_bank_statement_has_the_whole_number_and_80_characters(
    firm_name: str, number: str, line: str
) -> None:
    assert statement_reference(firm_name, number) == line
    assert len(line) <= 80
