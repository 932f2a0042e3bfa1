"""Errors by HTTP: problem+json with a stable slug, which never repeats what was sent."""

from typing import Any

import httpx
import pytest
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from pydantic import TypeAdapter, ValidationError

from chassis.database import Database
from chassis.http.accepted import AcceptedBody
from chassis.http.app import BODY_BYTES_MAX
from chassis.http.caller import Caller
from chassis.http.openapi import asks
from chassis.ids import new_id
from chassis.testing.http_client import assert_problem, keep_api_key, serving
from chassis.testing.notes import WriteNote
from chassis.testing.notes_service import CAUSE_OF_FAILURE, write_notes
from contracts.fields import Currency, EmailAddress, Phone, Scope, plain_fault


def note(text: str = "x") -> dict[str, str]:
    return {"note_id": str(new_id()), "text": text}


async def count_notes(database: Database) -> int:
    async with database.reading() as tx:
        return await tx.fetchval("select count(*) from notes")


@pytest.mark.proves("X5")
@pytest.mark.parametrize(
    ("body", "slug", "status"),
    [
        pytest.param(b'{"note_id": "%b", "text": "x", "secret": "%b"}', "invalid_request", 422, id="unknown field"),
        pytest.param(b'{"note_id": "%b"}', "invalid_request", 422, id="missing field"),
        pytest.param(
            b'{"note_id": "4711-secret-4711", "text": 7}', "invalid_request", 422, id="fields of another form"
        ),
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
    body = body.replace(b"%b", str(new_id()).encode(), 1).replace(b"%b", CAUSE_OF_FAILURE.encode())
    answer = await client.post("/v1/notes", content=body, headers={"content-type": "application/json"})
    assert_problem(answer, status, slug)
    assert "4711" not in answer.text
    assert await count_notes(database) == 0


async def test_every_fault_of_a_body_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/notes", json={"note_id": CAUSE_OF_FAILURE, "more": CAUSE_OF_FAILURE})
    assert {fault["field"] for fault in answer.json()["errors"]} == {"note_id", "text", "more"}
    assert CAUSE_OF_FAILURE not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("DELETE", "/v1/notes", 405, "method_not_allowed"),
        ("GET", "/v1/notes/4711-secret-4711", 404, "not_found"),
        ("GET", "/v1/notes/0199c0de-0000-7000-8000-000000000001", 404, "unknown_note"),
    ],
)
async def test_what_is_not_there_is_a_problem_too(
    client: httpx.AsyncClient, method: str, path: str, status: int, slug: str
) -> None:
    answer = await client.request(method, path)
    assert_problem(answer, status, slug)
    assert CAUSE_OF_FAILURE not in answer.text


async def test_a_bug_is_told_to_the_log_and_not_to_the_caller(client: httpx.AsyncClient, database: Database) -> None:
    answer = await client.post("/v1/notes", json=note("fail"), headers={"idempotency-key": "k"})
    assert_problem(answer, 500, "internal_error")
    assert CAUSE_OF_FAILURE not in answer.text


async def test_the_openapi_document_lists_the_routes_and_not_health(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi/openapi.json")).json()
    assert sorted(document["paths"]) == ["/v1/notes", "/v1/notes/{note_id}", "/v1/sent-notes"]


async def test_the_openapi_document_says_who_may_what_it_answers_and_why_not(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi/openapi.json")).json()
    told, kept = (document["paths"][path]["post"] for path in ("/v1/sent-notes", "/v1/notes"))
    assert document["components"]["securitySchemes"]["api_key"]["scheme"] == "bearer"
    assert told["security"] == [{"api_key": []}]
    assert (told["summary"], "`notes:write`" in told["description"]) == ("Keep a note and tell somebody", True)
    keys = [one for operation in (told, kept) for one in operation["parameters"] if one["name"] == "Idempotency-Key"]
    assert [one["required"] for one in keys] == [True, False]
    assert told["responses"]["201"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/NoteWritten"
    }
    assert {"400", "401", "403", "409", "422", "503"} <= set(told["responses"])
    for status, response in told["responses"].items():
        if status != "201":
            assert list(response["content"]) == ["application/problem+json"], status


def lying_route() -> Any:
    @post("/v1/lies", status_code=201, opt=asks(WriteNote))
    async def post_lie(data: JSONBody[WriteNote], caller: NamedDependency[Caller]) -> Response[AcceptedBody]:
        return await caller.do(write_notes, data, status=201)

    return post_lie


async def test_a_route_cannot_answer_something_else_than_it_declares(database: Database) -> None:
    async with serving(database, [lying_route()]) as client:
        _, client.headers["authorization"] = await keep_api_key(database, "notes:write")
        assert_problem(await client.post("/v1/lies", json=note()), 500, "internal_error")
    assert await count_notes(database) == 0


async def test_messages_say_in_words_what_is_expected(client: httpx.AsyncClient) -> None:
    for body in (b"", b"[]", b"7"):
        answer = await client.post("/v1/notes", content=body, headers={"content-type": "application/json"})
        assert [fault["message"] for fault in answer.json()["errors"]] == ["send a JSON object"], body
    words_of: tuple[tuple[Any, str], ...] = (
        (EmailAddress, "e-mail"),
        (Currency, "USD"),
        (Scope, "invoices:read"),
        (Phone, "+43"),
    )
    for field_type, words in words_of:
        with pytest.raises(ValidationError) as raised:
            TypeAdapter(field_type).validate_python("?")
        said = plain_fault(raised.value.errors()[0]["msg"])
        assert (words in said, "pattern" in said) == (True, False)


async def test_a_key_that_is_not_known_is_told_from_no_key(client: httpx.AsyncClient) -> None:
    client.headers["authorization"] = "Bearer hbk_x"
    assert "mistyped, revoked" in (await client.get(f"/v1/notes/{new_id()}")).json()["detail"]
    del client.headers["authorization"]
    assert "send `Authorization" in (await client.get(f"/v1/notes/{new_id()}")).json()["detail"]
