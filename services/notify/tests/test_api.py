"""Deliveries over HTTP, on real PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from chassis.api_keys import ApiKey, make_secret, secret_digest, upsert_api_keys, written_key
from chassis.health import Progress
from chassis.http.app import build_app
from chassis.ids import new_id
from chassis.testing.http_client import assert_documented
from notify.api import ROUTES

Mailroom = Any
Client = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest_asyncio.fixture
async def client_of(room: Mailroom) -> AsyncIterator[Client]:
    """Make a client with a key of a firm."""
    app = build_app("notify", list(ROUTES), room.database, Progress())
    made: list[httpx.AsyncClient] = []

    async def make(firm_id: UUID, scope: str = "deliveries:read") -> httpx.AsyncClient:
        key_id, secret = new_id(), make_secret()
        async with room.database.transaction() as tx:
            await upsert_api_keys(
                tx, [ApiKey(key_id, firm_id, "test", secret_digest(secret), (scope,), None, False, 1)]
            )
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(cast("Any", app)),
            base_url="http://notify",
            headers={"Authorization": f"Bearer {written_key(key_id, secret)}"},
        )
        made.append(client)
        return client

    yield make
    for client in made:
        await client.aclose()


@pytest.mark.proves("N4")
async def test_a_delivery_opens_with_its_content_and_attempts(room: Mailroom, client_of: Client) -> None:
    room.server.script = ["defer"]
    data, cause = room.act()
    await room.plan((data, cause))
    await room.send_due()
    client = await client_of(room.firm.firm_id)
    (listed,) = (await client.get("/v1/deliveries")).json()["items"]

    opened = (await client.get(f"/v1/deliveries/{listed['delivery_id']}")).json()

    assert opened["delivery"] == listed
    assert (listed["state"], listed["attempts"], listed["caused_by"]) == ("retry", 1, str(cause.message_id))
    assert (listed["possibly_sent"], listed["possibly_sent_twice"]) == (False, False)
    assert listed["items"][0]["invoice_id"] == str(data.invoice_id)
    assert opened["content"]["subject"] == "Invoice 2026-0042 from Rook & Partners"
    assert "https://pay.example/portal" in opened["content"]["html"]
    (attempt,) = opened["attempts"]
    assert (attempt["outcome"], attempt["server_code"]) == ("temporary", 450)
    assert attempt["server_answer"] == "4.2.0 mailbox busy"


async def test_before_it_is_rendered_it_has_no_content(room: Mailroom, client_of: Client) -> None:
    await room.plan(room.act())
    client = await client_of(room.firm.firm_id)
    (listed,) = (await client.get("/v1/deliveries")).json()["items"]
    opened = (await client.get(f"/v1/deliveries/{listed['delivery_id']}")).json()
    assert (opened["content"], opened["attempts"]) == (None, [])


@pytest.mark.proves("N4", "N5")
async def test_what_was_handed_over_without_an_answer_is_shown_as_possibly_sent(
    room: Mailroom, client_of: Client
) -> None:
    room.server.script = ["silent"]
    await room.plan(room.act())
    await room.send_due()
    client = await client_of(room.firm.firm_id)
    (listed,) = (await client.get("/v1/deliveries")).json()["items"]
    assert (listed["state"], listed["possibly_sent"], listed["possibly_sent_twice"]) == ("unknown", True, False)


@pytest.mark.proves("N4")
async def test_deliveries_are_listed_newest_first_page_by_page(room: Mailroom, client_of: Client) -> None:
    await room.plan(*(room.act(f"a{number}@example.test") for number in range(5)))
    client = await client_of(room.firm.firm_id)
    seen: list[str] = []
    after: dict[str, str] = {}
    for size in (2, 2, 1):
        page = (await client.get("/v1/deliveries", params={"limit": 2, **after})).json()
        assert len(page["items"]) == size
        seen += [delivery["recipient_email"] for delivery in page["items"]]
        after = {"after": page["next"]}
    assert page["next"] is None
    assert sorted(seen) == [f"a{number}@example.test" for number in range(5)]
    ids = [delivery["delivery_id"] for delivery in (await client.get("/v1/deliveries")).json()["items"]]
    assert ids == sorted(ids, reverse=True)


@pytest.mark.proves("N4")
async def test_deliveries_are_filtered_by_state_invoice_and_contact(room: Mailroom, client_of: Client) -> None:
    told, untold = room.act("ada@example.test", "bob@example.test"), room.act(None)
    await room.plan(told, untold)
    client = await client_of(room.firm.firm_id)

    async def count(**wanted: Any) -> int:
        return len((await client.get("/v1/deliveries", params=wanted)).json()["items"])

    assert await count() == 3
    assert await count(state="planned") == 2
    assert await count(state="failed") == 1
    assert await count(invoice_id=told[0].invoice_id) == 2
    assert await count(contact_id=told[0].shares[0].contact_id) == 1
    assert await count(contact_id=told[0].shares[0].contact_id, state="failed") == 0
    assert (await client.get("/v1/deliveries", params={"state": "lost"})).status_code == 422
    assert (await client.get("/v1/deliveries", params={"limit": 1000})).status_code == 422


@pytest.mark.proves("X5")
async def test_another_firms_deliveries_are_unknown(room: Mailroom, client_of: Client) -> None:
    await room.plan(room.act())
    ours, theirs = await client_of(room.firm.firm_id), await client_of(new_id())
    (listed,) = (await ours.get("/v1/deliveries")).json()["items"]
    assert (await theirs.get("/v1/deliveries")).json()["items"] == []
    answer = await theirs.get(f"/v1/deliveries/{listed['delivery_id']}")
    assert (answer.status_code, answer.json()["slug"]) == (404, "unknown_delivery")


@pytest.mark.proves("X5")
async def test_reading_deliveries_needs_its_scope(room: Mailroom, client_of: Client) -> None:
    client = await client_of(room.firm.firm_id, scope="invoices:read")
    for path in ("/v1/deliveries", f"/v1/deliveries/{new_id()}"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["slug"]) == (403, "scope_missing")
        assert (await client.get(path, headers={"Authorization": ""})).status_code == 401


async def test_the_openapi_document_is_whole(room: Mailroom, client_of: Client) -> None:
    await assert_documented(await client_of(room.firm.firm_id))
