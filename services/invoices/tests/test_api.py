"""HTTP: every command has a route, who may what, the form of it, and keys that make repeats harmless."""

import asyncio
import inspect
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.api_keys import make_secret, secret_digest, written_key
from chassis.ids import new_id
from chassis.testing.http_client import assert_documented
from contracts import invoices as contract
from contracts.message import Command
from invoices.handlers import COMMANDS

Firm = Any
Json = dict[str, Any]

ROUTE_OF: dict[type[Command], tuple[str, str]] = {
    contract.ChangeFirm: ("PUT", "/v1/firm"),
    contract.AddStaffUser: ("POST", "/v1/staff-users"),
    contract.ChangeStaffUser: ("PUT", "/v1/staff-users/{staff_user_id}"),
    contract.RegisterApiKey: ("PUT", "/v1/api-keys/{api_key_id}"),
    contract.RevokeApiKey: ("DELETE", "/v1/api-keys/{api_key_id}"),
    contract.OpenMatter: ("POST", "/v1/matters"),
    contract.ChangeMatter: ("PUT", "/v1/matters/{matter_id}"),
    contract.AssignMatterContact: ("PUT", "/v1/matters/{matter_id}/contacts/{contact_id}"),
    contract.AddContact: ("POST", "/v1/contacts"),
    contract.ChangeContact: ("PUT", "/v1/contacts/{contact_id}"),
    contract.DraftInvoice: ("POST", "/v1/invoices"),
    contract.ChangeDraft: ("PUT", "/v1/invoices/{invoice_id}"),
    contract.FinaliseInvoice: ("POST", "/v1/invoices/{invoice_id}/finalise"),
    contract.ReviseInvoice: ("POST", "/v1/invoices/{invoice_id}/revise"),
    contract.VoidInvoice: ("POST", "/v1/invoices/{invoice_id}/void"),
    contract.CreditInvoice: ("POST", "/v1/invoices/{invoice_id}/credits"),
    contract.RenderInvoicePdf: ("POST", "/v1/invoices/{invoice_id}/versions/{version}/pdf"),
}

WITHOUT_COMMAND = {
    ("POST", "/v1/api-keys"),
    ("DELETE", "/v1/matters/{matter_id}/contacts/{contact_id}"),
    ("GET", "/v1/firm"),
    ("GET", "/v1/staff-users"),
    ("GET", "/v1/staff-users/{staff_user_id}"),
    ("GET", "/v1/api-keys"),
    ("GET", "/v1/api-keys/{api_key_id}"),
    ("GET", "/v1/matters"),
    ("GET", "/v1/matters/{matter_id}"),
    ("GET", "/v1/contacts"),
    ("GET", "/v1/contacts/{contact_id}"),
    ("GET", "/v1/invoices"),
    ("GET", "/v1/invoices/{invoice_id}"),
    ("GET", "/v1/invoices/{invoice_id}/history"),
    ("GET", "/v1/invoices/{invoice_id}/versions"),
    ("GET", "/v1/invoices/{invoice_id}/versions/{version}"),
    ("GET", "/v1/invoices/{invoice_id}/versions/{version}/pdf"),
}
"""Routes that have no command of their own: what only reads, and another way to one."""


async def _limited(firm: Firm, client: httpx.AsyncClient, *scopes: str) -> dict[str, str]:
    """Make a key with these scopes, as a person would."""
    made = await client.post("/v1/api-keys", json={"label": "test", "scopes": list(scopes)}, headers=firm.headers)
    assert made.status_code == 201, made.text
    return {"Authorization": f"Bearer {made.json()['api_key']}"}


def _draft(matter_id: UUID, **more: Any) -> Json:
    line = {"kind": "time", "description": "Advice", "quantity": "2.5", "unit_price_minor": 4_000}
    return {
        "invoice_id": str(new_id()),
        "matter_id": str(matter_id),
        "terms": {"currency": "USD", "lines": [line]},
        **more,
    }


@pytest.mark.proves("X1")
async def test_every_command_is_there_by_topic_and_by_http(client: httpx.AsyncClient) -> None:
    commands = {
        value
        for _, value in inspect.getmembers(contract, inspect.isclass)
        if issubclass(value, Command) and hasattr(value, "wire")
    }
    assert commands == set(ROUTE_OF)
    assert {command.wire.type for command in commands} == set(COMMANDS.routes)
    document = (await client.get("/openapi/openapi.json")).json()
    offered = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert set(ROUTE_OF.values()) <= offered


@pytest.mark.proves("X5")
async def test_no_route_answers_without_a_key_or_with_one_that_lacks_the_scope(
    firm: Firm, client: httpx.AsyncClient
) -> None:
    lacking = await _limited(firm, client, "payments:read")
    document = (await client.get("/openapi/openapi.json")).json()
    tried: set[tuple[str, str]] = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            names = [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"]
            address = path.format(**{name: "1" if name == "version" else new_id() for name in names})
            assert (await client.request(method, address, json={})).status_code in {400, 401, 422}
            answer = await client.request(method, address, headers=lacking)
            # A body that is missing may be seen first; a read has none.
            assert answer.status_code in ({403} if method in {"get", "delete"} else {400, 403, 422}), path
            tried.add((method.upper(), path))
    # A route that is new is added to one of the two.
    assert tried == set(ROUTE_OF.values()) | WITHOUT_COMMAND


@pytest.mark.proves("I1", "I2", "I3")
async def test_from_contact_to_final_invoice_by_http(firm: Firm, client: httpx.AsyncClient) -> None:
    contact_id, matter_id = new_id(), new_id()
    profile = {"name": "Anna Okafor", "email": "anna.okafor@mail.example"}
    matter = {"number": "2026-0114", "name": "Estate"}
    draft = _draft(matter_id, share_with=[str(contact_id)])
    invoice = f"/v1/invoices/{draft['invoice_id']}"
    for method, path, body, status in (
        ("POST", "/v1/contacts", {"contact_id": str(contact_id), "profile": profile}, 201),
        ("PUT", f"/v1/contacts/{contact_id}", profile | {"locale": "de-AT"}, 200),
        ("POST", "/v1/matters", {"matter_id": str(matter_id), "profile": matter}, 201),
        ("PUT", f"/v1/matters/{matter_id}", matter | {"portal_enabled": False}, 200),
        ("PUT", f"/v1/matters/{matter_id}/contacts/{contact_id}", {"roles": ["billing"]}, 200),
        ("POST", "/v1/invoices", draft, 201),
        ("PUT", invoice, draft["terms"] | {"due_in_days": 14}, 200),
        ("POST", f"{invoice}/finalise", None, 200),
    ):
        answer = await client.request(method, path, json=body, headers=firm.headers)
        assert answer.status_code == status, (path, answer.text)
    shown = (await client.get(invoice, headers=firm.headers)).json()
    assert (shown["status"], shown["number"], shown["version"]) == ("final", "INV-000001", 1)
    assert shown["totals"]["total_minor"] == shown["lines"][0]["amount_minor"] == 10_000
    assert shown["share_with"] == [str(contact_id)]
    (version,) = (await client.get(f"{invoice}/versions", headers=firm.headers)).json()["items"]
    assert version["billed_to"]["name"] == "Anna Okafor"
    whole = (await client.get(f"{invoice}/versions/1", headers=firm.headers)).json()
    assert [line["amount_minor"] for line in whole.pop("lines")] == [10_000]
    assert whole.pop("comments") == []
    assert whole == version
    assert (await client.get(f"{invoice}/versions/2", headers=firm.headers)).status_code == 404
    seen = (await client.get(f"/v1/matters/{matter_id}", headers=firm.headers)).json()
    assert seen["contacts"] == [{"contact_id": str(contact_id), "roles": ["billing"]}]
    off = await client.delete(f"/v1/matters/{matter_id}/contacts/{contact_id}", headers=firm.headers)
    assert (off.status_code, off.json()["roles"]) == (200, [])


@pytest.mark.proves("I1")
async def test_the_firm_and_its_people_by_http(firm: Firm, client: httpx.AsyncClient) -> None:
    seen = (await client.get("/v1/firm", headers=firm.headers)).json()
    profile = seen["profile"] | {"name": "Ibe", "channels": ["email"]}
    assert (await client.put("/v1/firm", json=profile, headers=firm.headers)).json()["revision"] == 2
    assert (await client.get("/v1/firm", headers=firm.headers)).json()["profile"] == profile
    staff_user_id = str(new_id())
    said = {"name": "Bo", "email": "bo@firm.example", "role": "billing"}
    added = await client.post("/v1/staff-users", json=said | {"staff_user_id": staff_user_id}, headers=firm.headers)
    assert added.status_code == 201
    changed = await client.put(
        f"/v1/staff-users/{staff_user_id}", json=said | {"is_enabled": False}, headers=firm.headers
    )
    assert changed.json()["revision"] == 2
    shown = (await client.get(f"/v1/staff-users/{staff_user_id}", headers=firm.headers)).json()
    assert shown["is_enabled"] is False
    names = [each["name"] for each in (await client.get("/v1/staff-users", headers=firm.headers)).json()["items"]]
    assert names == ["Bo", "Ada Ibe"]


@pytest.mark.proves("I1", "X5")
async def test_a_key_is_shown_once_works_at_once_and_ends_at_once(firm: Firm, client: httpx.AsyncClient) -> None:
    body = {"label": "laptop", "scopes": ["keys:read", "matters:read"]}
    headers = firm.headers | {"Idempotency-Key": "make my key"}
    made = await client.post("/v1/api-keys", json=body, headers=headers)
    again = await client.post("/v1/api-keys", json=body, headers=headers)
    assert made.headers["cache-control"] == "no-store"
    assert again.json() == {name: value for name, value in made.json().items() if name != "api_key"}
    own = {"Authorization": f"Bearer {made.json()['api_key']}"}
    assert (await client.get("/v1/matters", headers=own)).status_code == 200
    assert (await client.get("/v1/contacts", headers=own)).status_code == 403
    address = f"/v1/api-keys/{made.json()['api_key_id']}"
    shown = (await client.get(address, headers=own)).text
    secret = made.json()["api_key"].rpartition("_")[2]
    assert secret_digest(secret).hex() not in shown
    assert (await client.delete(address, headers=own)).status_code == 403
    assert (await client.delete(address, headers=firm.headers)).status_code == 200
    assert (await client.get("/v1/matters", headers=own)).status_code == 401
    async with firm.database.reading() as tx:
        kept = await tx.fetch("select convert_from(body, 'utf8') as body from idempotency")
    assert secret not in str(kept)


@pytest.mark.proves("I1", "X5")
async def test_a_key_made_by_its_user_is_registered_by_its_hash(firm: Firm, client: httpx.AsyncClient) -> None:
    api_key_id, secret = new_id(), make_secret()
    body = {"label": "own", "scopes": ["firm:read"], "secret_sha256": secret_digest(secret).hex()}
    assert (await client.put(f"/v1/api-keys/{api_key_id}", json=body, headers=firm.headers)).status_code == 200
    own = {"Authorization": f"Bearer {written_key(api_key_id, secret)}"}
    assert (await client.get("/v1/firm", headers=own)).status_code == 200


@pytest.mark.proves("X5")
async def test_a_key_cannot_make_a_stronger_one(firm: Firm, client: httpx.AsyncClient) -> None:
    weak = await _limited(firm, client, "keys:write", "matters:read")
    answer = await client.post("/v1/api-keys", json={"label": "x", "scopes": ["firm:write"]}, headers=weak)
    assert (answer.status_code, answer.json()["slug"]) == (403, "scope_missing")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.proves("X5")
async def test_the_same_idempotency_key_twice_at_once_has_one_effect_and_one_answer(
    firm: Firm, client: httpx.AsyncClient
) -> None:
    draft = _draft(await firm.matter())
    headers = firm.headers | {"Idempotency-Key": "draft it"}
    answers = await asyncio.gather(*(client.post("/v1/invoices", json=draft, headers=headers) for _ in range(4)))
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert await firm.published_of(UUID(draft["invoice_id"])) == [("invoice-created", 1)]
    other = await client.post("/v1/invoices", json=draft | {"share_with": []}, headers=headers)
    assert (other.status_code, other.json()["slug"]) == (422, "idempotency_key_reused")


@pytest.mark.proves("I3", "X5")
async def test_finalising_twice_with_one_key_at_once_takes_one_number(firm: Firm, client: httpx.AsyncClient) -> None:
    invoice_ids = [await firm.draft(), await firm.draft()]
    answers = await asyncio.gather(
        *(
            client.post(
                f"/v1/invoices/{invoice_id}/finalise",
                headers=firm.headers | {"Idempotency-Key": f"finalise {invoice_id}"},
            )
            for invoice_id in invoice_ids * 3
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["number"] for answer in answers} == {"INV-000001", "INV-000002"}


@pytest.mark.proves("I1")
async def test_another_firms_things_are_not_there(firm: Firm, new_firm: Any, client: httpx.AsyncClient) -> None:
    other = await new_firm()
    contact_id = await firm.contact()
    matter_id = await firm.matter({contact_id: ["client"]})
    invoice_id = await firm.final(matter_id)
    paths = [
        f"/v1/contacts/{contact_id}",
        f"/v1/matters/{matter_id}",
        *(f"/v1/invoices/{invoice_id}{rest}" for rest in ("", "/history", "/versions", "/versions/1")),
        f"/v1/staff-users/{firm.staff_user_id}",
        f"/v1/api-keys/{firm.principal.id}",
    ]
    for path in paths:
        assert (await client.get(path, headers=firm.headers)).status_code == 200, path
        answer = await client.get(path, headers=other.headers)
        assert answer.status_code == 404, path
        assert answer.json()["slug"].startswith("unknown_")
    assert (await client.get("/v1/invoices", headers=other.headers)).json() == {"items": [], "next": None}
    foreign = await client.post(f"/v1/invoices/{invoice_id}/finalise", headers=other.headers)
    assert (foreign.status_code, foreign.json()["slug"]) == (404, "unknown_invoice")


@pytest.mark.proves("I1")
@pytest.mark.parametrize("thing", ["contacts", "matters", "invoices", "staff-users", "api-keys"])
async def test_lists_come_in_pages_newest_first(firm: Firm, client: httpx.AsyncClient, thing: str) -> None:
    matter_id = await firm.matter()
    made = [str(await _make(firm, client, thing, matter_id, number)) for number in range(4)]
    seen: list[str] = []
    after: dict[str, str] = {}
    for _ in range(6):
        page = (await client.get(f"/v1/{thing}", params={"limit": "2"} | after, headers=firm.headers)).json()
        field = {"staff-users": "staff_user_id", "api-keys": "api_key_id"}.get(thing, f"{thing[:-1]}_id")
        seen += [item[field] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen[:4] == made[::-1]
    assert len(seen) == len(set(seen))
    assert (await client.get(f"/v1/{thing}?limit=0", headers=firm.headers)).status_code in {400, 422}


async def _make(firm: Firm, client: httpx.AsyncClient, thing: str, matter_id: UUID, number: int) -> Any:
    if thing == "contacts":
        return await firm.contact(f"Contact {number}")
    if thing == "matters":
        return await firm.matter()
    if thing == "invoices":
        return await firm.draft(matter_id)
    if thing == "api-keys":
        body = {"label": f"key {number}", "scopes": ["firm:read"]}
        return (await client.post("/v1/api-keys", json=body, headers=firm.headers)).json()["api_key_id"]
    said = {"staff_user_id": str(new_id()), "name": f"B{number}", "email": "b@firm.example", "role": "reader"}
    return (await client.post("/v1/staff-users", json=said, headers=firm.headers)).json()["staff_user_id"]


@pytest.mark.proves("X5")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"surprise": 1}, "surprise"),
        ({"invoice_id": "7"}, "invoice_id"),
        ({"terms": {"currency": "usd"}}, "currency"),
        ({"terms": {"currency": "USD", "discount_minor": -1}}, "discount_minor"),
        ({"terms": {"currency": "USD", "discount_minor": "100"}}, "discount_minor"),
        ({"terms": {"currency": "USD", "discount_minor": True}}, "discount_minor"),
        ({"terms": {"currency": "USD", "discount_minor": 100.0}}, "discount_minor"),
        ({"terms": {"currency": "USD", "due_on": "2026-12-01", "due_in_days": 3}}, "terms"),
    ],
)
async def test_a_body_that_is_not_as_it_must_be_is_refused_whole(
    firm: Firm, client: httpx.AsyncClient, change: Json, field: str
) -> None:
    answer = await client.post("/v1/invoices", json=_draft(new_id()) | change, headers=firm.headers)
    assert (answer.status_code, answer.json()["slug"]) == (422, "invalid_request")
    assert field in answer.text


@pytest.mark.proves("I2")
async def test_a_draft_on_a_matter_that_does_not_arrive_is_not_yet_known(firm: Firm, client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/invoices", json=_draft(new_id()), headers=firm.headers)
    assert (answer.status_code, answer.json()["slug"]) == (409, "not_yet_known")


async def test_the_openapi_document_is_whole(client: httpx.AsyncClient) -> None:
    await assert_documented(client)
