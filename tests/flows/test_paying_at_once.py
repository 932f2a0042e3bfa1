"""Never more is taken than is owed, and nothing is taken twice: races, repeats and stale pages over the whole stack.

Source: mission P9, P12.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.ids import new_id
from chassis.testing import eventually
from stack.addresses import Addresses
from stack.client.paying import balance_of, books_difference, pay, payable_ids, payment_of, payment_shown
from stack.client.people import Person, meet
from stack.client.practice import Practice, expect, plain_terms
from stack.client.sharing import revoke_shares, share_by_email

pytestmark = pytest.mark.kafka

Rest = Callable[[], Awaitable[None]]


async def billed(office: Practice, total: int, *names: str) -> tuple[UUID, list[Person]]:
    """An invoice that each of them can pay."""
    matter_id = await office.matter("O-1", "At once")
    people = [await meet(office, name, matter_id) for name in names]
    invoice_id = await office.final_invoice(matter_id, plain_terms(total))
    answer = await share_by_email(office, invoice_id, [person.contact_id for person in people])
    assert answer.status == 200, answer

    async def listed() -> bool:
        return all([await payable_ids(office, person.contact_id) == {invoice_id} for person in people])

    await eventually(listed, timeout_seconds=30)
    return invoice_id, people


async def concluded(office: Practice, payment_id: UUID) -> dict[str, Any]:
    async def shown() -> dict[str, Any]:
        payment = await payment_shown(office, payment_id)
        return payment if payment.get("state") == "concluded" else {}

    return await eventually(shown, timeout_seconds=60)


async def taken(http: httpx.AsyncClient, addresses: Addresses, payment: dict[str, Any]) -> int:
    """Count what the processor took for a payment, charge by charge."""
    entries = (await http.get(f"{addresses.url_of('processor')}/v1/journal")).json()["entries"]
    ids = tuple(charge["charge_id"] for charge in payment["charges"])
    return sum(entry["status"] == "succeeded" and entry["key"].startswith(ids) for entry in entries)


@pytest.mark.proves("P9")
async def test_of_two_who_pay_the_same_invoice_at_the_same_moment_one_pays_and_one_is_told_what_is_left(
    office: Practice, at_rest: Rest
) -> None:
    invoice_id, (ada, bob) = await billed(office, 20_000, "Ada", "Bob")
    payments = [payment_of(person.contact_id, {invoice_id: 20_000}, "tok_slow") for person in (ada, bob)]

    answers = await asyncio.gather(*(pay(office, payment) for payment in payments))

    assert sorted(answer.status for answer in answers) == [202, 409]
    (refused,) = [answer.body for answer in answers if answer.status == 409]
    assert (refused["slug"], refused["invoices"][0]["payable_minor"]) == ("amount_exceeds_payable", 0)
    balance = await balance_of(office, invoice_id)
    assert (balance["open_minor"], balance["payable_minor"], balance["processing_minor"]) == (20_000, 0, 20_000)
    await at_rest()
    balance = await balance_of(office, invoice_id)
    assert (balance["open_minor"], balance["settled_minor"], balance["credit_minor"]) == (0, 20_000, 0)


@pytest.mark.proves("P9")
async def test_many_who_pay_parts_at_once_never_pay_more_than_the_whole(office: Practice, at_rest: Rest) -> None:
    invoice_id, people = await billed(office, 20_000, "Ada", "Bob")
    payments = [payment_of(people[place % 2].contact_id, {invoice_id: 3_000}, "tok_ok") for place in range(12)]

    answers = await asyncio.gather(*(pay(office, payment) for payment in payments))

    assert sorted(answer.status for answer in answers) == [202] * 6 + [409] * 6
    await at_rest()
    balance = await balance_of(office, invoice_id)
    assert (balance["open_minor"], balance["settled_minor"], balance["processing_minor"]) == (2_000, 18_000, 0)
    assert set((await books_difference(office)).values()) == {0}


@pytest.mark.proves("P9", "X5")
async def test_a_double_click_and_a_repeat_with_another_key_charge_once(
    office: Practice, http: httpx.AsyncClient, addresses: Addresses
) -> None:
    invoice_id, (ada,) = await billed(office, 20_000, "Ada")
    payment = payment_of(ada.contact_id, {invoice_id: 8_000}, "tok_ok")
    key = new_id()

    answers = await asyncio.gather(*(pay(office, payment, idempotency_key=key) for _ in range(4)))
    later = await pay(office, payment)

    kept = [answer for answer in answers if answer.body.get("slug") != "idempotency_key_in_use"]
    assert {answer.status for answer in (*kept, later)} == {202}
    assert [answer.body for answer in kept] == [later.body] * len(kept)
    shown = await concluded(office, payment.payment_id)
    assert (len(shown["charges"]), await taken(http, addresses, shown)) == (1, 1)
    other = payment.model_copy(update={"method_token": "tok_slow"})
    assert (await pay(office, other, idempotency_key=key)).body["slug"] == "idempotency_key_reused"
    assert (await pay(office, other)).body["slug"] == "already_exists"
    assert (await balance_of(office, invoice_id))["open_minor"] == 12_000


@pytest.mark.proves("P9", "I4")
async def test_a_stale_version_is_answered_with_the_new_one_and_its_sum(office: Practice) -> None:
    invoice_id, (ada,) = await billed(office, 20_000, "Ada")
    body = {"terms": plain_terms(15_000).model_dump(mode="json"), "reason": "A discount."}
    expect(
        "revise", 200, await office.api.send("POST", "invoices", f"/v1/invoices/{invoice_id}/revise", json_body=body)
    )

    async def applied() -> bool:
        return (await balance_of(office, invoice_id))["version"] == 2

    await eventually(applied)

    answer = await pay(office, payment_of(ada.contact_id, {invoice_id: 20_000}, "tok_ok", version=1))

    assert (answer.status, answer.body["slug"]) == (409, "stale_version")
    (now,) = answer.body["invoices"]
    assert (now["invoice_id"], now["version"], now["payable_minor"]) == (str(invoice_id), 2, 15_000)
    fresh = payment_of(ada.contact_id, {invoice_id: now["payable_minor"]}, "tok_ok", version=now["version"])
    assert (await pay(office, fresh)).status == 202
    await concluded(office, fresh.payment_id)
    assert (await balance_of(office, invoice_id))["open_minor"] == 0


@pytest.mark.proves("P9", "P12", "S7")
async def test_what_was_started_before_the_share_ended_or_the_invoice_was_void_is_kept_and_stays_visible(
    office: Practice, at_rest: Rest
) -> None:
    invoice_id, (ada,) = await billed(office, 20_000, "Ada")
    payment = payment_of(ada.contact_id, {invoice_id: 20_000}, "tok_slow")
    assert (await pay(office, payment)).status == 202

    await revoke_shares(office, invoice_id)
    body = {"reason": "By mistake."}
    expect("void", 200, await office.api.send("POST", "invoices", f"/v1/invoices/{invoice_id}/void", json_body=body))

    shown = await concluded(office, payment.payment_id)
    assert [charge["state"] for charge in shown["charges"]] == ["succeeded"]
    await at_rest()
    balance = await balance_of(office, invoice_id)
    assert (balance["open_minor"], balance["settled_minor"], balance["credit_minor"]) == (0, 20_000, 20_000)
    assert set((await books_difference(office)).values()) == {0}
    cases = (await office.api.get("payments", "/v1/payment-cases")).body["items"]
    assert "paid_above_owed" in [case["kind"] for case in cases if case["invoice_id"] == str(invoice_id)]


@pytest.mark.proves("P2", "P9")
async def test_one_invoice_that_cannot_be_paid_as_chosen_refuses_the_payment_as_a_whole(office: Practice) -> None:
    first, (ada,) = await billed(office, 20_000, "Ada")
    matter_id = await office.matter("O-2", "Not shared")
    hidden = await office.final_invoice(matter_id)

    answer = await pay(office, payment_of(ada.contact_id, {first: 20_000, hidden: 100}, "tok_ok"))

    assert (answer.status, answer.body["slug"]) == (404, "unknown_invoice")
    assert str(hidden) in answer.body["detail"]
    assert (await balance_of(office, first))["payable_minor"] == 20_000
