"""What a service would do with notes: one use case, its routes. For tests of the plumbing from end to end."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from chassis.database import Tx
from chassis.http.caller import Caller, not_found
from chassis.http.openapi import asks
from chassis.outcome import Done, NotYetKnown, Outcome, Refused, Request
from chassis.testing.notes import NoteWritten, SendNote, WriteNote

CAUSE_OF_FAILURE = "4711-secret-4711"


async def write_notes(tx: Tx, requests: Sequence[Request[Any]]) -> list[Outcome]:
    """Keep notes; `refuse` is refused, `fail` fails, and `needs x` waits for a note that says x."""
    return [await _write_note(tx, request.command.note_id, request.command.text) for request in requests]


async def _write_note(tx: Tx, note_id: UUID, text: str) -> Outcome:
    needed = text.removeprefix("needs ")
    if text == "refuse":
        return Refused("no_room", "the notebook is full", {"notes_max": 2})
    if text == "fail":
        raise ValueError(CAUSE_OF_FAILURE)
    if needed != text and not await tx.fetchval("select exists (select from notes where text = $1)", needed):
        return NotYetKnown("note")
    await tx.execute("insert into notes (note_id, event_id, text) values ($1, $1, $2)", note_id, text)
    return Done(NoteWritten(note_id=note_id))


@post("/v1/notes", status_code=201, opt=asks(WriteNote))
async def post_note(data: JSONBody[WriteNote], caller: NamedDependency[Caller]) -> Response[NoteWritten]:
    """Keep a note."""
    return await caller.do(write_notes, data, status=201)


@post("/v1/sent-notes", status_code=201, opt=asks(SendNote))
async def post_sent_note(data: JSONBody[SendNote], caller: NamedDependency[Caller]) -> Response[NoteWritten]:
    """Keep a note and tell somebody."""
    return await caller.do(write_notes, data, status=201)


@get("/v1/notes/{note_id:uuid}")
async def get_note(note_id: FromPath[UUID], caller: NamedDependency[Caller]) -> dict[str, str]:
    """Read a note."""
    async with caller.reading("notes:read") as tx:
        row = await tx.fetchrow("select text from notes where note_id = $1", note_id)
    if row is None:
        raise not_found("note")
    return {"text": row["text"]}


ROUTES: list[ControllerRouterHandler] = [post_note, post_sent_note, get_note]
