"""Messages that belong to no service, and a table of what they did: for tests of the plumbing itself."""

from collections.abc import Sequence
from types import new_class
from typing import LiteralString, cast
from uuid import UUID

from chassis.database import Tx
from chassis.intake.route import Received
from contracts.message import Command, Fact, Part, State
from contracts.topics import Topic


class Note(Fact):
    """Somebody wrote something down."""

    note_id: UUID
    text: str


class NoteState(State):
    """What a note says now."""

    note_id: UUID
    text: str


class WriteNote(Command, to="sharing", key="note_id", scope="notes:write"):
    """Write something down."""

    note_id: UUID
    text: str


class SendNote(Command, to="sharing", key="note_id", scope="notes:write", outward=True):
    """Write something down and tell somebody."""

    note_id: UUID
    text: str


class NoteWritten(Part):
    """What the writer of a note is told."""

    note_id: UUID


def note_on(topic: Topic) -> type[Note]:
    """Make the Note that travels on this topic."""
    return cast("type[Note]", new_class("Note", (Note,), {"topic": topic, "key": "note_id"}))


def note_state_on(topic: Topic) -> type[NoteState]:
    """Make the NoteState that travels on this topic."""
    return cast("type[NoteState]", new_class("NoteState", (NoteState,), {"topic": topic, "key": "note_id"}))


# No key: a note that is kept twice is seen twice.
CREATE_NOTES: LiteralString = """
create table notes (
    position bigint generated always as identity,
    note_id uuid not null,
    event_id uuid not null,
    text text not null
)
"""
_INSERT: LiteralString = """
insert into notes (note_id, event_id, text)
select note_id, event_id, text from unnest($1::uuid[], $2::uuid[], $3::text[])
    with ordinality as note (note_id, event_id, text, position) order by position
"""
_LIST: LiteralString = "select note_id, text from notes order by position"


async def insert_notes(tx: Tx, notes: Sequence[Received[Note]]) -> None:
    """Keep notes in the order given. Not safe to repeat: the inbox is."""
    await tx.execute(
        _INSERT,
        [note.data.note_id for note in notes],
        [note.envelope.id for note in notes],
        [note.data.text for note in notes],
    )


async def list_notes(tx: Tx) -> list[tuple[UUID, str]]:
    """Whatever was kept, in the order in which it was kept."""
    return [(row["note_id"], row["text"]) for row in await tx.fetch(_LIST)]
