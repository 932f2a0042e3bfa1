"""Outcomes: each is settled once, whoever brings it and however often, and no money is dropped."""

import asyncio
from typing import Any

import asyncpg
import pytest

from chassis.ids import new_id
from chassis.outcome import Done, Refused
from payments.domain.processor_answer import Declined, Succeeded

Firm = Any
DECLINED = Declined("card_declined")


async def pay(firm: Firm, *totals_minor: int) -> tuple[Any, list[Any]]:
    """A payment of whole invoices, and what was ordered of the processor for it."""
    contact_id = new_id()
    invoice_ids = await firm.bills(contact_id, *totals_minor)
    wish = firm.wish(contact_id, dict(zip(invoice_ids, totals_minor, strict=True)))
    assert isinstance((await firm.pays(wish))[0], Done)
    return wish, [claimed.order for claimed in await firm.claims()]


async def accounts(firm: Firm) -> dict[str, int]:
    async with firm.database.reading() as tx:
        rows = await tx.fetch(
            "select account, sum(amount_minor)::bigint as minor from entries where firm_id = $1 group by account",
            firm.firm_id,
        )
    return {row["account"]: row["minor"] for row in rows}


async def tokens_kept(firm: Firm) -> list[str]:
    """The tokens of payment methods that orders still hold: those of what has no outcome."""
    async with firm.database.reading() as tx:
        rows = await tx.fetch("select method_token from processor_orders where method_token is not null")
    return [row["method_token"] for row in rows]


@pytest.mark.proves("P2", "P3", "P10")
async def test_two_charges_settle_and_one_is_declined_and_each_invoice_shows_its_own_truth(firm: Firm) -> None:
    wish, (first, second, third) = await pay(firm, 10_000, 20_000, 30_000)
    assert await firm.settles(first)
    assert await firm.settles(second, DECLINED)
    assert await firm.told("payment-concluded") == []
    assert await firm.settles(third)
    balances = [await firm.balance(each.invoice_id) for each in (first, second, third)]
    assert [(each.open_minor, each.payable_minor) for each in balances] == [(0, 0), (20_000, 20_000), (0, 0)]
    assert await firm.listed(wish.contact_id) == [second.invoice_id]
    (concluded,) = await firm.told("payment-concluded")
    assert (concluded["attempt"], concluded["paid_minor"]) == (1, 40_000)
    assert (concluded["name"], concluded["email"], concluded["locale"]) == (
        "Anna Okafor",
        "anna.okafor@mail.example",
        "en-GB",
    )
    assert [(each["state"], each["decline_reason"]) for each in concluded["charges"]] == [
        ("succeeded", None),
        ("declined", "card_declined"),
        ("succeeded", None),
    ]
    assert [(each["attempt"], each["open_minor"]) for each in concluded["charges"]] == [(1, 0), (1, 20_000), (1, 0)]
    assert [each["amount_minor"] for each in await firm.told("charge-settled")] == [10_000, 30_000]
    assert [each["reason"] for each in await firm.told("charge-declined")] == ["card_declined"]
    assert await accounts(firm) == {"receivable": 20_000, "billed": -60_000, "cash": 40_000}
    await firm.books_agree()


@pytest.mark.proves("P9", "P11")
@pytest.mark.parametrize("outcome", [None, DECLINED], ids=["succeeded", "declined"])
async def test_an_outcome_brought_by_sixteen_routes_at_once_is_settled_once(firm: Firm, outcome: Any) -> None:
    _, (order,) = await pay(firm, 10_000)
    assert all(await asyncio.gather(*(firm.settles(order, outcome) for _ in range(16))))
    assert len(await firm.told("charge-declined" if outcome else "charge-settled")) == 1
    assert len(await firm.told("payment-concluded")) == 1
    assert (await firm.balance(order.invoice_id)).settled_minor == (0 if outcome else 10_000)
    assert await firm.cases() == []
    await firm.books_agree()


@pytest.mark.proves("P2")
async def test_the_last_charges_of_a_payment_ending_at_the_same_moment_conclude_it_once(firm: Firm) -> None:
    _, orders = await pay(firm, *range(1_000, 1_012))
    assert all(await asyncio.gather(*(firm.settles(order) for order in orders)))
    (concluded,) = await firm.told("payment-concluded")
    assert concluded["paid_minor"] == sum(range(1_000, 1_012))
    await firm.books_agree()


@pytest.mark.proves("P11")
@pytest.mark.parametrize(("amount_minor", "currency"), [(9_999, "USD"), (10_001, "USD"), (10_000, "EUR")])
async def test_another_amount_or_currency_than_ordered_settles_nothing_and_is_a_case(
    firm: Firm, amount_minor: int, currency: str
) -> None:
    _, (order,) = await pay(firm, 10_000)
    for _ in range(2):
        assert not await firm.settles(order, Succeeded("ch_1", amount_minor, currency))
    assert await firm.cases() == ["outcome_disagrees"]
    assert (await firm.balance(order.invoice_id)).held_minor == 10_000
    assert await firm.told("charge-settled") == []
    assert await firm.settles(order)
    await firm.books_agree()


@pytest.mark.proves("P11")
async def test_a_case_over_a_reference_of_two_firms_names_no_order_of_the_other(firm: Firm, other_firm: Firm) -> None:
    _, (theirs,) = await pay(other_firm, 10_000)
    assert await other_firm.settles(theirs, Succeeded("ch_1", 10_000, "USD"))
    _, (ours,) = await pay(firm, 10_000)
    assert not await firm.settles(ours, Succeeded("ch_1", 10_000, "USD"))
    async with firm.database.reading() as tx:
        (case,) = await tx.fetch("select kind, detail from cases where firm_id = $1", firm.firm_id)
    assert tuple(case) == ("outcome_disagrees", "ch_1 belongs to another order")
    assert (await firm.balance(ours.invoice_id)).held_minor == 10_000


@pytest.mark.proves("P11")
async def test_a_transaction_of_the_processor_settles_one_charge_and_no_other(firm: Firm) -> None:
    _, (first, second) = await pay(firm, 10_000, 10_000)
    assert await firm.settles(first, Succeeded("ch_1", 10_000, "USD"))
    assert not await firm.settles(second, Succeeded("ch_1", 10_000, "USD"))
    assert await firm.cases() == ["outcome_disagrees"]
    assert (await firm.balance(second.invoice_id)).settled_minor == 0


@pytest.mark.proves("P9", "P12")
async def test_money_that_comes_after_the_invoice_was_voided_is_a_credit_and_a_case(firm: Firm) -> None:
    _, (order,) = await pay(firm, 10_000)
    await firm.hears(firm.voided(order.invoice_id, revision=3))
    voided = await firm.balance(order.invoice_id)
    assert (voided.open_minor, voided.payable_minor, voided.held_minor, voided.credit_minor) == (0, 0, 10_000, 0)
    await firm.settles(order)
    assert (await firm.balance(order.invoice_id)).credit_minor == 10_000
    assert await firm.cases() == ["paid_above_owed"]
    (detail,) = await firm.case_details()
    assert detail == "USD 100.00 was paid above what is owed: give it back by a refund"
    assert (await firm.told("balance-changed"))[-1]["credit_minor"] == 10_000
    assert await accounts(firm) == {"receivable": 0, "billed": 0, "cash": 10_000, "client_credit": -10_000}
    await firm.books_agree()


@pytest.mark.proves("P12")
async def test_a_total_lowered_below_what_was_paid_leaves_a_credit_that_a_later_rise_uses_up(firm: Firm) -> None:
    _, (order,) = await pay(firm, 10_000)
    await firm.settles(order)
    await firm.hears(firm.revised(order.invoice_id, version=2, total_minor=7_000, revision=3))
    assert (await firm.balance(order.invoice_id)).credit_minor == 3_000
    await firm.hears(firm.revised(order.invoice_id, version=3, total_minor=12_000, revision=4))
    balance = await firm.balance(order.invoice_id)
    assert (balance.credit_minor, balance.open_minor) == (0, 2_000)
    await firm.hears(firm.credited(order.invoice_id, credited_minor=500, revision=5, version=3, total_minor=12_000))
    assert (await firm.balance(order.invoice_id)).open_minor == 1_500
    assert await firm.cases() == ["paid_above_owed"]
    await firm.books_agree()


async def test_credits_count_once_and_whichever_fact_comes_last(firm: Firm) -> None:
    (invoice_id,) = await firm.bills(new_id(), 10_000)
    credited = firm.credited(invoice_id, credited_minor=4_000, revision=4)
    await firm.hears(firm.revised(invoice_id, version=2, total_minor=9_000, revision=5))
    await firm.hears(credited)
    await firm.hears(credited, firm.credited(invoice_id, credited_minor=1_000, revision=3))
    balance = await firm.balance(invoice_id)
    assert (balance.version, balance.credited_minor, balance.open_minor) == (2, 4_000, 5_000)
    await firm.books_agree()


@pytest.mark.proves("P3")
async def test_declined_charges_alone_are_tried_again_with_a_new_key_and_concluded_anew(firm: Firm) -> None:
    wish, (first, second) = await pay(firm, 10_000, 20_000)
    outcome = await firm.retries(wish, [second.charge_id])
    assert isinstance(outcome, Refused)
    assert outcome.slug == "payment_under_way"
    await firm.settles(first)
    await firm.settles(second, DECLINED)
    assert [(await firm.retries(wish, charge_ids)).slug for charge_ids in ([first.charge_id], [new_id()])] == [
        "charge_not_declined",
        "unknown_charge",
    ]
    assert isinstance(await firm.retries(wish, [second.charge_id]), Done)
    assert (await firm.balance(second.invoice_id)).payable_minor == 0
    (again,) = [claimed.order for claimed in await firm.claims()]
    assert (again.method_token, await tokens_kept(firm)) == ("tok_ok", ["tok_ok"])
    assert (again.charge_id, again.attempt, again.amount_minor) == (second.charge_id, 2, 20_000)
    assert again.key != second.key
    await firm.settles(again)
    story = await firm.story(wish.payment_id)
    assert [(each.charge.state, each.charge.attempt) for each in story.charges] == [("succeeded", 1), ("succeeded", 2)]
    concluded = await firm.told("payment-concluded")
    assert [each["attempt"] for each in concluded] == [1, 2]
    assert [(each["attempt"], each["open_minor"]) for each in concluded[1]["charges"]] == [(1, 0), (2, 0)]
    revisions = [said["revision"] for said in await firm.announced() if said["subject"] == str(wish.payment_id)]
    assert revisions == [1, 2, 3, 4]
    await firm.books_agree()


@pytest.mark.proves("P3", "P9")
async def test_a_declined_charge_is_not_tried_again_when_its_invoice_has_changed_or_was_paid(firm: Firm) -> None:
    wish, (first, second) = await pay(firm, 10_000, 20_000)
    await firm.settles(first, DECLINED)
    await firm.settles(second, DECLINED)
    await firm.pays(firm.wish(wish.contact_id, {first.invoice_id: 1}))
    await firm.hears(firm.revised(second.invoice_id, version=2, total_minor=20_000, revision=3))
    refused = [await firm.retries(wish, [each.charge_id]) for each in (first, second)]
    assert [each.slug for each in refused] == ["amount_exceeds_payable", "stale_version"]
    assert "by a new payment" in refused[1].detail
    assert refused[1].more["invoices"][0]["version"] == 2
    await firm.books_agree()


@pytest.mark.proves("P5", "P10")
async def test_a_refund_in_part_reopens_the_balance_and_the_invoice_returns_to_the_page(firm: Firm) -> None:
    wish, (order,) = await pay(firm, 10_000)
    assert (await firm.refunds(order.charge_id, 1)).slug == "charge_not_settled"
    await firm.settles(order)
    assert await firm.listed(wish.contact_id) == []
    assert isinstance(await firm.refunds(order.charge_id, 2_500), Done)
    (refund,) = [claimed.order for claimed in await firm.claims()]
    assert (refund.kind, refund.amount_minor, refund.charge_ref) == ("refund", 2_500, f"ref_{order.key}")
    assert (await firm.balance(order.invoice_id)).open_minor == 0
    assert await firm.settles(refund)
    assert await firm.settles(refund)
    assert (await firm.balance(order.invoice_id)).payable_minor == 2_500
    assert await firm.listed(wish.contact_id) == [order.invoice_id]
    (told,) = await firm.told("charge-refunded")
    assert (told["amount_minor"], told["reason"], told["number"]) == (2_500, "goodwill", "2026-000001")
    assert told["open_minor"] == 2_500
    story = await firm.story(wish.payment_id)
    assert (story.paid_minor, story.refunded_minor, story.charges[0].charge.refundable_minor) == (10_000, 2_500, 7_500)
    await firm.books_agree()


@pytest.mark.proves("P5")
async def test_refunds_at_once_never_give_back_more_than_was_charged(firm: Firm) -> None:
    _, (order,) = await pay(firm, 10_000)
    await firm.settles(order)
    outcomes = await asyncio.gather(*(firm.refunds(order.charge_id, 3_000) for _ in range(16)))
    assert sum(isinstance(outcome, Done) for outcome in outcomes) == 3
    refused = {(outcome.slug, outcome.detail) for outcome in outcomes if isinstance(outcome, Refused)}
    assert refused == {("amount_exceeds_charge", "USD 10.00 can be given back")}
    await firm.settles_all()
    assert (await firm.balance(order.invoice_id)).refunded_minor == 9_000
    await firm.books_agree()


@pytest.mark.proves("P5")
async def test_the_same_refund_again_gives_back_once_and_a_declined_one_can_be_asked_for_anew(firm: Firm) -> None:
    _, (order,) = await pay(firm, 10_000)
    await firm.settles(order)
    refund_id = new_id()
    outcomes = await asyncio.gather(*(firm.refunds(order.charge_id, 10_000, refund_id) for _ in range(8)))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert isinstance(await firm.refunds(order.charge_id, 9_999, refund_id), Refused)
    (refund,) = [claimed.order for claimed in await firm.claims()]
    await firm.settles(refund, Declined("refund_declined"))
    assert await firm.told("charge-refunded") == []
    (declined,) = await firm.told("refund-declined")
    assert (declined["refund_id"], declined["reason"]) == (str(refund_id), "refund_declined")
    assert (declined["invoice_id"], declined["amount_minor"]) == (str(order.invoice_id), 10_000)
    assert await firm.cases() == ["refund_declined"]
    assert isinstance(await firm.refunds(order.charge_id, 10_000), Done)
    await firm.settles_all()
    assert (await firm.balance(order.invoice_id)).open_minor == 10_000
    await firm.books_agree()


@pytest.mark.proves("P10")
async def test_the_database_refuses_what_does_not_balance_and_any_change_of_the_books(firm: Firm) -> None:
    await pay(firm, 10_000)
    for statement in ("update entries set amount_minor = 1", "delete from journal", "truncate entries"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with firm.database.transaction() as tx:
                await tx.execute(statement)
    for entries in (
        [],
        [("cash", "USD", 5)],
        [("cash", "USD", 5), ("receivable", "USD", -4)],
        [("cash", "USD", 5), ("receivable", "EUR", -5)],
    ):
        with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
            await write_down(firm, entries)
    async with firm.database.reading() as tx:
        row_by_row = "select tgname from pg_trigger where tgrelid = 'entries'::regclass and tgtype & 1 = 1"
        assert await tx.fetch(f"{row_by_row} and not tgisinternal") == [], "many entries are judged once"


@pytest.mark.proves("P10")
async def test_nothing_unbalanced_is_added_to_the_books_later(firm: Firm) -> None:
    await pay(firm, 10_000)
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        async with firm.database.transaction() as tx:
            await tx.execute("insert into entries select firm_id, journal_id, 'cash', currency, 5 from journal")


async def write_down(firm: Firm, entries: list[tuple[str, str, int]]) -> None:
    journal_id = new_id()
    async with firm.database.transaction() as tx:
        await tx.execute("insert into journal values ($1, $2, 'invoice', $2, 7, $2, 'USD')", firm.firm_id, journal_id)
        for entry in entries:
            await tx.execute("insert into entries values ($1, $2, $3, $4, $5)", firm.firm_id, journal_id, *entry)
