"""The HTTP side, by the real application on a real database."""

from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from chassis.api_keys import make_secret, secret_digest, written_key
from chassis.health import Progress
from chassis.http.app import build_app
from chassis.ids import new_id
from chassis.testing.http_client import assert_documented
from contracts.invoices import ApiKeyChanged
from sharing.api import ROUTES

ALL_SCOPES = ["shares:read", "shares:write", "contacts:write", "invoices:write"]


async def make_key(world: Any, scopes: list[str]) -> str:
    """Have a key announced by invoices, and return it as its holder writes it."""
    api_key_id, secret = new_id(), make_secret()
    key = ApiKeyChanged(
        api_key_id=api_key_id,
        label="test",
        secret_sha256=secret_digest(secret).hex(),
        scopes=scopes,
        is_revoked=False,
    )
    await world.receive((key, 1))
    return written_key(api_key_id, secret)


@pytest_asyncio.fixture
async def client(world: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of one firm, with all scopes."""
    key = await make_key(world, ALL_SCOPES)
    app = build_app("sharing", list(ROUTES), world.database, Progress())
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(cast("Any", app)), base_url="http://sharing", headers=headers
    ) as opened:
        yield opened


async def put_set(client: httpx.AsyncClient, invoice_id: UUID, key: str, **wanted: Any) -> httpx.Response:
    body = {"contact_ids": []} | wanted
    return await client.put(f"/v1/invoices/{invoice_id}/portal-shares", json=body, headers={"Idempotency-Key": key})


@pytest.mark.proves("S1", "X1")
async def test_a_set_is_saved_and_who_has_the_invoice_is_listed(client: httpx.AsyncClient, world: Any) -> None:
    ada, ben = await world.people(2)
    invoice_id = await world.invoice()
    saved = await put_set(client, invoice_id, "one", contact_ids=[str(ada)], message="Hello")
    assert (saved.status_code, saved.json()) == (200, {"shared": [str(ada)], "unshared": [], "unchanged": []})
    listed = (await client.get(f"/v1/invoices/{invoice_id}/portal-shares")).json()
    assert listed == {
        "invoice_id": str(invoice_id),
        "contacts": [
            {"contact_id": str(contact_id), "name": name, "roles": ["client"], "has_portal_share": state is not None,
             "state": state, "other_channels_open": []}
            for contact_id, name, state in ((ada, "Contact 0", "active"), (ben, "Contact 1", None))
        ],
        "wishes": [],
    }  # fmt: skip
    emptied = await put_set(client, invoice_id, "two")
    assert emptied.json() == {
        "shared": [],
        "unshared": [{"contact_id": str(ada), "channels_still_open": []}],
        "unchanged": [],
    }


@pytest.mark.proves("S1", "X5")
async def test_the_same_request_again_has_the_same_answer_and_tells_nobody(
    client: httpx.AsyncClient, world: Any
) -> None:
    (ada,) = await world.people(1)
    invoice_id = await world.invoice()
    first = await put_set(client, invoice_id, "key", contact_ids=[str(ada)])
    again = await put_set(client, invoice_id, "key", contact_ids=[str(ada)])
    assert first.content == again.content
    assert len(await world.said()) == 1
    other = await put_set(client, invoice_id, "key")
    assert (other.status_code, other.json()["slug"]) == (422, "idempotency_key_reused")


@pytest.mark.proves("X5")
async def test_saving_needs_an_idempotency_key_and_a_closed_body(client: httpx.AsyncClient, world: Any) -> None:
    await world.people(1)
    path = f"/v1/invoices/{await world.invoice()}/portal-shares"
    bare = await client.put(path, json={"contact_ids": []})
    assert (bare.status_code, bare.json()["slug"]) == (400, "idempotency_key_missing")
    odd = await client.put(path, json={"contact_ids": [], "notify": False}, headers={"Idempotency-Key": "k"})
    assert odd.status_code == 422


@pytest.mark.proves("S6", "S8")
async def test_a_refusal_is_a_problem_with_its_slug(client: httpx.AsyncClient, world: Any) -> None:
    (ada,) = await world.people(1)
    draft_id, stranger = await world.draft(), await world.contact()
    draft = await put_set(client, draft_id, "draft", contact_ids=[str(ada)])
    assert (draft.status_code, draft.json()["slug"]) == (409, "draft_needs_confirmation")
    assert draft.json()["invoice_id"] == str(draft_id)
    assert draft.headers["content-type"].startswith("application/problem+json")
    await world.matter([ada], portal=False)
    off = await put_set(client, await world.invoice(), "off", contact_ids=[str(ada)])
    assert (off.status_code, off.json()["slug"]) == (409, "portal_disabled")
    missing = await post(
        client, f"/v1/invoices/{draft_id}/shares/resend", "again", {"channel": "email", "contact_ids": [str(stranger)]}
    )
    assert (missing.json()["invoice_id"], missing.json()["contact_id"]) == (str(draft_id), str(stranger))


@pytest.mark.proves("X5")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1/invoices/{}/portal-shares"),
        ("GET", "/v1/invoices/{}/portal-shares"),
        ("GET", "/v1/invoices/{}/shares"),
        ("GET", "/v1/contacts/{}/shares"),
        ("POST", "/v1/invoices/{}/email-shares"),
        ("POST", "/v1/invoices/{}/link-shares"),
        ("POST", "/v1/invoices/{}/shares/revoke"),
        ("POST", "/v1/invoices/{}/shares/resend"),
        ("GET", "/v1/matters/{}/communications"),
        ("GET", "/v1/commands/{}"),
    ],
)
async def test_every_route_needs_a_key_and_the_right_scope(
    client: httpx.AsyncClient, world: Any, method: str, path: str
) -> None:
    body: Any = {"contact_ids": []} if method == "PUT" else None
    if method == "POST":
        one = str(new_id())
        link, again = {"contact_id": one, "channel": "link"}, {"contact_ids": [one], "channel": "email"}
        body = {"email-shares": {"contact_ids": [one]}, "link-shares": link, "revoke": {}, "resend": again}[
            path.rpartition("/")[2]
        ]
    url = path.format(new_id())
    nobody = await client.request(method, url, headers={"Authorization": ""}, json=body)
    assert (nobody.status_code, nobody.json()["slug"]) == (401, "not_authenticated")
    key = await make_key(world, ["invoices:read"])
    stranger = await client.request(method, url, headers={"Authorization": f"Bearer {key}"}, json=body)
    assert (stranger.status_code, stranger.json()["slug"]) == (403, "scope_missing")


async def test_another_firms_invoices_and_contacts_are_not_there(client: httpx.AsyncClient, worlds: Any) -> None:
    theirs = worlds()
    (ada,) = await theirs.people(1)
    invoice_id = await theirs.invoice()
    await theirs.save(invoice_id, [ada])
    for path in (f"invoices/{invoice_id}/portal-shares", f"invoices/{invoice_id}/shares", f"contacts/{ada}/shares"):
        answer = await client.get(f"/v1/{path}")
        assert (answer.status_code, answer.json()["slug"].partition("_")[0]) == (404, "unknown")


@pytest.mark.proves("S8")
async def test_a_suspended_share_is_listed_as_such_and_a_left_contact_who_has_it_is_still_listed(
    client: httpx.AsyncClient, world: Any
) -> None:
    ada, ben = await world.people(2)
    invoice_id = await world.invoice()
    await world.save(invoice_id, [ada])
    await world.matter([ben], portal=False)
    listed = (await client.get(f"/v1/invoices/{invoice_id}/portal-shares")).json()["contacts"]
    assert [(one["contact_id"], one["roles"], one["has_portal_share"], one["state"]) for one in listed] == [
        (str(ada), [], False, "suspended"),
        (str(ben), ["client"], False, None),
    ]


@pytest.mark.proves("I2")
async def test_what_became_of_wishes_is_listed(client: httpx.AsyncClient, world: Any) -> None:
    (ada,) = await world.people(1)
    stranger = await world.contact()
    invoice_id = await world.draft([ada, stranger])
    await world.receive((world.finalised(invoice_id), 2))
    await world.grant_wishes()
    await world.wishes_age(60)
    await world.grant_wishes()
    wishes = (await client.get(f"/v1/invoices/{invoice_id}/portal-shares")).json()["wishes"]
    assert {(wish["contact_id"], wish["state"], wish["refusal"]) for wish in wishes} == {
        (str(ada), "shared", None),
        (str(stranger), "refused", "contact_not_on_matter"),
    }


@pytest.mark.proves("S14")
async def test_shares_are_listed_in_pages_newest_first(client: httpx.AsyncClient, world: Any) -> None:
    ada, ben, cid = await world.people(3)
    invoice_id = await world.invoice()
    for contact_ids in ([ada], [ada, ben], [ada, ben, cid], [ada, cid]):
        await world.save(invoice_id, contact_ids)
    first = (await client.get(f"/v1/invoices/{invoice_id}/shares", params={"limit": 2})).json()
    assert [(share["contact_id"], share["state"]) for share in first["items"]] == [
        (str(cid), "active"),
        (str(ben), "revoked"),
    ]
    after = {"limit": 2, "after": first["next"]}
    rest = (await client.get(f"/v1/invoices/{invoice_id}/shares", params=after)).json()
    assert [share["contact_id"] for share in rest["items"]] == [str(ada)]
    assert rest["next"] is None
    too_many = await client.get(f"/v1/invoices/{invoice_id}/shares", params={"limit": 1000})
    assert too_many.status_code == 422


@pytest.mark.proves("S14")
async def test_what_a_contact_has_right_now_is_listed(client: httpx.AsyncClient, world: Any) -> None:
    (ada,) = await world.people(1)
    kept, taken = await world.invoice(), await world.invoice()
    await world.save(kept, [ada])
    await world.save(taken, [ada])
    await world.save(taken, [])
    listed = (await client.get(f"/v1/contacts/{ada}/shares")).json()
    assert [(share["item_kind"], share["item_id"]) for share in listed["items"]] == [("invoice", str(kept))]


async def post(client: httpx.AsyncClient, path: str, key: str, body: Any) -> httpx.Response:
    return await client.post(path, json=body, headers={"Idempotency-Key": key})


@pytest.mark.proves("S3", "S7", "S10", "S11")
async def test_an_invoice_is_mailed_linked_resent_and_unshared(client: httpx.AsyncClient, world: Any) -> None:
    (ada,) = await world.people(1)
    path = f"/v1/invoices/{await world.invoice()}"
    mailed = await post(client, f"{path}/email-shares", "1", {"contact_ids": [str(ada)]})
    assert (mailed.status_code, mailed.json()) == (200, {"shared": [str(ada)], "sent_again": []})
    again = await post(client, f"{path}/shares/resend", "2", {"channel": "email", "contact_ids": [str(ada)]})
    assert (again.status_code, again.json()) == (200, {"shared": [], "sent_again": [str(ada)]})
    linking = {"contact_id": str(ada), "channel": "link", "message": "Here is the link"}
    linked = await post(client, f"{path}/link-shares", "3", linking)
    assert (linked.status_code, linked.json()["generation"], linked.json()["is_again"]) == (200, 1, False)
    listed = (await client.get(f"{path}/shares")).json()["items"]
    assert [(share["channel"], share["comments"], share["on_payment_page"]) for share in listed] == [
        ("link", "all", False),
        ("email", "all", True),
    ]
    noted = (await client.get(f"/v1/matters/{world.matter_id}/communications")).json()["items"]
    assert [(one["channel"], one["message"]) for one in noted] == [("link", "Here is the link")]
    ended = await post(client, f"{path}/shares/revoke", "4", {"channels": ["email"]})
    assert [share["channel"] for share in ended.json()["revoked"]] == ["email"]
    missing = await post(client, f"{path}/shares/resend", "5", {"channel": "email", "contact_ids": [str(ada)]})
    assert (missing.status_code, missing.json()["slug"]) == (409, "not_shared")
    for route in ("email-shares", "link-shares", "shares/revoke", "shares/resend"):
        assert (await post(client, f"{path}/{route}", "odd", {"notify": False})).status_code == 422


@pytest.mark.proves("S3", "X5")
async def test_a_mail_to_nobody_is_not_a_request(client: httpx.AsyncClient, world: Any) -> None:
    await world.people(1)
    path = f"/v1/invoices/{await world.invoice()}/email-shares"
    for wanted in ({"contact_ids": []}, {"contact_ids": [], "new_contacts": []}):
        refused = await post(client, path, "nobody", wanted)
        assert (refused.status_code, refused.json()["slug"]) == (422, "invalid_request")
    new = {"contact_id": str(new_id()), "profile": {"name": "Spouse", "email": "spouse@client.test"}}
    mailed = await post(client, path, "typed in", {"contact_ids": [], "new_contacts": [new]})
    assert (mailed.status_code, mailed.json()["shared"]) == (200, [new["contact_id"]])


@pytest.mark.proves("S5")
async def test_a_matters_communications_are_listed_newest_first_in_pages(client: httpx.AsyncClient, world: Any) -> None:
    (ada,) = await world.people(1)
    for number in range(3):
        await world.mail(await world.invoice(), [ada], message=f"Message {number}")
    path = f"/v1/matters/{world.matter_id}/communications"
    first = (await client.get(path, params={"limit": 2})).json()
    assert [one["message"] for one in first["items"]] == ["Message 2", "Message 1"]
    assert first["items"][0]["contact_ids"] == [str(ada)]
    last = (await client.get(path, params={"limit": 2, "after": first["next"]})).json()
    assert ([one["message"] for one in last["items"]], last["next"]) == (["Message 0"], None)
    unknown = await client.get(f"/v1/matters/{new_id()}/communications")
    assert (unknown.status_code, unknown.json()["slug"]) == (404, "unknown_matter")


@pytest.mark.proves("S6", "X1", "X5")
async def test_sharing_a_draft_is_accepted_and_its_end_is_asked_for(client: httpx.AsyncClient, world: Any) -> None:
    (ada,) = await world.people(1)
    draft = await world.draft()
    wanted = {"contact_ids": [str(ada)], "finalise_drafts": True}
    accepted, again = [await post(client, f"/v1/invoices/{draft}/email-shares", "key", wanted) for _ in range(2)]
    assert (accepted.status_code, accepted.json()["state"]) == (202, "waiting")
    where = accepted.headers["location"]
    assert where == f"/v1/commands/{accepted.json()['command_id']}"
    assert (again.status_code, again.content, again.headers["location"]) == (202, accepted.content, where)
    assert [kind for kind, _ in await world.said()] == ["finalise-invoice"]
    waiting = (await client.get(where)).json()
    assert (waiting["state"], waiting["result"], waiting["slug"]) == ("waiting", None, None)
    await world.finalise(draft)
    done = (await client.get(where)).json()
    assert (done["state"], done["result"]) == ("done", {"shared": [str(ada)], "sent_again": []})


@pytest.mark.proves("S6")
async def test_the_end_of_a_command_tells_why_it_failed(client: httpx.AsyncClient, world: Any) -> None:
    (ada,) = await world.people(1)
    wanted = {"contact_ids": [str(ada)], "finalise_drafts": True}
    draft_id = await world.draft()
    accepted = await put_set(client, draft_id, "key", **wanted)
    ((_, asked),) = await world.said()
    await world.refuse_finalising(UUID(asked["_envelope"]["id"]))
    ended = (await client.get(accepted.headers["location"])).json()
    assert (ended["state"], ended["slug"], ended["detail"]) == ("rejected", "no_lines", "an invoice needs a line")
    assert ended["about"] == {"invoice_id": str(draft_id)}


async def test_another_firms_commands_are_not_there(client: httpx.AsyncClient, worlds: Any) -> None:
    theirs = worlds()
    (ada,) = await theirs.people(1)
    outcome = await theirs.mail(await theirs.draft(), [ada], finalise_drafts=True)
    answer = await client.get(f"/v1/commands/{outcome.command_id}")
    assert (answer.status_code, answer.json()["slug"]) == (404, "unknown_command")


async def test_the_openapi_document_is_whole(client: httpx.AsyncClient) -> None:
    await assert_documented(client)
