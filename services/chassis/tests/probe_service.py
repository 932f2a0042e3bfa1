"""A service of the test's own, run as processes that can be killed: it keeps the notes of one topic.

Its database, group and topic come from the environment; `write` asks it over HTTP.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from chassis.database import Tx
from chassis.http.caller import Caller
from chassis.intake.route import fact_consumer, fact_route
from chassis.outcome import Done, Outcome, Request
from chassis.runtime import run
from chassis.service import Service
from chassis.settings import ServiceSettings, load_settings
from chassis.testing.notes import NoteWritten, WriteNote, insert_notes, note_on
from contracts.topics import Topic


async def write_notes(tx: Tx, requests: Sequence[Request[WriteNote]]) -> list[Outcome]:
    for request in requests:
        await tx.execute(
            "insert into notes (note_id, event_id, text) values ($1, $1, $2)",
            request.command.note_id,
            request.command.text,
        )
    return [Done(NoteWritten(note_id=request.command.note_id)) for request in requests]


@post("/v1/notes")
async def post_note(data: JSONBody[WriteNote], caller: NamedDependency[Caller]) -> Response[bytes]:
    return await caller.do(write_notes, data)


def build() -> Service:
    note = note_on(Topic(os.environ["PROBE_TOPIC"], "invoices", "facts"))
    routes: list[Any] = [fact_route(note, insert_notes)]
    consumer = fact_consumer(os.environ["PROBE_GROUP"], routes)
    return Service("invoices", load_settings(ServiceSettings), [post_note], [consumer])


if __name__ == "__main__":
    run(build(), sys.argv[1:])
