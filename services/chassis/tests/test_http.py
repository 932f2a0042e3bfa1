"""The HTTP edge of every service: who may ask, what is answered, and one effect per Idempotency-Key."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from chassis.api_keys import ApiKey, make_secret, secret_digest, upsert_api_keys, written_key
from chassis.database import Database, Tx
from chassis.health import STUCK_SECONDS, Progress
from chassis.http import caller as caller_module
from chassis.http.app import BODY_BYTES_MAX, build_app
from chassis.http.caller import Caller, not_found
from chassis.ids import new_id
from chassis.outcome import Done, NotYetKnown, Outcome, Refused, Request
from chassis.testing import eventually
from chassis.testing.addresses import Stack
from chassis.testing.fixtures import opened
from chassis.testing.notes import NoteWritten, SendNote, WriteNote
from chassis.testing.records import FIRM
from chassis.testing.tcp_proxy import proxied

SECRET_TEXT = "4711-secret-4711"


async def write_notes(tx: Tx, requests: Sequence[Request[WriteNote]]) -> list[Outcome]:
    return [await write_note(tx, request.command.note_id, request.command.text) for request in requests]


async def send_notes(tx: Tx, requests: Sequence[Request[SendNote]]) -> list[Outcome]:
    return [await write_note(tx, request.command.note_id, request.command.text) for request in requests]


async def write_note(tx: Tx, note_id: UUID, text: str) -> Outcome:
    """Keep a note; `refuse` is refused, `fail` fails, and `needs x` waits for a note that says x."""
    needed = text.removeprefix("needs ")
    if text == "refuse":
        return Refused("no_room", "the notebook is full")
    if text == "fail":
        raise ValueError(SECRET_TEXT)
    if needed != text and not await tx.fetchval("select exists (select from notes where text = $1)", needed):
        return NotYetKnown("note")
    await tx.execute("insert into notes (note_id, event_id, text) values ($1, $1, $2)", note_id, text)
    return Done(NoteWritten(note_id=note_id))


@post("/v1/notes", status_code=201)
async def post_note(data: JSONBody[WriteNote], caller: NamedDependency[Caller]) -> Response[bytes]:
    return await caller.do(write_notes, data, status=201)


@post("/v1/sent-notes", status_code=201)
async def post_sent_note(data: JSONBody[SendNote], caller: NamedDependency[Caller]) -> Response[bytes]:
    return await caller.do(send_notes, data, status=201)


@get("/v1/notes/{note_id:uuid}")
async def get_note(note_id: FromPath[UUID], caller: NamedDependency[Caller]) -> dict[str, Any]:
    async with caller.reading("notes:read") as tx:
        row = await tx.fetchrow("select text from notes where note_id = $1", note_id)
    if row is None:
        raise not_found("note")
    return {"text": row["text"]}


async def keep_key(
    database: Database, *, scopes: tuple[str, ...] = ("notes:read", "notes:write"), is_revoked: bool = False
) -> str:
    """Keep an API key and return it as its holder writes it."""
    secret, api_key_id = make_secret(), new_id()
    key = ApiKey(
        api_key_id=api_key_id,
        firm_id=FIRM,
        label="test",
        secret_sha256=secret_digest(secret),
        scopes=scopes,
        staff_user_id=None,
        is_revoked=is_revoked,
        revision=1,
    )
    async with database.transaction() as tx:
        await upsert_api_keys(tx, [key])
    return written_key(api_key_id, secret)


@asynccontextmanager
async def serving(database: Database, progress: Progress | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, without a key."""
    app = build_app("sharing", [post_note, post_sent_note, get_note], database, progress or Progress())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as made:
        yield made


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key that may do everything."""
    async with serving(database) as made:
        made.headers["authorization"] = f"Bearer {await keep_key(database)}"
        yield made


def note(text: str = "x") -> dict[str, str]:
    return {"note_id": str(new_id()), "text": text}


async def count_of(database: Database, table: str) -> int:
    async with database.reading() as tx:
        counts = {
            "notes": await tx.fetchval("select count(*) from notes"),
            "idempotency": await tx.fetchval("select count(*) from idempotency"),
        }
    return counts[table]


def assert_problem(answer: httpx.Response, status: int, slug: str) -> None:
    """RFC 9457, with a slug that stays the same."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem["type"] == f"urn:handbill:problem:{slug}"
    assert (problem["slug"], problem["status"]) == (slug, status)
    assert problem["title"]
    assert problem["detail"]


@pytest.mark.proves("X5")
@pytest.mark.parametrize(
    ("body", "slug", "status"),
    [
        pytest.param(b'{"note_id": "%b", "text": "x", "secret": "%b"}', "invalid_request", 422, id="unknown field"),
        pytest.param(b'{"note_id": "%b"}', "invalid_request", 422, id="missing field"),
        pytest.param(b'{"note_id": "4711-secret-4711", "text": 7}', "invalid_request", 422, id="fields of another form"),
        pytest.param(b'"4711-secret-4711"', "invalid_request", 422, id="no object"),
        pytest.param(b'{"note_id": 4711-secret-4711', "bad_request", 400, id="no JSON"),
        pytest.param(b"\xff\xfe", "bad_request", 400, id="no text"),
        pytest.param(b"", "invalid_request", 422, id="nothing"),
        pytest.param(b"[" * 100_000, "bad_request", 400, id="nested deeply"),
        pytest.param(b'"%b"' % (b"x" * BODY_BYTES_MAX), "request_too_large", 413, id="too large"),
    ],
)
async def test_a_bad_body_is_a_problem_that_never_repeats_what_was_sent(
    client: httpx.AsyncClient, database: Database, body: bytes, slug: str, status: int
) -> None:
    body = body.replace(b"%b", str(new_id()).encode(), 1).replace(b"%b", SECRET_TEXT.encode())
    answer = await client.post("/v1/notes", content=body, headers={"content-type": "application/json"})
    assert_problem(answer, status, slug)
    assert "4711" not in answer.text
    assert await count_of(database, "notes") == 0


async def test_every_fault_of_a_body_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes", json={"note_id": SECRET_TEXT, "more": SECRET_TEXT})
    assert {fault["field"] for fault in answer.json()["errors"]} == {"note_id", "text", "more"}
    assert SECRET_TEXT not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("DELETE", "/v1/notes", 405, "method_not_allowed"),
        ("GET", "/v1/notes/4711-secret-4711", 404, "not_found"),
        ("GET", f"/v1/notes/{new_id()}", 404, "unknown_note"),
    ],
)
async def test_what_is_not_there_is_a_problem_too(
    client: httpx.AsyncClient, method: str, path: str, status: int, slug: str
) -> None:
    answer = await client.request(method, path)
    assert_problem(answer, status, slug)
    assert SECRET_TEXT not in answer.text


@pytest.mark.proves("X5")
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer x",
        "Basic {key}",
        "Bearer {key}x",
        "Bearer hbk_{unknown}_secret",
        "Bearer hbk_nothexnothexnothexnothexnothexno_secret",
        "Bearer sk_{unknown}_secret",
        "Bearer hbk_{unknown}_",
        "Bearer hbk_{unknown}_s\u00e9cret",
        "Bearer {revoked}",
    ],
)
@pytest.mark.parametrize("body", [{"text": "x"}, {"note_id": str(new_id()), "text": "x"}], ids=["bad body", "good body"])
async def test_without_a_valid_key_nobody_learns_anything(
    database: Database, authorization: str | None, body: dict[str, str]
) -> None:
    key, revoked = await keep_key(database), await keep_key(database, is_revoked=True)
    headers = httpx.Headers(encoding="latin-1")
    if authorization is not None:
        headers["authorization"] = authorization.format(key=key, revoked=revoked, unknown=new_id().hex)
    async with serving(database) as stranger:
        answer = await stranger.post("/v1/notes", json=body, headers=headers)
    assert_problem(answer, 401, "not_authenticated")
    assert await count_of(database, "notes") == 0


@pytest.mark.proves("X5")
async def test_a_key_does_what_its_scopes_say(database: Database) -> None:
    async with serving(database) as reader:
        reader.headers["authorization"] = f"Bearer {await keep_key(database, scopes=('notes:read',))}"
        assert_problem(await reader.post("/v1/notes", json=note()), 403, "scope_missing")
        assert_problem(await reader.get(f"/v1/notes/{new_id()}"), 404, "unknown_note")
        reader.headers["authorization"] = f"Bearer {await keep_key(database, scopes=('notes:write',))}"
        assert_problem(await reader.get(f"/v1/notes/{new_id()}"), 403, "scope_missing")
        assert (await reader.post("/v1/notes", json=note())).status_code == 201


@pytest.mark.proves("X5")
async def test_what_tells_somebody_needs_an_idempotency_key(client: httpx.AsyncClient, database: Database) -> None:
    assert_problem(await client.post("/v1/sent-notes", json=note()), 400, "idempotency_key_missing")
    assert await count_of(database, "notes") == 0
    answer = await client.post("/v1/sent-notes", json=note(), headers={"idempotency-key": "k"})
    assert answer.status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
async def test_an_idempotency_key_has_a_form(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post("/v1/notes", json=note(), headers={"idempotency-key": key})
    assert_problem(answer, 422, "invalid_idempotency_key")


@pytest.mark.proves("X5")
@pytest.mark.parametrize(("text", "status", "notes"), [("x", 201, 1), ("refuse", 409, 0)])
async def test_the_same_request_again_has_the_same_answer_byte_for_byte(
    client: httpx.AsyncClient, database: Database, text: str, status: int, notes: int
) -> None:
    body, headers = note(text), {"idempotency-key": "k"}
    first, second = [await client.post("/v1/notes", json=body, headers=headers) for _ in range(2)]
    assert first.status_code == second.status_code == status
    assert first.content == second.content
    assert first.headers["content-type"] == second.headers["content-type"]
    assert await count_of(database, "notes") == notes


@pytest.mark.proves("X5")
async def test_a_key_for_another_request_is_refused_and_belongs_to_its_caller(
    client: httpx.AsyncClient, database: Database
) -> None:
    headers = {"idempotency-key": "k"}
    body = note()
    assert (await client.post("/v1/notes", json=body, headers=headers)).status_code == 201
    for path, other in (("/v1/notes", note()), ("/v1/sent-notes", body)):
        assert_problem(await client.post(path, json=other, headers=headers), 422, "idempotency_key_reused")
    client.headers["authorization"] = f"Bearer {await keep_key(database)}"
    assert (await client.post("/v1/notes", json=note(), headers=headers)).status_code == 201
    assert await count_of(database, "notes") == 2


@pytest.mark.proves("X5")
async def test_sixteen_at_once_have_one_effect_and_one_answer(client: httpx.AsyncClient, database: Database) -> None:
    body, headers = note(), {"idempotency-key": "k"}
    answers = await asyncio.gather(*(client.post("/v1/notes", json=body, headers=headers) for _ in range(16)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await count_of(database, "notes") == 1


async def test_a_duplicate_of_a_request_that_takes_too_long_is_told_so(
    client: httpx.AsyncClient, database: Database
) -> None:
    body, headers = note(), {"idempotency-key": "k"}
    async with database.transaction() as tx:
        # What the first request holds while it is under way.
        principal = await tx.fetchval("select 'api_key:' || api_key_id from api_keys")
        await tx.execute(
            "insert into idempotency (firm_id, principal, key, route, request_sha256) values ($1, $2, 'k', 'x', 'x')",
            FIRM,
            principal,
        )
        answer = await client.post("/v1/notes", json=body, headers=headers)
        assert_problem(answer, 409, "idempotency_key_in_use")
    assert await count_of(database, "notes") == 0


async def test_without_a_key_each_request_has_its_effect(client: httpx.AsyncClient, database: Database) -> None:
    body = note()
    assert [(await client.post("/v1/notes", json=body)).status_code for _ in range(2)] == [201, 201]
    assert await count_of(database, "notes") == 2


async def test_what_is_not_known_yet_is_waited_for(client: httpx.AsyncClient, database: Database) -> None:
    asking = asyncio.create_task(
        client.post("/v1/notes", json=note("needs paper"), headers={"idempotency-key": "k"})
    )
    assert (await client.post("/v1/notes", json=note("paper"))).status_code == 201
    assert (await asking).status_code == 201
    assert await count_of(database, "notes") == 2


async def test_what_stays_unknown_is_a_conflict_that_leaves_no_key_behind(
    client: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller_module, "PATIENCE_SECONDS", 0.3)
    body, headers = note("needs paper"), {"idempotency-key": "k"}
    assert_problem(await client.post("/v1/notes", json=body, headers=headers), 409, "not_yet_known")
    assert await count_of(database, "idempotency") == 0
    await client.post("/v1/notes", json=note("paper"))
    assert (await client.post("/v1/notes", json=body, headers=headers)).status_code == 201


async def test_a_bug_is_told_to_the_log_and_not_to_the_caller(client: httpx.AsyncClient, database: Database) -> None:
    answer = await client.post("/v1/notes", json=note("fail"), headers={"idempotency-key": "k"})
    assert_problem(answer, 500, "internal_error")
    assert SECRET_TEXT not in answer.text
    assert await count_of(database, "idempotency") == 0


@pytest.mark.fault
async def test_while_the_database_is_away_the_process_lives_and_says_so(
    stack: Stack, new_database: Callable[[str], Awaitable[str]]
) -> None:
    server = urlsplit(await new_database("chassis"))
    async with proxied(server.hostname or "", server.port or 0) as proxy:
        through = server._replace(netloc=f"{server.username}:{server.password}@127.0.0.1:{proxy.port}").geturl()
        async with opened(through) as database, serving(database) as client:
            client.headers["authorization"] = f"Bearer {await keep_key(database)}"
            assert [(await client.get(path)).status_code for path in ("/live", "/ready")] == [200, 200]
            proxy.refuse()
            assert (await client.get("/live")).status_code == 200
            assert (await client.get("/ready")).status_code == 503
            for answer in (await client.post("/v1/notes", json=note()), await client.get(f"/v1/notes/{new_id()}")):
                assert_problem(answer, 503, "unavailable")
                assert answer.headers["retry-after"]
                assert str(proxy.port) not in answer.text
            proxy.allow()

            async def is_ready() -> bool:
                return (await client.get("/ready")).status_code == 200

            await eventually(is_ready)


async def test_a_stuck_loop_makes_the_process_restart(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress()
    progress.made("relay")
    async with serving(database, progress) as client:
        assert (await client.get("/live")).status_code == 200
        monkeypatch.setattr("chassis.health.STUCK_SECONDS", -1.0)
        answer = await client.get("/live")
    assert (answer.status_code, answer.json()["stuck"]) == (503, ["relay"])
    assert STUCK_SECONDS == 60.0


async def test_health_tells_strangers_no_addresses(database: Database) -> None:
    progress = Progress()
    progress.waiting("relay", "OSError")
    async with serving(database, progress) as client:
        assert (await client.get("/live")).json() == {"stuck": [], "waits": {"relay": "OSError"}}


async def test_the_openapi_document_lists_the_routes_and_not_health(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi/openapi.json")).json()
    assert sorted(document["paths"]) == ["/v1/notes", "/v1/notes/{note_id}", "/v1/sent-notes"]
