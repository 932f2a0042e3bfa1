"""A batch in one transaction: whose turn it is among messages of several types, on real PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Database, Tx
from chassis.ids import new_id
from chassis.intake.apply import apply_batch
from chassis.intake.commands import command_consumer, command_route
from chassis.intake.reading import read
from chassis.intake.route import Consumer, Received, fact_consumer, fact_route
from chassis.outcome import Done, Outcome, Request
from chassis.parked import RawRecord
from chassis.testing.notes import Note, NoteWritten, SendNote, WriteNote, note_on, note_state_on
from chassis.testing.records import record_of
from contracts.message import Message
from contracts.topics import Topic

TopicNote = note_on(Topic("test.note.v1", "invoices", "facts"))
TopicNoteState = note_state_on(Topic("test.note-state.v1", "invoices", "state"))


def records_of(*messages: Message) -> list[RawRecord]:
    return [record_of(message, offset) for offset, message in enumerate(messages)]


async def apply(database: Database, consumer: Consumer, records: Sequence[RawRecord]) -> None:
    async with database.transaction() as tx:
        await apply_batch(tx, consumer, [read(consumer, record) for record in records])


async def test_facts_of_a_batch_take_turns_in_the_order_of_their_routes(database: Database) -> None:
    handled: list[list[str]] = []

    async def see(tx: Tx, notes: Sequence[Received[Note]]) -> None:
        handled.append([note.data.text for note in notes])

    consumer = fact_consumer("test", [fact_route(TopicNoteState, see), fact_route(TopicNote, see)])
    one, other, third = new_id(), new_id(), new_id()

    def note(note_id: UUID, text: str) -> Note:
        return TopicNote(note_id=note_id, text=text)

    state = TopicNoteState(note_id=other, text="state of another")
    records = records_of(note(one, "one"), state, note(third, "third"), TopicNoteState(note_id=one, text="later"))
    await apply(database, consumer, records)
    assert handled == [["state of another"], ["one", "third"], ["later"]]


async def test_commands_of_a_batch_take_turns_as_they_came(database: Database) -> None:
    """One may name what the one before it makes: the other way round it would have to wait."""
    handled: list[str] = []

    async def see(tx: Tx, requests: Sequence[Request[WriteNote] | Request[SendNote]]) -> list[Outcome]:
        handled.extend(request.command.text for request in requests)
        return [Done(NoteWritten(note_id=request.command.note_id)) for request in requests]

    consumer = command_consumer(
        "sharing", [command_route("sharing", WriteNote, see), command_route("sharing", SendNote, see)]
    )
    await apply(
        database,
        consumer,
        records_of(SendNote(note_id=new_id(), text="first"), WriteNote(note_id=new_id(), text="second")),
    )
    assert handled == ["first", "second"]
