"""Paying several invoices at once over the whole stack, the processor included: one charge each, and books that agree.

Source: mission I7, P2, P3, P5, P10, X1.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.ids import new_id
from chassis.testing import eventually
from contracts.payments import RefundCharge
from stack.addresses import Addresses
from stack.client.asked import ask_done, ask_refused
from stack.client.paying import (
    balance_of,
    books_difference,
    broken_chains,
    pay,
    payable_ids,
    payment_of,
    payment_shown,
    refund,
    retry,
)
from stack.client.people import Person, PostOffice, meet
from stack.client.practice import Practice, plain_terms
from stack.client.sharing import share_by_email, share_in_portal
from stack.client.topics import TopicWatch

pytestmark = pytest.mark.kafka

LIMIT_MINOR = 50_000
Rest = Callable[[], Awaitable[None]]


async def billed(office: Practice, *totals: int) -> tuple[Person, list[UUID]]:
    """One invoice of each total, on two matters in turn, all of them in one contact's portal or mail."""
    matters = [await office.matter("Y-1", "Estate"), await office.matter("Y-2", "Lease")]
    ada = await meet(office, "Ada", matters[0])
    invoice_ids = [
        await office.final_invoice(matters[place % 2], plain_terms(total)) for place, total in enumerate(totals)
    ]
    for place, invoice_id in enumerate(invoice_ids):
        share = share_by_email if place % 2 else share_in_portal
        assert (await share(office, invoice_id, [ada.contact_id])).status == 200

    async def listed() -> bool:
        return await payable_ids(office, ada.contact_id) == set(invoice_ids)

    await eventually(listed, timeout_seconds=30)
    return ada, invoice_ids


async def concluded(office: Practice, payment_id: UUID, attempt: int = 1) -> dict[str, dict[str, Any]]:
    """Wait until every charge of a payment has an outcome; returns them by invoice."""

    async def shown() -> dict[str, Any]:
        payment = await payment_shown(office, payment_id)
        return payment if (payment.get("state"), payment.get("attempt")) == ("concluded", attempt) else {}

    payment = await eventually(shown, timeout_seconds=60)
    return {charge["invoice_id"]: charge for charge in payment["charges"]}


async def balances_agree(office: Practice, open_minor_of: dict[UUID, int]) -> None:
    """Payments says so, and so does invoices."""

    async def agree() -> bool:
        for invoice_id, open_minor in open_minor_of.items():
            shown = (await office.api.get("invoices", f"/v1/invoices/{invoice_id}")).body["balance"]
            balance = await balance_of(office, invoice_id)
            if any(balance[name] != value for name, value in shown.items()) or shown["open_minor"] != open_minor:
                return False
        return True

    await eventually(agree)


async def history_kinds(office: Practice, invoice_id: UUID) -> list[str]:
    path = f"/v1/invoices/{invoice_id}/history"
    return [entry["kind"] for entry in (await office.api.get("invoices", path)).body["items"]]


async def journal_of(http: httpx.AsyncClient, addresses: Addresses, keys: Sequence[str]) -> list[tuple[str, int, str]]:
    """What the processor has written of some charges: how it went, for how much, under which reference."""
    entries = (await http.get(f"{addresses.url_of('processor')}/v1/journal")).json()["entries"]
    return [
        (entry["status"], entry["order"]["amount_minor"], entry["order"].get("reference", ""))
        for entry in entries
        if any(entry["key"].startswith(key) for key in keys)
    ]


@pytest.mark.proves("P2", "P3", "P10", "N1", "I7", "I8")
async def test_three_are_paid_at_once_one_is_declined_and_tried_again_alone(  # noqa: PLR0915 - one story
    office: Practice, post: PostOffice, http: httpx.AsyncClient, addresses: Addresses, at_rest: Rest
) -> None:
    ada, (whole, part, large) = await billed(office, 25_000, 40_000, 90_000)
    payment = payment_of(ada.contact_id, {whole: 25_000, part: 15_000, large: 80_000}, f"tok_limit_{LIMIT_MINOR}")

    answer = await pay(office, payment)

    assert (answer.status, answer.location) == (202, f"/v1/payments/{payment.payment_id}")
    accepted = {charge["invoice_id"]: charge for charge in answer.body["charges"]}
    assert {invoice_id: charge["amount_minor"] for invoice_id, charge in accepted.items()} == {
        str(whole): 25_000,
        str(part): 15_000,
        str(large): 80_000,
    }
    charges = await concluded(office, payment.payment_id)
    assert {invoice_id: charge["state"] for invoice_id, charge in charges.items()} == {
        str(whole): "succeeded",
        str(part): "succeeded",
        str(large): "declined",
    }
    assert {charge["reference"] for charge in charges.values()} == {charge["reference"] for charge in accepted.values()}
    await balances_agree(office, {whole: 0, part: 25_000, large: 90_000})
    assert await payable_ids(office, ada.contact_id) == {part, large}

    declined = charges[str(large)]["charge_id"]
    paid = [charges[str(invoice_id)]["charge_id"] for invoice_id in (whole, part)]
    assert (await retry(office, payment.payment_id, paid, "tok_ok")).body["slug"] == "charge_not_declined"
    assert (await retry(office, payment.payment_id, [declined], "tok_ok")).status == 202
    again = await concluded(office, payment.payment_id, attempt=2)

    assert {charge["state"] for charge in again.values()} == {"succeeded"}
    assert [again[str(invoice_id)]["attempt"] for invoice_id in (whole, part, large)] == [1, 1, 2]
    await balances_agree(office, {whole: 0, part: 25_000, large: 10_000})
    await at_rest()
    written = await journal_of(http, addresses, [charge["charge_id"] for charge in again.values()])
    assert sorted((status, amount) for status, amount, _ in written) == [
        ("declined", 80_000),
        ("succeeded", 15_000),
        ("succeeded", 25_000),
        ("succeeded", 80_000),
    ]
    assert {reference for _, _, reference in written} == {charge["reference"] for charge in charges.values()}
    confirmations = [mail for mail in await post.mails(ada) if "payment" in mail.subject]
    assert len(confirmations) == 2
    for said in ("$400.00", "$250.00", "$150.00", "$800.00", "Not paid", "Estate", "Lease"):
        assert said in confirmations[0].part("plain")
    for charge in charges.values():
        assert charge["number"] in confirmations[0].part("plain")
    # The second tells of what was tried again, and apart from that of what was paid before.
    assert "$800.00" in confirmations[1].subject
    assert "Paid before, not charged again" in confirmations[1].part("plain")
    assert set((await books_difference(office)).values()) == {0}
    assert await broken_chains(office) == []
    kinds = await history_kinds(office, large)
    in_order = [kind for kind in kinds if kind.startswith(("charge", "payment"))]
    assert in_order == [
        "payment_started",
        "charge_declined",
        "payment_concluded",
        "payment_started",
        "charge_settled",
        "payment_concluded",
    ]
    assert kinds[:2] == ["created", "finalised"]


@pytest.mark.proves("P5", "P1", "P10", "I7")
async def test_a_refund_of_a_part_opens_the_invoice_again_by_just_that(
    office: Practice, post: PostOffice, at_rest: Rest
) -> None:
    ada, (first, second) = await billed(office, 30_000, 20_000)
    payment = payment_of(ada.contact_id, {first: 30_000, second: 20_000}, "tok_ok")
    await pay(office, payment)
    charge_id = (await concluded(office, payment.payment_id))[str(first)]["charge_id"]
    await balances_agree(office, {first: 0, second: 0})

    assert (await refund(office, charge_id, 5_000, "Copies were returned.")).status == 202

    await balances_agree(office, {first: 5_000, second: 0})
    assert await payable_ids(office, ada.contact_id) == {first}
    too_much = await refund(office, charge_id, 25_001)
    assert (too_much.status, too_much.body["slug"]) == (409, "amount_exceeds_charge")
    await at_rest()
    refunded = [mail for mail in await post.mails(ada) if "paid back" in mail.subject]
    assert len(refunded) == 1
    for said in ("$50.00", "Copies were returned."):
        assert said in refunded[0].part("plain")
    assert (await history_kinds(office, first)).count("charge_refunded") == 1
    assert set((await books_difference(office)).values()) == {0}
    assert await broken_chains(office) == []


@pytest.mark.proves("P5", "X1")
async def test_a_refund_by_topic_is_answered_once_and_the_same_again_gives_nothing_more_back(
    office: Practice, watch: TopicWatch, at_rest: Rest
) -> None:
    ada, (invoice_id,) = await billed(office, 30_000)
    payment = payment_of(ada.contact_id, {invoice_id: 30_000}, "tok_ok")
    await pay(office, payment)
    charge_id = UUID((await concluded(office, payment.payment_id))[str(invoice_id)]["charge_id"])
    whole = RefundCharge(charge_id=charge_id, refund_id=new_id(), amount_minor=30_000, reason="All of it.")

    first = await ask_done(watch, office, whole)
    again = await ask_done(watch, office, whole)

    assert first == again
    more = RefundCharge(charge_id=charge_id, refund_id=new_id(), amount_minor=1, reason="More.")
    assert await ask_refused(watch, office, more) == "amount_exceeds_charge"
    await balances_agree(office, {invoice_id: 30_000})
    await at_rest()
    refunds = [
        fact for fact in watch.of_firm(office.firm_id, "payments.charge-refunded") if fact.key == str(invoice_id)
    ]
    assert [fact.data["amount_minor"] for fact in refunds] == [30_000]


@pytest.mark.proves("P5", "P11")
async def test_a_refund_that_the_processor_declines_gives_nothing_back(office: Practice) -> None:
    ada, (invoice_id,) = await billed(office, 30_000)
    payment = payment_of(ada.contact_id, {invoice_id: 30_000}, "tok_refund_declined")
    await pay(office, payment)
    charge_id = (await concluded(office, payment.payment_id))[str(invoice_id)]["charge_id"]

    assert (await refund(office, charge_id, 1_000)).status == 202

    async def declined() -> bool:
        (charge,) = (await payment_shown(office, payment.payment_id))["charges"]
        return [each["state"] for each in charge["refunds"]] == ["declined"] and charge["refundable_minor"] == 30_000

    await eventually(declined)
    await balances_agree(office, {invoice_id: 0})
    cases = (await office.api.get("payments", "/v1/payment-cases")).body["items"]
    assert [case["kind"] for case in cases if case["invoice_id"] == str(invoice_id)] == ["refund_declined"]
