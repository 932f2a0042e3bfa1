"""HTTP: who may read what, and the form of it."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
import pytest_asyncio

from chassis.api_keys import make_secret, secret_digest, written_key
from chassis.health import Progress
from chassis.http.app import build_app
from chassis.ids import new_id
from chassis.testing.http_client import assert_documented
from contracts.invoices import ApiKeyChanged
from payments.api import build_routes
from payments.gateways.sharing_gate import SharingGate

Firm = Any
Headers = dict[str, str]


@pytest_asyncio.fixture
async def client(firm: Firm, sharing_gate: SharingGate) -> AsyncIterator[httpx.AsyncClient]:
    # httpx and Litestar each have their own words for what an ASGI application is.
    app: Any = build_app("payments", list(build_routes(sharing_gate)), firm.database, Progress())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://payments.example") as made:
        yield made


async def _key(firm: Firm, scopes: Sequence[str], *, is_revoked: bool = False) -> Headers:
    """Bring a key of the firm to payments, as it comes from invoices."""
    api_key_id, secret = new_id(), make_secret()
    fact = ApiKeyChanged(
        api_key_id=api_key_id,
        label="test",
        secret_sha256=secret_digest(secret).hex(),
        scopes=list(scopes),
        is_revoked=is_revoked,
    )
    await firm.hears(firm.record(fact, revision=1))
    return {"Authorization": f"Bearer {written_key(api_key_id, secret)}"}


@pytest.mark.proves("P1")
async def test_the_payment_page_is_read_with_the_scope_for_it(firm: Firm, client: httpx.AsyncClient) -> None:
    contact_id, invoice_id, matter_id = new_id(), new_id(), new_id()
    await firm.hears(
        firm.firm_changed(),
        firm.contact_changed(contact_id),
        firm.matter_changed(matter_id),
        firm.finalised(invoice_id, matter_id=matter_id, total_minor=2_500),
        firm.shared(invoice_id, contact_id),
    )
    answer = await client.get(
        f"/v1/contacts/{contact_id}/payable-invoices", headers=await _key(firm, ["payments:read"])
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "contact_id": str(contact_id),
        "contact_name": "Anna Okafor",
        "online_payments_off": False,
        "pages": [
            {
                "currency": "USD",
                "open_minor": 2_500,
                "payable_minor": 2_500,
                "processing_minor": 0,
                "invoices": [
                    {
                        "invoice_id": str(invoice_id),
                        "number": "2026-000001",
                        "matter_id": str(matter_id),
                        "matter_number": "M-1",
                        "matter_name": "Matter M-1",
                        "due_on": "2026-12-22",
                        "version": 1,
                        "total_minor": 2_500,
                        "open_minor": 2_500,
                        "payable_minor": 2_500,
                        "processing_minor": 0,
                    }
                ],
            }
        ],
    }


@pytest.mark.proves("P1")
async def test_the_balance_of_an_invoice_is_read_by_its_id(firm: Firm, client: httpx.AsyncClient) -> None:
    invoice_id = new_id()
    await firm.hears(firm.finalised(invoice_id, total_minor=2_500))
    answer = await client.get(f"/v1/invoices/{invoice_id}/balance", headers=await _key(firm, ["payments:read"]))
    assert answer.status_code == 200
    assert answer.json() == {
        "invoice_id": str(invoice_id),
        "version": 1,
        "currency": "USD",
        "total_minor": 2_500,
        "open_minor": 2_500,
        "payable_minor": 2_500,
        "processing_minor": 0,
        "credited_minor": 0,
        "settled_minor": 0,
        "refunded_minor": 0,
        "credit_minor": 0,
        "is_void": False,
        "revision": 1,
    }


@pytest.mark.proves("P10")
async def test_the_books_are_verified_page_by_page(firm: Firm, other_firm: Firm, client: httpx.AsyncClient) -> None:
    invoice_ids = sorted(await firm.bills(new_id(), 1_000, 2_000, 3_000))
    await other_firm.bills(new_id(), 4_000)
    async with firm.database.transaction() as tx:
        await tx.execute("set local session_replication_role = replica")
        await tx.execute("update entries set amount_minor = amount_minor * 2")
        (journal_id,) = await tx.fetchrow("select journal_id from journal where invoice_id = $1", invoice_ids[2])
        await tx.execute("delete from journal where invoice_id = $1", invoice_ids[1])
    path, headers = "/v1/ledger/verification", await _key(firm, ["payments:read"])
    first = (await client.get(path, params={"limit": 2}, headers=headers)).json()
    assert (first["invoice_count"], first["transaction_count"]) == (2, 1)
    assert first["items"][1] == {
        "invoice_id": str(invoice_ids[1]),
        "position": 1,
        "fault": "missing",
        "journal_id": None,
    }
    second = await client.get(path, params={"limit": 2, "after": first["next"]}, headers=headers)
    altered = {
        "invoice_id": str(invoice_ids[2]),
        "position": 1,
        "fault": "altered",
        "journal_id": str(journal_id),
    }
    assert second.json() == {"items": [altered], "next": None, "invoice_count": 1, "transaction_count": 1}
    for params in ({"limit": 0}, {"limit": 201}, {"after": "7"}):
        answer = await client.get(path, params=params, headers=headers)
        assert (answer.status_code, answer.json()["slug"]) == (422, "invalid_request")


@pytest.mark.proves("X5")
@pytest.mark.parametrize("path", ["/v1/ledger/trial-balance", "/v1/ledger/verification"])
async def test_the_books_are_shown_to_nobody_without_the_scope(
    firm: Firm, client: httpx.AsyncClient, path: str
) -> None:
    answers = [
        await client.get(path, headers=headers)
        for headers in ({}, await _key(firm, ["payments:write"]), await _key(firm, ["payments:read"]))
    ]
    assert [answer.status_code for answer in answers] == [401, 403, 200]


PATHS = ["/v1/contacts/{}/payable-invoices", "/v1/invoices/{}/balance"]


@pytest.mark.proves("X5")
@pytest.mark.parametrize("path", PATHS)
async def test_no_key_a_revoked_key_and_a_key_without_the_scope_read_nothing(
    firm: Firm, client: httpx.AsyncClient, path: str
) -> None:
    address = path.format(new_id())
    revoked = await _key(firm, ["payments:read"], is_revoked=True)
    unscoped = await _key(firm, ["invoices:read", "payments:write"])
    answers = [await client.get(address, headers=headers) for headers in ({}, revoked, unscoped)]
    assert [(answer.status_code, answer.json()["slug"]) for answer in answers] == [
        (401, "not_authenticated"),
        (401, "not_authenticated"),
        (403, "scope_missing"),
    ]


@pytest.mark.parametrize("path", PATHS)
async def test_what_another_firm_has_looks_the_same_as_what_nobody_has(
    firm: Firm, other_firm: Firm, client: httpx.AsyncClient, path: str
) -> None:
    known = new_id()
    await other_firm.hears(other_firm.contact_changed(known), other_firm.finalised(known))
    headers = await _key(firm, ["payments:read"])
    theirs = await client.get(path.format(known), headers=headers)
    nobodys = await client.get(path.format(new_id()), headers=headers)
    assert (theirs.status_code, theirs.content) == (404, nobodys.content)
    ours = await client.get(path.format(known), headers=await _key(other_firm, ["payments:read"]))
    assert ours.status_code == 200


@pytest.mark.parametrize("path", PATHS)
async def test_an_id_that_is_none_is_not_found(firm: Firm, client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path.format("7"), headers=await _key(firm, ["payments:read"]))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_openapi_document_names_every_route(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi/openapi.json")).json()
    assert set(document["paths"]) == {
        "/v1/contacts/{contact_id}/payable-invoices",
        "/v1/invoices/{invoice_id}/balance",
        "/v1/ledger/trial-balance",
        "/v1/ledger/verification",
        "/v1/payment-cases",
        "/v1/payment-cases/{case_id}/close",
        "/v1/payments",
        "/v1/payments/{payment_id}",
        "/v1/payments/{payment_id}/retries",
        "/v1/charges/{charge_id}/refunds",
    }


async def test_the_openapi_document_is_whole(client: httpx.AsyncClient) -> None:
    await assert_documented(client)
