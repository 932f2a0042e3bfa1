"""One effect and one answer per Idempotency-Key; and commands that name what has not arrived yet."""

import asyncio

import httpx
import pytest

from chassis.database import Database
from chassis.http import caller as caller_module
from chassis.ids import new_id
from chassis.testing.http_client import assert_problem, keep_api_key
from chassis.testing.records import FIRM


def note(text: str = "x") -> dict[str, str]:
    return {"note_id": str(new_id()), "text": text}


async def count_of(database: Database, table: str) -> int:
    async with database.reading() as tx:
        counts = {
            "notes": await tx.fetchval("select count(*) from notes"),
            "idempotency": await tx.fetchval("select count(*) from idempotency"),
        }
    return counts[table]


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
    _, client.headers["authorization"] = await keep_api_key(database, "notes:write")
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
    asking = asyncio.create_task(client.post("/v1/notes", json=note("needs paper"), headers={"idempotency-key": "k"}))
    assert (await client.post("/v1/notes", json=note("paper"))).status_code == 201
    assert (await asking).status_code == 201
    assert await count_of(database, "notes") == 2


async def test_what_stays_unknown_is_a_conflict_that_leaves_no_key_behind(
    client: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller_module, "PATIENCE_SECONDS", 0.3)
    body, headers = note("needs paper"), {"idempotency-key": "k"}
    answer = await client.post("/v1/notes", json=body, headers=headers)
    assert_problem(answer, 409, "not_yet_known")
    assert (answer.json()["missing"], answer.headers["retry-after"]) == ("note", "2")
    assert await count_of(database, "idempotency") == 0
    await client.post("/v1/notes", json=note("paper"))
    assert (await client.post("/v1/notes", json=body, headers=headers)).status_code == 201
