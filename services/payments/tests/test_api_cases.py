"""HTTP and topic: cases for a person are listed until they are closed, and card numbers enter by no way (P11)."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from chassis.api_keys import make_secret, secret_digest, written_key
from chassis.health import Progress
from chassis.http.app import build_app
from chassis.ids import new_id
from chassis.intake.apply import apply_batch
from chassis.intake.reading import read
from contracts.invoices import ApiKeyChanged
from contracts.message import Message
from contracts.payments import ClosePaymentCase
from payments.api import build_routes
from payments.domain.processor_answer import Declined, Succeeded
from payments.gateways.sharing_gate import SharingGate
from payments.handlers import COMMANDS

Firm = Any
Gate = Any
CARD_NUMBER = "4111 1111 1111 1111"


@pytest_asyncio.fixture
async def client(firm: Firm, other_firm: Firm, sharing_gate: SharingGate) -> AsyncIterator[httpx.AsyncClient]:
    # httpx and Litestar each have their own words for what an ASGI application is.
    app: Any = build_app("payments", list(build_routes(sharing_gate)), firm.database, Progress())
    headers = await headers_of(firm)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://payments.example", headers=headers
    ) as made:
        yield made


async def headers_of(firm: Firm) -> dict[str, str]:
    api_key_id, secret = new_id(), make_secret()
    fact = ApiKeyChanged(
        api_key_id=api_key_id,
        label="test",
        secret_sha256=secret_digest(secret).hex(),
        scopes=["payments:read", "payments:write"],
        is_revoked=False,
    )
    await firm.hears(firm.record(fact, revision=1))
    return {"Authorization": f"Bearer {written_key(api_key_id, secret)}", "Idempotency-Key": str(new_id())}


async def listed(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = (await client.get("/v1/payment-cases")).json()["items"]
    return cases


async def contradict(firm: Firm, *totals_minor: int) -> None:
    """One case for each: charges that succeeded and are said to have been declined."""
    contact_id = new_id()
    invoice_ids = await firm.bills(contact_id, *totals_minor)
    await firm.pays(firm.wish(contact_id, dict(zip(invoice_ids, totals_minor, strict=True))))
    for claimed in await firm.claims():
        order = claimed.order
        await firm.settles(order, Succeeded(f"ch_{order.amount_minor}", order.amount_minor, "USD"))
        await firm.settles(order, Declined("card_declined"))


@pytest.mark.proves("P10", "P11")
async def test_a_case_is_listed_oldest_first_until_somebody_says_what_came_of_it(
    firm: Firm, other_firm: Firm, client: httpx.AsyncClient
) -> None:
    await contradict(firm, 10_000, 20_000)
    await contradict(other_firm, 30_000)
    first, second = await listed(client)
    assert first["opened_at"] < second["opened_at"]
    path = f"/v1/payment-cases/{first['case_id']}/close"
    for reason in ("the processor was asked: it was paid", "another word"):
        answer = await client.post(path, json={"reason": reason}, headers={"Idempotency-Key": str(new_id())})
        assert (answer.status_code, answer.json()) == (200, {"case_id": first["case_id"]})
    assert await listed(client) == [second]
    async with firm.database.reading() as tx:
        kept = await tx.fetchrow("select closed_by, close_reason from cases where closed_at is not null")
    assert kept["closed_by"].startswith("api_key:")
    assert kept["close_reason"] == "the processor was asked: it was paid"


@pytest.mark.proves("X1")
async def test_no_case_and_another_firms_case_look_the_same_and_stay(
    firm: Firm, other_firm: Firm, client: httpx.AsyncClient
) -> None:
    await contradict(other_firm, 10_000)
    async with firm.database.reading() as tx:
        theirs = await tx.fetchval("select case_id from cases")
    for case_id in (theirs, new_id()):
        answer = await client.post(f"/v1/payment-cases/{case_id}/close", json={"reason": "seen"})
        assert (answer.status_code, answer.json()["slug"]) == (404, "unknown_case")
        client.headers["Idempotency-Key"] = str(new_id())
    async with firm.database.reading() as tx:
        assert await tx.fetchval("select count(*) from cases where closed_at is null") == 1


async def take_in(firm: Firm, command: Message, replace: tuple[bytes, bytes] = (b"", b"")) -> dict[str, Any]:
    """One command by topic, and its answer."""
    record = firm.record(command, actor="service:accounting")
    changed = record.__class__(
        record.topic, record.partition, record.offset, record.key, record.value.replace(*replace), record.headers
    )
    async with firm.database.transaction() as tx:
        await apply_batch(tx, COMMANDS, [read(COMMANDS, changed)])
    said: dict[str, Any] = [each for each in await firm.announced() if "command-" in each["type"]][-1]
    return said


@pytest.mark.proves("X1")
async def test_a_case_is_closed_by_topic_too(firm: Firm, client: httpx.AsyncClient) -> None:
    await contradict(firm, 10_000)
    (case,) = await listed(client)
    said = await take_in(firm, ClosePaymentCase(case_id=UUID(case["case_id"]), reason="seen"))
    assert said["data"]["result"] == {"case_id": case["case_id"]}
    assert await listed(client) == []


@pytest.mark.proves("P11")
async def test_a_card_number_is_refused_on_every_way_in_and_kept_nowhere(
    firm: Firm, client: httpx.AsyncClient, gate: Gate
) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    wish = firm.wish(contact_id, {invoice_id: 100}, method_token="tok_to_be_replaced")
    body = {**wish.model_dump(mode="json"), "method_token": f"tok {CARD_NUMBER}"}
    refund = {"refund_id": str(new_id()), "amount_minor": 1, "reason": f"charged {CARD_NUMBER} twice"}
    for path, sent in (
        ("/v1/payments", body),
        (f"/v1/payments/{new_id()}/retries", {"charge_ids": [str(new_id())], "method_token": CARD_NUMBER}),
        (f"/v1/charges/{new_id()}/refunds", refund),
        (f"/v1/payment-cases/{new_id()}/close", {"reason": CARD_NUMBER}),
    ):
        answer = await client.post(path, json=sent)
        assert (answer.status_code, answer.json()["slug"]) == (422, "invalid_request")
        assert CARD_NUMBER not in answer.text
    said = await take_in(firm, wish, (b"tok_to_be_replaced", CARD_NUMBER.encode()))
    assert said["data"]["slug"] == "invalid_command"
    assert CARD_NUMBER not in str(said)
    assert gate.asked == []
    async with firm.database.reading() as tx:
        assert await tx.fetchval("select count(*) from asked_payments") == 0
        assert await tx.fetchval("select count(*) from parked") == 0
