"""Commands that end later, and routes for services alone."""

from collections.abc import Sequence
from typing import Any

import pytest
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from chassis.database import Database, Tx
from chassis.health import Progress
from chassis.http.caller import Caller
from chassis.http.openapi import asks
from chassis.http.service_token import service_guard
from chassis.ids import new_id
from chassis.intake.commands import command_consumer, command_route
from chassis.intake.guard import Guard
from chassis.outcome import Accepted, Outcome, Request
from chassis.testing.http_client import assert_problem, keep_api_key, serving
from chassis.testing.notes import NoteWritten, SendNote, WriteNote
from chassis.testing.records import record_of

TOKEN = "s" * 40


async def keep_notes(tx: Tx, requests: Sequence[Request[Any]]) -> list[Outcome]:
    """Keep notes that somebody else will end."""
    for request in requests:
        note_id = request.command.note_id
        await tx.execute("insert into notes (note_id, event_id, text) values ($1, $1, 'kept')", note_id)
    return [Accepted(request.cause.message_id) for request in requests]


@post("/v1/kept-notes", status_code=201, opt=asks(SendNote, ends_later=True))
async def post_kept_note(data: JSONBody[SendNote], caller: NamedDependency[Caller]) -> Response[NoteWritten]:
    return await caller.do(keep_notes, data, status=201)


@get("/v1/inner", guards=[service_guard(TOKEN)])
async def get_inner() -> dict[str, str]:
    return {"inner": "yes"}


@pytest.mark.proves("X1", "X5")
async def test_http_says_where_the_end_will_be_found_and_says_so_again(database: Database) -> None:
    async with serving(database, [post_kept_note]) as client:
        _, client.headers["authorization"] = await keep_api_key(database, "notes:write")
        body, headers = {"note_id": str(new_id()), "text": "x"}, {"idempotency-key": "k"}
        first, again = [await client.post("/v1/kept-notes", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, first.json()["state"]) == (202, "waiting")
    assert first.headers["location"] == f"/v1/commands/{first.json()['command_id']}"
    assert (again.status_code, again.content, again.headers["location"]) == (
        202, first.content, first.headers["location"],
    )  # fmt: skip


@pytest.mark.proves("X1")
async def test_a_command_by_topic_that_is_accepted_is_not_answered_yet_and_handled_once(database: Database) -> None:
    consumer = command_consumer("sharing", [command_route("sharing", WriteNote, keep_notes)])
    record = record_of(WriteNote(note_id=new_id(), text="x"), 0)
    for _ in range(2):
        await Guard(database, consumer, Progress()).handle([record])
    async with database.reading() as tx:
        assert await tx.fetchval("select count(*) from notes") == 1
        assert await tx.fetchval("select count(*) from outbox") == 0
        assert await tx.fetchval("select count(*) from parked") == 0


@pytest.mark.proves("X5")
async def test_a_route_for_services_opens_to_their_token_and_to_no_api_key(database: Database) -> None:
    async with serving(database, [get_inner]) as client:
        _, api_key = await keep_api_key(database, "notes:read")
        for sent in ("", "Bearer", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", api_key):
            assert_problem(await client.get("/v1/inner", headers={"authorization": sent}), 401, "not_authenticated")
        opened = await client.get("/v1/inner", headers={"authorization": f"Bearer {TOKEN}"})
    assert (opened.status_code, opened.json()) == (200, {"inner": "yes"})
