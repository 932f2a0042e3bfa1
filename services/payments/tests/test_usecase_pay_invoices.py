"""Starting payments: what is refused and why, and that no invoice is ever paid more than it owes."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import now
from chassis.grants import make_key_pair, read_private_key
from chassis.ids import new_id
from chassis.outcome import REPLICA_LAG_SECONDS, Done, NotYetKnown, Refused
from payments.gateways.sharing_gate import GateUnreachable, Passes
from payments.usecases.pay_invoices import pay_invoices

Firm = Any


@pytest.mark.proves("P2", "P9")
async def test_a_payment_of_three_invoices_holds_each_amount_and_orders_one_charge_for_each(firm: Firm) -> None:
    contact_id = new_id()
    first, second, third = await firm.bills(contact_id, 10_000, 20_000, 30_000)
    wish = firm.wish(contact_id, {first: 10_000, second: 5_000, third: 30_000})
    (outcome,) = await firm.pays(wish)
    assert isinstance(outcome, Done)
    accepted: Any = outcome.answer
    assert [(each.invoice_id, each.amount_minor) for each in accepted.charges] == [
        (first, 10_000),
        (second, 5_000),
        (third, 30_000),
    ]
    assert accepted.charges[0].reference == "Ibe & Daughters 2026-000001"
    balances = [await firm.balance(each) for each in (first, second, third)]
    assert [(each.open_minor, each.payable_minor) for each in balances] == [(10_000, 0), (20_000, 15_000), (30_000, 0)]
    assert [each.order.amount_minor for each in await firm.claims()] == [10_000, 5_000, 30_000]
    (started,) = await firm.told("payment-started")
    assert [each["state"] for each in started["charges"]] == ["submitted"] * 3
    page = await firm.page_of(contact_id)
    assert page.pages[0].processing_minor == 45_000
    await firm.books_agree()


@pytest.mark.proves("P9")
async def test_the_same_payment_again_is_done_once_and_another_with_its_id_is_refused(firm: Firm) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    wish = firm.wish(contact_id, {invoice_id: 4_000})
    (first,) = await firm.pays(wish)
    again, twice = await firm.pays(wish, wish)
    assert first == again == twice
    other = wish.model_copy(update={"method_token": "tok_declined"})
    (refused,) = await firm.pays(other)
    assert isinstance(refused, Refused)
    assert refused.slug == "already_exists"
    assert (await firm.balance(invoice_id)).held_minor == 4_000
    assert len(await firm.told("payment-started")) == 1


async def refusal(firm: Firm, *wishes: Any) -> Any:
    outcomes = await firm.pays(*wishes)
    assert isinstance(outcomes[-1], Refused)
    return outcomes[-1]


async def late_refusal(firm: Firm, wish: Any) -> Any:
    """What is refused only when the news that would lift it has had time to arrive."""
    (outcome,) = await firm.pays(wish)
    assert isinstance(outcome, NotYetKnown)
    assert outcome.patience_seconds == REPLICA_LAG_SECONDS
    return outcome.otherwise


@pytest.mark.proves("P9")
async def test_a_stale_version_or_amount_answers_with_the_present_ones(firm: Firm) -> None:
    contact_id = new_id()
    first, second = await firm.bills(contact_id, 10_000, 20_000)
    await firm.hears(firm.revised(first, version=2, total_minor=9_000, revision=3))
    refused = await refusal(firm, firm.wish(contact_id, {first: 10_000, second: 20_000}))
    now_at = {"invoice_id": str(first), "version": 2, "currency": "USD", "payable_minor": 9_000, "is_void": False}
    assert (refused.slug, refused.more) == ("stale_version", {"invoices": [now_at]})
    refused = await refusal(firm, firm.wish(contact_id, {first: 9_001}, version=2))
    assert (refused.slug, refused.more) == ("amount_exceeds_payable", {"invoices": [now_at]})
    assert (await firm.balance(second)).held_minor == 0


@pytest.mark.proves("P9")
async def test_what_is_void_or_foreign_or_named_twice_is_refused_as_a_whole(firm: Firm) -> None:
    contact_id = new_id()
    first, second = await firm.bills(contact_id, 10_000, 20_000)
    refused = await refusal(firm, firm.wish(contact_id, {first: 1, second: 1}, currency="EUR"))
    assert refused.slug == "currency_differs"
    twice = firm.wish(contact_id, {first: 1})
    twice = twice.model_copy(update={"invoices": [*twice.invoices, *twice.invoices]})
    assert (await refusal(firm, twice)).slug == "invalid_selection"
    await firm.hears(firm.voided(first, revision=3))
    refused = await refusal(firm, firm.wish(contact_id, {first: 1, second: 1}))
    assert (refused.slug, refused.more["invoices"][0]["is_void"]) == ("void", True)
    await firm.hears(firm.firm_changed(online_payments=False, revision=2))
    assert (await late_refusal(firm, firm.wish(contact_id, {second: 1}))).slug == "online_payments_off"
    assert await firm.told("payment-started") == []


@pytest.mark.proves("P9")
async def test_a_payer_who_saw_a_later_version_than_has_arrived_is_waited_for(firm: Firm) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    wish = firm.wish(contact_id, {invoice_id: 12_000}, version=2)
    refused = await late_refusal(firm, wish)
    assert (refused.slug, refused.more["invoices"][0]["version"]) == ("stale_version", 1)
    await firm.hears(firm.revised(invoice_id, version=2, total_minor=12_000, revision=3))
    assert isinstance((await firm.pays(wish))[0], Done)


@pytest.mark.proves("P2")
async def test_a_payer_whose_address_nobody_knows_is_asked_for_one_before_anything_is_held(firm: Firm) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    await firm.hears(firm.contact_changed(contact_id, email=None, revision=2))
    assert (await late_refusal(firm, firm.wish(contact_id, {invoice_id: 100}))).slug == "no_address"
    assert (await firm.balance(invoice_id)).held_minor == 0
    given = firm.wish(contact_id, {invoice_id: 100}, email="other@mail.example")
    assert isinstance((await firm.pays(given))[0], Done)
    await firm.settles_all()
    assert (await firm.told("payment-concluded"))[0]["email"] == "other@mail.example"


@pytest.mark.proves("P9")
async def test_a_version_that_the_gate_knows_to_be_replaced_is_not_paid_although_that_has_not_arrived(
    firm: Firm,
) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    passes = Passes(firm.passes(contact_id, []).public_key, {invoice_id: firm.grant(contact_id, invoice_id, version=2)})

    async def pays(version: int) -> Any:
        wish = firm.wish(contact_id, {invoice_id: 5_000}, version=version)
        async with firm.database.transaction() as tx:
            return (await pay_invoices(tx, [firm.request(wish)], passes=passes))[0]

    for version in (1, 2):
        waits = await pays(version)
        assert isinstance(waits, NotYetKnown)
        assert waits.otherwise is not None
        assert (waits.otherwise.slug, waits.patience_seconds) == ("stale_version", REPLICA_LAG_SECONDS)
    await firm.hears(firm.revised(invoice_id, version=2, total_minor=12_000, revision=3))
    assert (await pays(1)).slug == "stale_version"
    assert isinstance(await pays(2), Done)


async def test_what_has_not_arrived_is_waited_for(firm: Firm) -> None:
    contact_id, invoice_id = new_id(), new_id()
    wish = firm.wish(contact_id, {invoice_id: 100})
    assert await firm.pays(wish) == [NotYetKnown("firm")]
    await firm.hears(firm.firm_changed())
    assert await firm.pays(wish) == [NotYetKnown("contact")]
    await firm.hears(firm.contact_changed(contact_id))
    assert await firm.pays(wish) == [NotYetKnown("invoice")]
    await firm.hears(firm.finalised(invoice_id, total_minor=100, matter_id=firm.matter_id))
    assert await firm.pays(wish) == [NotYetKnown("matter")]
    await firm.hears(firm.matter_changed(firm.matter_id))
    assert isinstance((await firm.pays(wish))[0], Done)


@pytest.mark.proves("S7", "P9")
async def test_without_a_good_grant_for_just_this_nothing_starts(firm: Firm, other_firm: Firm) -> None:
    contact_id = new_id()
    first, second = await firm.bills(contact_id, 10_000, 20_000)
    wish = firm.wish(contact_id, {first: 100})
    key = firm.passes(contact_id, []).public_key
    async with firm.database.transaction() as tx:
        (outcome,) = await pay_invoices(tx, [firm.request(wish)], passes=Passes(key, {}))
    assert isinstance(outcome, Refused)
    assert outcome.slug == "unknown_invoice"
    # What the gate gave and what does not verify is no refusal, which would be kept for good: it is asked again.
    stranger = read_private_key(make_key_pair()[0])
    no_words: dict[str, Any] = {
        "no answer": None,
        "another invoice's": {first: firm.grant(contact_id, second)},
        "another contact's": {first: firm.grant(new_id(), first)},
        "another firm's": {first: other_firm.grant(contact_id, first)},
        "altered": {first: firm.grant(contact_id, first)[:-4] + "AAAA"},
        "no grant": {first: "yes"},
        "by another key": {first: firm.grant(contact_id, first, key=stranger)},
        "too old": {first: firm.grant(contact_id, first, now() - timedelta(seconds=11))},
        "by a clock that is ahead": {first: firm.grant(contact_id, first, now() + timedelta(seconds=5))},
    }
    for said, granted in no_words.items():
        with pytest.raises(GateUnreachable):
            async with firm.database.transaction() as tx:
                await pay_invoices(tx, [firm.request(wish)], passes=Passes(key, granted))
        assert (await firm.balance(first)).held_minor == 0, said


@pytest.mark.proves("P9")
async def test_of_sixteen_payers_at_once_only_those_whose_money_is_owed_are_let_in(firm: Firm) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    wishes = [firm.wish(contact_id, {invoice_id: 3_000}) for _ in range(16)]
    outcomes = [outcome for (outcome,) in await asyncio.gather(*(firm.pays(wish) for wish in wishes))]
    assert sum(isinstance(outcome, Done) for outcome in outcomes) == 3
    assert {outcome.slug for outcome in outcomes if isinstance(outcome, Refused)} == {"amount_exceeds_payable"}
    assert (await firm.balance(invoice_id)).held_minor == 9_000
    await firm.books_agree()


@pytest.mark.proves("P9")
async def test_payers_of_one_call_are_judged_one_after_the_other(firm: Firm) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    outcomes = await firm.pays(*(firm.wish(contact_id, {invoice_id: 4_000}) for _ in range(3)))
    assert [type(outcome) for outcome in outcomes] == [Done, Done, Refused]
    revisions = [said["revision"] for said in await firm.announced() if said["subject"] == str(invoice_id)]
    assert revisions == [1, 2]
    await firm.books_agree()


@pytest.mark.proves("P9")
async def test_two_payments_of_the_same_invoices_in_opposite_order_never_lock_each_other_out(firm: Firm) -> None:
    contact_id = new_id()
    first, second = await firm.bills(contact_id, 100_000, 100_000)
    there = [firm.wish(contact_id, {first: 10, second: 10}) for _ in range(10)]
    back = [firm.wish(contact_id, {second: 10, first: 10}) for _ in range(10)]
    outcomes = await asyncio.gather(*(firm.pays(wish) for pair in zip(there, back, strict=True) for wish in pair))
    assert all(isinstance(outcome, Done) for (outcome,) in outcomes)
    assert (await firm.balance(first)).held_minor == (await firm.balance(second)).held_minor == 200
    await firm.books_agree()


@pytest.mark.proves("P9")
async def test_the_same_payment_sent_sixteen_times_at_once_is_one_payment(firm: Firm) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    wish = firm.wish(contact_id, {invoice_id: 600})
    outcomes = await asyncio.gather(*(firm.pays(wish) for _ in range(16)))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert (await firm.balance(invoice_id)).held_minor == 600
    assert len(await firm.claims()) == 1


async def test_another_firm_with_the_same_ids_is_another_world(firm: Firm, other_firm: Firm) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    wish = firm.wish(contact_id, {invoice_id: 10_000})
    assert isinstance((await firm.pays(wish))[0], Done)
    assert await other_firm.pays(wish) == [NotYetKnown("firm")]
    await other_firm.bills(contact_id, 500)
    await other_firm.hears(other_firm.finalised(invoice_id, total_minor=10_000, matter_id=other_firm.matter_id))
    (outcome,) = await other_firm.pays(wish)
    assert isinstance(outcome, Done)
    keys = {claimed.order.key for claimed in await firm.claims()}
    assert len(keys) == 2
