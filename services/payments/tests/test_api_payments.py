"""HTTP: paying, trying again, giving back; what the gate says counts, and a key has one answer."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from chassis.api_keys import make_secret, secret_digest, written_key
from chassis.health import Progress
from chassis.http.app import build_app
from chassis.ids import new_id
from contracts.invoices import ApiKeyChanged
from payments.api import build_routes
from payments.domain.processor_answer import Declined
from payments.gateways.sharing_gate import SharingGate

Firm = Any
Gate = Any


class Desk:
    """One firm's API key at the service."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

    async def post(self, path: str, body: Any, key: str | None = None) -> httpx.Response:
        headers = {**self.headers, "Idempotency-Key": key or str(new_id())}
        return await self.client.post(path, json=body, headers=headers)

    async def get(self, path: str) -> Any:
        answer = await self.client.get(path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest_asyncio.fixture
async def client(firm: Firm, sharing_gate: SharingGate) -> AsyncIterator[httpx.AsyncClient]:
    # httpx and Litestar each have their own words for what an ASGI application is.
    app: Any = build_app("payments", list(build_routes(sharing_gate)), firm.database, Progress())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://payments.example") as made:
        yield made


async def headers_of(firm: Firm, scopes: Sequence[str]) -> dict[str, str]:
    api_key_id, secret = new_id(), make_secret()
    fact = ApiKeyChanged(
        api_key_id=api_key_id,
        label="test",
        secret_sha256=secret_digest(secret).hex(),
        scopes=list(scopes),
        is_revoked=False,
    )
    await firm.hears(firm.record(fact, revision=1))
    return {"Authorization": f"Bearer {written_key(api_key_id, secret)}"}


@pytest_asyncio.fixture
async def desk(firm: Firm, client: httpx.AsyncClient) -> Desk:
    return Desk(client, await headers_of(firm, ["payments:read", "payments:write"]))


def body_of(wish: Any) -> Any:
    return wish.model_dump(mode="json")


@pytest.mark.proves("P2", "P3")
async def test_a_payment_is_started_followed_and_its_declined_charge_tried_again(
    firm: Firm, desk: Desk, gate: Gate
) -> None:
    contact_id = new_id()
    first, second = await firm.bills(contact_id, 10_000, 20_000)
    wish = firm.wish(contact_id, {first: 10_000, second: 20_000}, email="other@mail.example")
    answer = await desk.post("/v1/payments", body_of(wish))
    assert answer.status_code == 202, answer.text
    where = answer.headers["location"]
    assert where == f"/v1/payments/{wish.payment_id}"
    assert [(asked.contact_id, asked.invoice_ids) for asked in gate.asked] == [(contact_id, [first, second])]
    payment = await desk.get(where)
    assert (payment["state"], [each["state"] for each in payment["charges"]]) == ("under_way", ["submitted"] * 2)

    one, two = [claimed.order for claimed in await firm.claims()]
    await firm.settles(one)
    await firm.settles(two, Declined("card_declined"))
    payment = await desk.get(where)
    assert (payment["state"], payment["paid_minor"]) == ("concluded", 10_000)
    assert [(each["state"], each["decline_reason"]) for each in payment["charges"]] == [
        ("succeeded", None),
        ("declined", "card_declined"),
    ]
    assert (await firm.told("payment-concluded"))[0]["email"] == "other@mail.example"

    retry = {"charge_ids": [payment["charges"][1]["charge_id"]], "method_token": "tok_ok"}
    assert (await desk.post(f"{where}/retries", retry)).status_code == 202
    assert gate.asked[-1].invoice_ids == [second]
    await firm.settles_all()
    assert (await desk.get(where))["paid_minor"] == 30_000


@pytest.mark.proves("P5", "P10")
async def test_a_charge_is_refunded_in_part_and_the_books_are_even(firm: Firm, desk: Desk) -> None:
    contact_id = new_id()
    (first,) = await firm.bills(contact_id, 10_000)
    where = (await desk.post("/v1/payments", body_of(firm.wish(contact_id, {first: 10_000})))).headers["location"]
    await firm.settles_all()
    payment = await desk.get(where)
    refund = {"refund_id": str(new_id()), "amount_minor": 2_500, "reason": "goodwill"}
    path = f"/v1/charges/{payment['charges'][0]['charge_id']}/refunds"
    first_answer, again = await desk.post(path, refund, "key"), await desk.post(path, refund, "key")
    for answer in (first_answer, again):
        assert (answer.status_code, answer.headers["location"]) == (202, where)
        assert answer.json()["payment_id"] == payment["payment_id"]
    await firm.settles_all()
    (charge,) = (await desk.get(where))["charges"]
    assert (charge["refunded_minor"], charge["refundable_minor"]) == (2_500, 7_500)
    assert [(each["state"], each["amount_minor"]) for each in charge["refunds"]] == [("succeeded", 2_500)]
    balance = await desk.get(f"/v1/invoices/{first}/balance")
    assert (balance["open_minor"], balance["settled_minor"], balance["refunded_minor"]) == (2_500, 10_000, 2_500)

    accounts = (await desk.get("/v1/ledger/trial-balance"))["items"]
    assert sum(each["debit_minor"] - each["credit_minor"] for each in accounts) == 0
    sums = {each["account"]: each["debit_minor"] - each["credit_minor"] for each in accounts}
    assert sums == {"receivable": 2_500, "billed": -10_000, "cash": 7_500}


@pytest.mark.proves("P9")
async def test_a_stale_amount_is_answered_with_the_present_one(firm: Firm, desk: Desk) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    answer = await desk.post("/v1/payments", body_of(firm.wish(contact_id, {invoice_id: 10_001})))
    assert (answer.status_code, answer.json()["slug"]) == (409, "amount_exceeds_payable")
    assert answer.json()["invoices"] == [
        {
            "invoice_id": str(invoice_id),
            "version": 1,
            "currency": "USD",
            "payable_minor": 10_000,
            "is_void": False,
        }
    ]
    answer = await desk.post("/v1/payments", body_of(firm.wish(contact_id, {invoice_id: 1}, version=2)))
    assert (answer.status_code, answer.json()["slug"]) == (409, "stale_version")


@pytest.mark.proves("S7", "P9")
async def test_what_the_gate_refuses_is_not_paid_and_looks_like_nothing(firm: Firm, desk: Desk, gate: Gate) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    gate.refused.add(invoice_id)
    answer = await desk.post("/v1/payments", body_of(firm.wish(contact_id, {invoice_id: 100})))
    assert (answer.status_code, answer.json()["slug"]) == (404, "unknown_invoice")
    assert (await firm.balance(invoice_id)).held_minor == 0


@pytest.mark.proves("P9", "X5")
async def test_without_the_gates_word_nothing_starts_but_what_was_answered_is_answered_again(
    firm: Firm, desk: Desk, gate: Gate
) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    body = body_of(firm.wish(contact_id, {invoice_id: 100}))
    gate.is_faulty = True
    refused = await desk.post("/v1/payments", body, "key")
    assert (refused.status_code, refused.json()["slug"]) == (503, "unavailable")
    assert (await firm.balance(invoice_id)).held_minor == 0
    gate.is_faulty = False
    first = await desk.post("/v1/payments", body, "key")
    assert first.status_code == 202
    gate.is_faulty = True
    again = await desk.post("/v1/payments", body, "key")
    assert (again.status_code, again.content, again.headers["location"]) == (
        202,
        first.content,
        first.headers["location"],
    )
    other = await desk.post("/v1/payments", {**body, "method_token": "tok_other"}, "key")
    assert (other.status_code, other.json()["slug"]) == (422, "idempotency_key_reused")
    assert (await firm.balance(invoice_id)).held_minor == 100


@pytest.mark.proves("P9", "X5")
async def test_a_grant_that_does_not_verify_refuses_nobody_for_good(firm: Firm, desk: Desk, gate: Gate) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    body = body_of(firm.wish(contact_id, {invoice_id: 100}))
    gate.clock_ahead = timedelta(seconds=5)
    refused = await desk.post("/v1/payments", body, "key")
    assert (refused.status_code, refused.json()["slug"]) == (503, "unavailable")
    assert (await firm.balance(invoice_id)).held_minor == 0
    gate.clock_ahead = timedelta()
    assert (await desk.post("/v1/payments", body, "key")).status_code == 202


@pytest.mark.proves("P3")
async def test_a_charge_of_no_such_payment_is_not_tried_again_and_nobody_is_asked(
    firm: Firm, desk: Desk, gate: Gate
) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    where = (await desk.post("/v1/payments", body_of(firm.wish(contact_id, {invoice_id: 100})))).headers["location"]
    await firm.settles_all()
    gate.asked.clear()
    answer = await desk.post(f"{where}/retries", {"charge_ids": [str(new_id())], "method_token": "tok_ok"})
    assert (answer.status_code, answer.json()["slug"]) == (404, "unknown_charge")
    assert gate.asked == []


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": 0},
        {"amount_minor": -1},
        {"amount_minor": 10.5},
        {"amount_minor": 10**14},
        {"version": 0},
        {"total_minor": 1},
    ],
)
async def test_an_amount_that_is_none_is_refused_before_anybody_is_asked(
    firm: Firm, desk: Desk, gate: Gate, change: dict[str, Any]
) -> None:
    body = body_of(firm.wish(new_id(), {new_id(): 100}))
    body["invoices"][0] |= change
    answer = await desk.post("/v1/payments", body)
    assert (answer.status_code, answer.json()["slug"]) == (422, "invalid_request")
    assert gate.asked == []


@pytest.mark.proves("X5")
async def test_money_needs_the_scope_for_it_and_an_idempotency_key(
    firm: Firm, client: httpx.AsyncClient, desk: Desk, gate: Gate
) -> None:
    body = body_of(firm.wish(new_id(), {new_id(): 100}))
    reader = Desk(client, await headers_of(firm, ["payments:read"]))
    refund = {"refund_id": str(new_id()), "amount_minor": 1, "reason": "goodwill"}
    retry = {"charge_ids": [str(new_id())], "method_token": "tok_ok"}
    for path, sent in (
        ("/v1/payments", body),
        (f"/v1/payments/{new_id()}/retries", retry),
        (f"/v1/charges/{new_id()}/refunds", refund),
    ):
        assert (await reader.post(path, sent)).json()["slug"] == "scope_missing"
    keyless = await client.post("/v1/payments", json=body, headers=desk.headers)
    assert (keyless.status_code, keyless.json()["slug"]) == (400, "idempotency_key_missing")
    assert all(asked.firm_id == firm.firm_id for asked in gate.asked)


@pytest.mark.proves("P9")
async def test_another_firms_payment_and_charge_look_like_nobodys(
    firm: Firm, other_firm: Firm, client: httpx.AsyncClient, desk: Desk
) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    wish = firm.wish(contact_id, {invoice_id: 100})
    await desk.post("/v1/payments", body_of(wish))
    (order,) = [claimed.order for claimed in await firm.claims()]
    await firm.settles(order)
    stranger = Desk(client, await headers_of(other_firm, ["payments:read", "payments:write"]))

    async def slugs(payment_id: UUID, charge_id: UUID) -> list[tuple[int, str]]:
        refund = {"refund_id": str(new_id()), "amount_minor": 1, "reason": "goodwill"}
        retry = {"charge_ids": [str(charge_id)], "method_token": "tok_ok"}
        answers = [
            await stranger.client.get(f"/v1/payments/{payment_id}", headers=stranger.headers),
            await stranger.post(f"/v1/payments/{payment_id}/retries", retry),
            await stranger.post(f"/v1/charges/{charge_id}/refunds", refund),
        ]
        return [(answer.status_code, answer.json()["slug"]) for answer in answers]

    expected = [(404, "unknown_payment"), (404, "unknown_payment"), (404, "unknown_charge")]
    assert await slugs(wish.payment_id, order.charge_id) == await slugs(new_id(), new_id()) == expected
    assert (await stranger.get("/v1/ledger/trial-balance"))["items"] == []
