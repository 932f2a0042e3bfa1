"""Facts on their way through the guard to real PostgreSQL; Kafka is not needed to hand it a batch."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from chassis.database import Database, Tx
from chassis.health import Progress
from chassis.ids import new_id
from chassis.intake import guard as guard_module
from chassis.intake.guard import Guard
from chassis.intake.route import Consumer, Handler, Received, fact_consumer, fact_route
from chassis.parked import RawRecord
from chassis.parked_desk import list_parked
from chassis.testing.notes import Note, insert_notes, list_notes, note_on, note_state_on
from chassis.testing.records import record_of
from contracts.topics import Topic

TopicNote = note_on(Topic("test.note.v1", "invoices", "facts"))
TopicNoteState = note_state_on(Topic("test.note-state.v1", "invoices", "state"))


def records_of(texts: Sequence[str], note_id: UUID | None = None) -> list[RawRecord]:
    """One record per text, each with a key of its own unless one is given."""
    return [record_of(TopicNote(note_id=note_id or new_id(), text=text), offset) for offset, text in enumerate(texts)]


def refusing(bad: str, error: type[Exception] = ValueError) -> Handler[Note]:
    """A handler that keeps every note but the bad one."""

    async def handle(tx: Tx, notes: Sequence[Received[Note]]) -> None:
        await insert_notes(tx, notes)
        if any(note.data.text == bad for note in notes):
            raise error(f"cannot keep {bad}")

    return handle


def notes_consumer(handler: Handler[Note], *, is_ordered: bool = False, folds: bool = False) -> Consumer:
    return fact_consumer("test", [fact_route(TopicNote, handler, folds=folds)], is_ordered=is_ordered)


async def handled(database: Database) -> list[str]:
    async with database.reading() as tx:
        return [text for _, text in await list_notes(tx)]


async def parked_reasons(database: Database) -> list[tuple[str, str, str]]:
    async with database.reading() as tx:
        return [(row.kind, row.reason, row.detail) for row in await list_parked(tx)]


@pytest.mark.parametrize("batches", [[6], [3, 3], [1, 2, 3]], ids=["one batch", "two batches", "three batches"])
async def test_a_message_that_comes_again_has_one_effect(database: Database, batches: list[int]) -> None:
    first, second, third = records_of(["a", "b", "c"])
    again = [first, second, replace(first, offset=9), third, replace(second, offset=10), replace(third, offset=11)]
    guard = Guard(database, notes_consumer(insert_notes), Progress())
    for size in batches:
        await guard.handle(again[:size])
        again = again[size:]
    assert sorted(await handled(database)) == ["a", "b", "c"]
    assert await parked_reasons(database) == []


async def test_consumers_of_one_database_each_have_the_message_once(database: Database) -> None:
    records = records_of(["a"])
    for consumer in (notes_consumer(insert_notes), replace(notes_consumer(insert_notes), name="another")):
        await Guard(database, consumer, Progress()).handle(records)
        await Guard(database, consumer, Progress()).handle(records)
    assert await handled(database) == ["a", "a"]


async def test_state_needs_no_inbox_because_repeating_it_changes_nothing(database: Database) -> None:
    upsert = """
        insert into states (note_id, text, revision) values ($1, $2, $3) on conflict (note_id) do update
        set text = excluded.text, revision = excluded.revision where states.revision < excluded.revision
    """

    async def keep(tx: Tx, notes: Sequence[Received[Note]]) -> None:
        await tx.executemany(upsert, [(note.data.note_id, note.data.text, note.revision) for note in notes])

    note_id = new_id()
    records = [
        record_of(TopicNoteState(note_id=note_id, text=f"revision {revision}"), revision, revision=revision)
        for revision in (1, 2, 3)
    ]
    async with database.transaction() as tx:
        await tx.execute("create table states (note_id uuid primary key, text text, revision integer)")
    guard = Guard(database, fact_consumer("test", [fact_route(TopicNoteState, keep)]), Progress())
    for batch in (records, records[:1], list(reversed(records))):
        await guard.handle(batch)
    async with database.reading() as tx:
        assert await tx.fetch("select text from states") == [("revision 3",)]
        assert await tx.fetchval("select count(*) from inbox") == 0
    assert await parked_reasons(database) == []


async def test_the_one_failing_message_of_a_hundred_is_found_and_parked(database: Database) -> None:
    texts = [f"note {number}" for number in range(100)]
    await Guard(database, notes_consumer(refusing("note 37")), Progress()).handle(records_of(texts))
    assert sorted(await handled(database)) == sorted(set(texts) - {"note 37"})
    assert await parked_reasons(database) == [("retry", "handler_failed", "ValueError('cannot keep note 37')")]


async def test_a_batch_that_fails_is_repeated_by_halves_with_one_effect_each(database: Database) -> None:
    texts = [f"note {number}" for number in range(20)]
    guard = Guard(database, notes_consumer(refusing("note 3")), Progress())
    records = records_of(texts)
    await guard.handle(records)
    await guard.handle(records)
    assert len(await handled(database)) == 19
    assert len(await parked_reasons(database)) == 1


async def test_what_the_database_refuses_is_the_messages_fault_and_does_not_stop_its_partition(
    database: Database,
) -> None:
    async def overflow(tx: Tx, notes: Sequence[Received[Note]]) -> None:
        await tx.execute("select $1::integer", max(2**40 if note.data.text == "big" else 1 for note in notes))
        await insert_notes(tx, notes)

    await Guard(database, notes_consumer(overflow), Progress()).handle(records_of(["a", "big", "b"]))
    assert sorted(await handled(database)) == ["a", "b"]
    ((_, reason, detail),) = await parked_reasons(database)
    assert reason == "handler_failed"
    assert "DataError" in detail


async def test_a_constraint_that_is_checked_at_commit_finds_its_message_too(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("create table books (text text unique deferrable initially deferred)")

    async def keep(tx: Tx, notes: Sequence[Received[Note]]) -> None:
        await tx.executemany(
            "insert into books values ($1)", [("b" if it.data.text == "B" else it.data.text,) for it in notes]
        )

    await Guard(database, notes_consumer(keep), Progress()).handle(records_of(["a", "b", "B", "c"]))
    async with database.reading() as tx:
        assert [row["text"] for row in await tx.fetch("select text from books order by text")] == ["a", "b", "c"]
    ((_, reason, detail),) = await parked_reasons(database)
    assert (reason, "UniqueViolationError" in detail) == ("handler_failed", True)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.ConnectionDoesNotExistError,
        asyncpg.AdminShutdownError,
        asyncpg.TooManyConnectionsError,
        asyncpg.DeadlockDetectedError,
        asyncpg.SerializationError,
        asyncpg.LockNotAvailableError,
        ConnectionRefusedError,
        TimeoutError,
    ],
)
async def test_an_outage_is_waited_out_and_nothing_is_parked(database: Database, error: type[Exception]) -> None:
    failures_left = 3

    async def handle(tx: Tx, notes: Sequence[Received[Note]]) -> None:
        nonlocal failures_left
        await insert_notes(tx, notes)
        if failures_left:
            failures_left -= 1
            raise error("away")

    progress = Progress()
    await Guard(database, notes_consumer(handle), progress).handle(records_of(["a", "b"]))
    assert sorted(await handled(database)) == ["a", "b"]
    assert await parked_reasons(database) == []
    assert progress.waits() == {}


async def test_after_a_long_outage_the_batch_is_given_back_whole(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard_module, "PATIENCE_SECONDS", 0.3)
    progress = Progress()
    guard = Guard(database, notes_consumer(refusing("a", ConnectionRefusedError)), progress)
    with pytest.raises(ConnectionRefusedError):
        await guard.handle(records_of(["a", "b"]))
    assert await handled(database) == []
    assert await parked_reasons(database) == []
    assert list(progress.waits()) == ["intake test"]


class KilledError(BaseException):
    """What no handler catches: the process ends here."""


async def test_a_kill_after_the_handler_leaves_nothing_half_done(database: Database) -> None:
    async def handle(tx: Tx, notes: Sequence[Received[Note]]) -> None:
        await insert_notes(tx, notes)
        raise KilledError

    records = records_of(["a", "b"])
    with pytest.raises(KilledError):
        await Guard(database, notes_consumer(handle), Progress()).handle(records)
    assert await handled(database) == []
    async with database.reading() as tx:
        assert await tx.fetchval("select (select count(*) from inbox) + (select count(*) from parked)") == 0
    await Guard(database, notes_consumer(insert_notes), Progress()).handle(records)
    assert sorted(await handled(database)) == ["a", "b"]


async def test_a_folding_handler_gets_a_run_of_one_key_at_once_and_in_order(database: Database) -> None:
    runs: list[list[str]] = []

    async def fold(_: Tx, notes: Sequence[Received[Note]]) -> None:
        runs.append([note.data.text for note in notes])

    await Guard(database, notes_consumer(fold, folds=True), Progress()).handle(records_of(["1", "2", "3"], new_id()))
    assert runs == [["1", "2", "3"]]


async def test_ordered_later_messages_of_the_parked_key_wait_and_other_keys_go_on(database: Database) -> None:
    guard = Guard(database, notes_consumer(refusing("bad"), is_ordered=True), Progress())
    mine, other = new_id(), new_id()
    batch = [
        *records_of(["before", "bad", "after"], mine),
        *(replace(record, offset=record.offset + 10) for record in records_of(["x", "y"], other)),
    ]
    await guard.handle(batch)
    await guard.handle([replace(records_of(["later"], mine)[0], offset=20)])
    assert sorted(await handled(database)) == ["before", "x", "y"]
    assert [kind for kind, _, _ in await parked_reasons(database)] == ["retry", "blocked", "blocked"]


async def test_unordered_later_messages_of_the_parked_key_go_on(database: Database) -> None:
    guard = Guard(database, notes_consumer(refusing("bad")), Progress())
    await guard.handle(records_of(["before", "bad", "after"], new_id()))
    assert await handled(database) == ["before", "after"]
    assert [kind for kind, _, _ in await parked_reasons(database)] == ["retry"]


@pytest.mark.parametrize("sizes", [[3], [2, 1], [1, 1, 1]], ids=["one batch", "cut after it", "one by one"])
async def test_ordered_what_follows_an_unreadable_record_waits_however_the_batches_are_cut(
    database: Database, sizes: list[int]
) -> None:
    guard = Guard(database, notes_consumer(insert_notes, is_ordered=True), Progress())
    before, unreadable, after = records_of(["before", "unreadable", "after"], new_id())
    records = [before, replace(unreadable, value=b"{"), after]
    for size in sizes:
        await guard.handle(records[:size])
        records = records[size:]
    assert await handled(database) == ["before"]
    assert [kind for kind, _, _ in await parked_reasons(database)] == ["poison", "blocked"]


async def test_ordered_an_earlier_record_never_waits_behind_a_later_one_of_its_key(database: Database) -> None:
    note_id = new_id()
    guard = Guard(database, notes_consumer(refusing("bad"), is_ordered=True), Progress())
    bad, second, unreadable, fourth = records_of(["bad", "second", "unreadable", "fourth"], note_id)
    await guard.handle([bad])
    await guard.handle([second, replace(unreadable, value=b"{"), fourth])
    async with database.reading() as tx:
        assert [row.place for row in await list_parked(tx)] == [f"test.note.v1[0]@{offset}" for offset in range(4)]


@pytest.mark.parametrize(
    "odd",
    [
        RawRecord("test.note.v1", 0, 0, b"k" * 1_000_000, b"{", ()),
        RawRecord("test.note.v1", 0, 0, b"\x00\xff", b"\x00\xff", ()),
        RawRecord("test.note.v1", 0, 0, None, None, (("\x00", b"\x00\xff"), ("n", None))),
        RawRecord("test.note.v1", 0, 0, b"", b" " * 1_000_000, (("h", b"x" * 1_000_000),)),
    ],
    ids=["a megabyte of key", "odd bytes", "odd headers", "big value and header"],
)
@pytest.mark.parametrize("is_ordered", [True, False], ids=["ordered", "unordered"])
async def test_nothing_is_too_odd_to_be_parked(database: Database, odd: RawRecord, is_ordered: bool) -> None:
    guard = Guard(database, notes_consumer(insert_notes, is_ordered=is_ordered), Progress())
    await guard.handle([odd, replace(records_of(["after"])[0], offset=1)])
    assert await handled(database) == ["after"]
    async with database.reading() as tx:
        (row,) = await tx.fetch("select kind, record_key, record_value from parked")
    assert (row["kind"], row["record_key"], row["record_value"]) == ("poison", odd.key, odd.value)


async def test_a_record_at_the_place_of_a_parked_one_is_not_taken_for_it_after_the_topic_was_made_anew(
    database: Database,
) -> None:
    guard = Guard(database, notes_consumer(insert_notes), Progress())
    (old,) = records_of(["old"])
    await guard.handle([replace(old, value=b"old")])
    await guard.handle([replace(old, value=b"new")])
    async with database.reading() as tx:
        assert [row.value for row in await list_parked(tx)] == [b"old", b"new"]
