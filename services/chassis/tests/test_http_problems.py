"""Errors by HTTP: problem+json with a stable slug, which never repeats what was sent."""

import httpx
import pytest

from chassis.database import Database
from chassis.http.app import BODY_BYTES_MAX
from chassis.ids import new_id
from chassis.testing.http_client import assert_problem
from chassis.testing.notes_service import CAUSE_OF_FAILURE


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
