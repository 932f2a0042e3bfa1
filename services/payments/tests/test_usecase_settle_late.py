"""Outcomes after the outcome: money that moves although it was said not to is booked, and a person is told."""

from typing import Any

import pytest

from chassis.ids import new_id
from chassis.outcome import Done
from payments.domain.processor_answer import Declined, Succeeded
from payments.domain.processor_order import ProcessorOrder

Firm = Any
DECLINED = Declined("card_declined")


async def pay(firm: Firm, *totals_minor: int) -> tuple[Any, list[ProcessorOrder]]:
    """A payment of whole invoices, and what was ordered of the processor for it."""
    contact_id = new_id()
    invoice_ids = await firm.bills(contact_id, *totals_minor)
    wish = firm.wish(contact_id, dict(zip(invoice_ids, totals_minor, strict=True)))
    assert isinstance((await firm.pays(wish))[0], Done)
    return wish, [claimed.order for claimed in await firm.claims()]


async def states(firm: Firm, wish: Any) -> list[tuple[str, int, int]]:
    story = await firm.story(wish.payment_id)
    return sorted((each.charge.state, each.charge.attempt, each.charge.amount_minor) for each in story.charges)


@pytest.mark.proves("P11")
async def test_a_decline_of_what_has_succeeded_changes_nothing_and_is_a_case(firm: Firm) -> None:
    _, (order,) = await pay(firm, 10_000)
    await firm.settles(order)
    await firm.settles(order, DECLINED)
    assert await firm.cases() == ["outcome_contradicts"]
    assert (await firm.balance(order.invoice_id)).settled_minor == 10_000
    await firm.books_agree()


@pytest.mark.proves("P11", "P12")
@pytest.mark.parametrize("reason", ["card_declined", "abandoned"])
async def test_a_charge_that_succeeds_after_it_was_declined_pays_its_invoice(firm: Firm, reason: str) -> None:
    wish, (order,) = await pay(firm, 10_000)
    await firm.settles(order, Declined(reason))
    for _ in range(2):
        assert await firm.settles(order, Succeeded("ch_late", 10_000, "USD"))
    assert await firm.cases() == ["outcome_contradicts"]
    balance = await firm.balance(order.invoice_id)
    assert (balance.open_minor, balance.settled_minor, balance.held_minor, balance.credit_minor) == (0, 10_000, 0, 0)
    assert [each["charge_id"] for each in await firm.told("charge-settled")] == [str(order.charge_id)]
    assert [each["paid_minor"] for each in await firm.told("payment-concluded")] == [0]
    assert await states(firm, wish) == [("succeeded", 1, 10_000)]
    assert isinstance(await firm.refunds(order.charge_id, 10_000), Done)
    await firm.settles_all()
    await firm.books_agree()


@pytest.mark.proves("P11", "P12")
async def test_what_comes_late_for_an_invoice_that_was_paid_meanwhile_is_the_clients_credit(firm: Firm) -> None:
    wish, (order,) = await pay(firm, 10_000)
    await firm.settles(order, DECLINED)
    await firm.pays(firm.wish(wish.contact_id, {order.invoice_id: 10_000}))
    await firm.settles(order, Succeeded("ch_late", 10_000, "USD"))
    assert (await firm.balance(order.invoice_id)).payable_minor == 0
    await firm.settles_all()
    assert (await firm.balance(order.invoice_id)).credit_minor == 10_000
    assert await firm.cases() == ["outcome_contradicts", "paid_above_owed"]
    await firm.books_agree()


@pytest.mark.proves("P3", "P11", "P12")
@pytest.mark.parametrize("is_before_the_retry_ends", [True, False])
async def test_a_charge_that_succeeds_late_and_again_by_its_retry_is_two_charges_that_can_be_given_back(
    firm: Firm, is_before_the_retry_ends: bool
) -> None:
    wish, (order,) = await pay(firm, 10_000)
    await firm.settles(order, DECLINED)
    assert isinstance(await firm.retries(wish, [order.charge_id]), Done)
    (again,) = [claimed.order for claimed in await firm.claims()]
    if not is_before_the_retry_ends:
        await firm.settles(again)
    for _ in range(2):
        assert await firm.settles(order, Succeeded("ch_late", 10_000, "USD"))
    await firm.settles(again)
    balance = await firm.balance(order.invoice_id)
    assert (balance.settled_minor, balance.credit_minor, balance.held_minor) == (20_000, 10_000, 0)
    assert await states(firm, wish) == [("succeeded", 1, 10_000), ("succeeded", 2, 10_000)]
    told = [each["charge_id"] for each in await firm.told("charge-settled")]
    assert len(set(told)) == len(told) == 2
    for charge_id in told:
        assert isinstance(await firm.refunds(charge_id, 10_000), Done)
    await firm.settles_all()
    assert (await firm.balance(order.invoice_id)).open_minor == 10_000
    await firm.books_agree()


@pytest.mark.proves("P11")
async def test_a_payment_under_way_is_concluded_with_what_came_late(firm: Firm) -> None:
    _, (first, second) = await pay(firm, 10_000, 20_000)
    await firm.settles(first, DECLINED)
    await firm.settles(first, Succeeded("ch_late", 10_000, "USD"))
    await firm.settles(second)
    assert [each["paid_minor"] for each in await firm.told("payment-concluded")] == [30_000]
    await firm.books_agree()


@pytest.mark.proves("P5", "P11")
async def test_a_refund_that_succeeds_after_it_was_declined_is_booked_as_far_as_the_charge_reaches(firm: Firm) -> None:
    _, (order,) = await pay(firm, 10_000)
    await firm.settles(order)
    await firm.refunds(order.charge_id, 6_000)
    (refund,) = [claimed.order for claimed in await firm.claims()]
    await firm.settles(refund, Declined("refund_declined"))
    await firm.refunds(order.charge_id, 6_000)
    await firm.settles(refund, Succeeded("re_late", 6_000, "USD"))
    assert (await firm.balance(order.invoice_id)).refunded_minor == 0
    (other,) = [claimed.order for claimed in await firm.claims()]
    await firm.settles(other, Declined("refund_declined"))
    await firm.settles(refund, Succeeded("re_late", 6_000, "USD"))
    assert (await firm.balance(order.invoice_id)).open_minor == 6_000
    assert [each["amount_minor"] for each in await firm.told("charge-refunded")] == [6_000]
    assert await firm.cases() == ["outcome_contradicts", "refund_declined", "refund_declined"]
    await firm.books_agree()


@pytest.mark.proves("P2", "P5", "P10")
async def test_sums_of_the_highest_amounts_are_settled_and_told(firm: Firm) -> None:
    """Each amount is within its bound; what they add up to is beyond that of a single one."""
    high_minor = 6 * 10**12
    wish, orders = await pay(firm, high_minor, high_minor)
    for order in orders:
        assert await firm.settles(order)
    assert (await firm.told("payment-concluded"))[0]["paid_minor"] == 2 * high_minor
    first = orders[0]
    await firm.refunds(first.charge_id, high_minor)
    await firm.settles_all()
    await firm.pays(firm.wish(wish.contact_id, {first.invoice_id: high_minor}))
    await firm.settles_all()
    assert (await firm.told("balance-changed"))[-1]["settled_minor"] == 2 * high_minor
    await firm.books_agree()
