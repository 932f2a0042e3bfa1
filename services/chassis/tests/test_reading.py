"""Every odd record has an expected end: read, skipped, or parked with a reason."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from chassis.ids import new_id
from chassis.intake.commands import command_consumer, command_route
from chassis.intake.reading import Readable, Reading, Skipped, read
from chassis.intake.route import Consumer, fact_consumer, fact_route
from chassis.parked import Parked, RawRecord
from chassis.testing.notes import SendNote, WriteNote, insert_notes, note_on, note_state_on
from chassis.testing.records import FIRM, body_of, record_of
from chassis.wire import UnreadableEnvelopeError, WireEnvelope, read_envelope
from contracts.envelope import Envelope
from contracts.topics import Topic

FACTS = Topic("test.note.v1", "invoices", "facts")
STATE = Topic("test.note-state.v1", "invoices", "state")
Note = note_on(FACTS)
NoteState = note_state_on(STATE)
NOTE_ID = UUID("0198bbbb-0000-7000-8000-000000000001")
NOTE = Note(note_id=NOTE_ID, text="seen")
COMMAND = WriteNote(note_id=NOTE_ID, text="asked")


async def no_use_case(*_: object) -> list[Any]:
    return []


FACT_CONSUMER = fact_consumer("test", [fact_route(Note, insert_notes), fact_route(NoteState, insert_notes)])
COMMAND_CONSUMER = command_consumer("sharing", [command_route("sharing", WriteNote, no_use_case)])


def changed(record: RawRecord, **attributes: Any) -> RawRecord:
    """The same record with other envelope attributes; None takes one away."""
    body = msgspec.json.decode(record.value or b"") | attributes
    return replace(record, value=msgspec.json.encode({name: it for name, it in body.items() if it is not None}))


def end_of(reading: Reading) -> str:
    match reading:
        case Parked():
            return f"{reading.kind}: {reading.reason}"
        case Skipped():
            return "skipped"
        case Readable():
            return "read"


FACT = record_of(NOTE, 7)
ASKED = record_of(COMMAND, 7)
NESTED = b"[" * 100_000 + b"]" * 100_000

ODD_RECORDS = {
    "as it should be": (FACT, "read"),
    "bytes that are no text": (replace(FACT, value=b"\xff\xfe\x00\x01"), "poison: unreadable_envelope"),
    "empty": (replace(FACT, value=b""), "poison: unreadable_envelope"),
    "no JSON": (replace(FACT, value=b"{note"), "poison: unreadable_envelope"),
    "a JSON array": (replace(FACT, value=b"[]"), "poison: unreadable_envelope"),
    "JSON after JSON": (replace(FACT, value=(FACT.value or b"") * 2), "poison: unreadable_envelope"),
    "another specversion": (changed(FACT, specversion="0.3"), "poison: unreadable_envelope"),
    "time without zone": (changed(FACT, time="2026-11-22T10:00:00"), "poison: unreadable_envelope"),
    "no time": (changed(FACT, time="soon"), "poison: unreadable_envelope"),
    "no id": (changed(FACT, id=None), "poison: unreadable_envelope"),
    "an id that is none": (changed(FACT, id="7"), "poison: unreadable_envelope"),
    "no firm": (changed(FACT, firm=None), "poison: unreadable_envelope"),
    "no data": (changed(FACT, data=None), "poison: unreadable_envelope"),
    "revision zero": (changed(FACT, revision=0), "poison: unreadable_envelope"),
    "revision beyond the database": (changed(FACT, revision=2**31), "poison: unreadable_envelope"),
    "an actor of no kind": (changed(FACT, actor="somebody"), "poison: unreadable_envelope"),
    "a subject with NUL": (changed(FACT, subject="a\x00b"), "poison: unreadable_envelope"),
    "a source with NUL": (changed(FACT, source="a\x00b"), "poison: unreadable_envelope"),
    "unknown attributes": (changed(FACT, traceflags="1", dataschema="x"), "read"),
    "another type of the topic": (changed(FACT, type="handbill.invoices.noise.v1"), "skipped"),
    "a type that is none": (changed(FACT, type=""), "skipped"),
    "an unknown version": (changed(FACT, type="handbill.invoices.note.v2"), "poison: unknown_version"),
    "data of another form": (changed(FACT, data={"note_id": 7}), "poison: invalid_data"),
    "data that is no object": (changed(FACT, data=[]), "poison: invalid_data"),
    "data with a field more": (changed(FACT, data={"note_id": str(NOTE_ID), "text": "x", "more": 1}), "read"),
    "data that is no text": (
        replace(FACT, value=(FACT.value or b"").replace(b"seen", b"se\xffen")),
        "poison: invalid_data",
    ),
    "deep nesting": (replace(FACT, value=NESTED), "poison: unreadable_envelope"),
    "deep nesting in data": (
        replace(FACT, value=(FACT.value or b"").replace(b'"seen"', NESTED)),
        "poison: unreadable_envelope",
    ),
    "deep nesting in an attribute that nobody knows": (
        replace(FACT, value=(FACT.value or b"")[:-1] + b',"odd":' + NESTED + b"}"),
        "poison: unreadable_envelope",
    ),
    "a megabyte": (record_of(Note(note_id=NOTE_ID, text="x" * 1_000_000), 7), "read"),
    "a megabyte of nothing": (replace(FACT, value=b" " * 1_000_000), "poison: unreadable_envelope"),
    "no key": (replace(FACT, key=None), "read"),
    "a key that is no text": (replace(FACT, key=b"\xff\x00"), "read"),
    "null": (replace(FACT, value=None), "poison: null_value"),
    "a ce_ header that is no text": (replace(FACT, headers=(("ce_type", b"\xff"),)), "poison: unreadable_header"),
    "a ce_ header that is null": (replace(FACT, headers=(("ce_id", None),)), "poison: unreadable_header"),
    "other odd headers": (replace(FACT, headers=(("x", b"\xff"), ("y", None), ("traceparent", b"?"))), "read"),
}


@pytest.mark.parametrize(("record", "end"), ODD_RECORDS.values(), ids=ODD_RECORDS)
def test_a_record_of_a_facts_topic_ends_as_expected(record: RawRecord, end: str) -> None:
    reading = read(FACT_CONSUMER, record)
    assert end_of(reading) == end
    if isinstance(reading, Parked):
        assert reading.record == record, "parked as it came"
        assert reading.delay_seconds is None, "an unreadable record is not tried again by itself"


ODD_COMMANDS = {
    "as it should be": (ASKED, "read"),
    "null": (replace(ASKED, value=None), "poison: null_value"),
    "no JSON": (replace(ASKED, value=b"{"), "poison: unreadable_envelope"),
    "an unknown version": (changed(ASKED, type="handbill.sharing.write-note.v9"), "poison: unknown_version"),
    "an unknown command": (record_of(SendNote(note_id=NOTE_ID, text="x"), 7), "read"),
    "data of another form": (changed(ASKED, data={}), "read"),
}


@pytest.mark.parametrize(("record", "end"), ODD_COMMANDS.values(), ids=ODD_COMMANDS)
def test_a_command_that_can_be_answered_is_read_even_if_it_is_wrong(record: RawRecord, end: str) -> None:
    assert end_of(read(COMMAND_CONSUMER, record)) == end


def test_a_null_value_deletes_state_and_is_not_for_this_consumer() -> None:
    record = record_of(NoteState(note_id=NOTE_ID, text="x"), 7)
    assert end_of(read(FACT_CONSUMER, record)) == "read"
    assert end_of(read(FACT_CONSUMER, replace(record, value=None))) == "skipped"


def test_a_parked_record_waits_under_its_key_and_a_message_under_its_aggregate() -> None:
    message = read(FACT_CONSUMER, replace(FACT, key=b"another key"))
    assert isinstance(message, Readable)
    assert message.ordering_key == str(NOTE_ID)
    poison = read(FACT_CONSUMER, replace(FACT, value=b""))
    assert isinstance(poison, Parked)
    assert poison.ordering_key == str(NOTE_ID)


@pytest.mark.parametrize("key", [b"\x00\xff", b"k" * 1_000_000, None], ids=["odd bytes", "a megabyte", "null"])
def test_any_key_becomes_an_ordering_key_that_the_database_takes(key: bytes | None) -> None:
    poison = read(FACT_CONSUMER, replace(FACT, key=key, value=b""))
    assert isinstance(poison, Parked)
    assert "\x00" not in poison.ordering_key
    assert len(poison.ordering_key.encode()) <= 500


@pytest.mark.parametrize("consumer", [FACT_CONSUMER, COMMAND_CONSUMER], ids=["facts", "commands"])
def test_why_a_record_is_parked_never_quotes_its_data(consumer: Consumer) -> None:
    for record in (FACT, ASKED):
        reading = read(consumer, changed(record, data={"note_id": "very secret", "text": 4711}))
        if isinstance(reading, Parked):
            assert "secret" not in reading.detail
            assert "4711" not in reading.detail


def test_the_wire_envelope_has_exactly_the_fields_of_the_contract() -> None:
    assert {field.name for field in msgspec.structs.fields(WireEnvelope)} == set(Envelope.model_fields)
    optional = {field.name for field in msgspec.structs.fields(WireEnvelope) if not field.required}
    assert optional == {name for name, field in Envelope.model_fields.items() if not field.is_required()}


@pytest.mark.parametrize("revision", [None, 3])
def test_contract_and_wire_read_what_the_other_writes(revision: int | None) -> None:
    ours = body_of(NOTE, revision=revision, causation=new_id())
    contract = Envelope.model_validate_json(ours)
    assert contract.firm == FIRM
    again = read_envelope(contract.model_dump_json().encode())
    assert msgspec.structs.replace(again, data=msgspec.Raw()) == msgspec.structs.replace(
        read_envelope(ours), data=msgspec.Raw()
    )
    assert msgspec.json.decode(again.data) == NOTE.model_dump(mode="json")


@pytest.mark.parametrize(
    "name", [name for name, (_, end) in ODD_RECORDS.items() if end == "poison: unreadable_envelope"]
)
def test_what_the_wire_cannot_read_says_why(name: str) -> None:
    record, _ = ODD_RECORDS[name]
    with pytest.raises(UnreadableEnvelopeError, match=r"\w+"):
        read_envelope(record.value or b"")
