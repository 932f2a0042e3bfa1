"""The outbox published to real Kafka: everything that commits, in the order of its key, with the id it was given."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest

from chassis import outbox
from chassis.clock import now
from chassis.database import Database, Tx
from chassis.health import Progress
from chassis.ids import new_id
from chassis.outbox import Outgoing
from chassis.outcome import Cause
from chassis.relay import Relay
from chassis.testing import eventually
from chassis.testing.addresses import Stack
from chassis.testing.fixtures import opened
from chassis.testing.kafka import Record, read_topic
from chassis.testing.notes import Note, note_on
from chassis.testing.records import FIRM
from chassis.tracing import span
from chassis.wire import read_envelope
from contracts.topics import Topic

pytestmark = pytest.mark.kafka

NewTopic = Callable[..., Awaitable[Topic]]


@pytest.fixture
async def dsn(new_database: Callable[[str], Awaitable[str]]) -> str:
    return await new_database("chassis")


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    async with opened(dsn) as made:
        yield made


def outgoing(note: type[Note], key: UUID, text: str) -> Outgoing:
    return Cause("invoices", new_id(), FIRM, "service:test", new_id()).message(note(note_id=key, text=text), at=now())


async def append(tx: Tx, note: type[Note], texts: Sequence[tuple[UUID, str]]) -> None:
    await outbox.append(tx, [outgoing(note, key, text) for key, text in texts])


@asynccontextmanager
async def relaying(dsn: str, stack: Stack, name: str = "test") -> AsyncIterator[Progress]:
    progress = Progress()
    task = asyncio.create_task(Relay(dsn, stack.kafka_bootstrap, name, progress).run())
    try:
        yield progress
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until_empty(database: Database, *, timeout_seconds: float = 30) -> None:
    async def is_empty() -> bool:
        async with database.reading() as tx:
            return await tx.fetchval("select count(*) from outbox") == 0

    await eventually(is_empty, timeout_seconds=timeout_seconds)


def texts_by_key(records: Sequence[Record]) -> dict[UUID, list[str]]:
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    for record in records:
        note = Note.model_validate_json(bytes(read_envelope(record.value or b"").data))
        assert (record.key or b"").decode() == str(note.note_id)
        found[note.note_id].append(note.text)
    return dict(found)


@pytest.mark.proves("X2")
async def test_thousands_of_rows_keep_the_order_of_each_key(
    dsn: str, database: Database, stack: Stack, new_topic: NewTopic
) -> None:
    topic = await new_topic()
    note = note_on(topic)
    keys = [new_id() for _ in range(7)]
    rows = [(keys[number % 7], str(number)) for number in range(2000)]
    async with database.transaction() as tx:
        await append(tx, note, rows)
    async with relaying(dsn, stack):
        await until_empty(database)
    assert texts_by_key(await read_topic(stack, topic)) == {
        key: [text for row_key, text in rows if row_key == key] for key in keys
    }


async def test_a_row_that_commits_late_with_a_lower_id_is_not_lost(
    dsn: str, database: Database, stack: Stack, new_topic: NewTopic
) -> None:
    topic = await new_topic()
    note = note_on(topic)
    late, early = new_id(), new_id()
    async with relaying(dsn, stack):
        async with database.transaction() as slow:
            await append(slow, note, [(late, "1"), (late, "2")])
            async with database.transaction() as quick:
                await append(quick, note, [(early, "1"), (early, "2")])
            await until_empty(database)
            assert texts_by_key(await read_topic(stack, topic)) == {early: ["1", "2"]}
            await append(slow, note, [(late, "3")])
        await until_empty(database)
    assert texts_by_key(await read_topic(stack, topic)) == {early: ["1", "2"], late: ["1", "2", "3"]}


async def test_what_is_rolled_back_is_never_published(
    dsn: str, database: Database, stack: Stack, new_topic: NewTopic
) -> None:
    topic = await new_topic()
    note = note_on(topic)

    async def fail_after_appending() -> None:
        async with database.transaction() as tx:
            await append(tx, note, [(new_id(), "never")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_appending()
    async with database.transaction() as tx:
        await append(tx, note, [(key := new_id(), "yes")])
    async with relaying(dsn, stack):
        await until_empty(database)
    assert texts_by_key(await read_topic(stack, topic)) == {key: ["yes"]}


async def test_publishing_again_repeats_the_event_id_and_the_very_bytes(
    dsn: str, database: Database, stack: Stack, new_topic: NewTopic
) -> None:
    topic = await new_topic()
    async with database.transaction() as tx:
        await append(tx, note_on(topic), [(new_id(), "again")])
        row = await tx.fetchrow("select event_id, topic, key, type, payload from outbox")
    assert row is not None
    async with relaying(dsn, stack):
        await until_empty(database)
        async with database.transaction() as tx:
            await tx.execute(
                "insert into outbox (event_id, topic, key, type, payload) values ($1, $2, $3, $4, $5)", *row
            )
        await until_empty(database)
    first, second = await read_topic(stack, topic)
    assert first.value == second.value
    assert read_envelope(first.value or b"").id == row["event_id"]


@pytest.mark.parametrize("size_bytes", [130_000, 300_000, 900_000])
async def test_rows_larger_than_a_producers_batch_are_published_in_order(
    dsn: str, database: Database, stack: Stack, new_topic: NewTopic, size_bytes: int
) -> None:
    topic = await new_topic()
    key = new_id()
    texts = ["small", "x" * size_bytes, "small again", "y" * size_bytes, "last"]
    async with database.transaction() as tx:
        await append(tx, note_on(topic), [(key, text) for text in texts])
    async with relaying(dsn, stack):
        await until_empty(database)
    assert texts_by_key(await read_topic(stack, topic)) == {key: texts}


async def test_a_message_that_kafka_would_never_take_is_refused_before_it_commits(
    database: Database, new_topic: NewTopic
) -> None:
    note = note_on(await new_topic())
    with pytest.raises(ValueError, match="larger"):
        async with database.transaction() as tx:
            await append(tx, note, [(new_id(), "x" * 1_048_576)])


async def test_headers_repeat_the_type_and_carry_the_trace(
    dsn: str, database: Database, stack: Stack, new_topic: NewTopic
) -> None:
    topic = await new_topic()
    with span("test") as trace_id:
        async with database.transaction() as tx:
            await append(tx, note_on(topic), [(new_id(), "traced")])
    async with database.transaction() as tx:
        await append(tx, note_on(topic), [(new_id(), "untraced")])
    async with relaying(dsn, stack):
        await until_empty(database)
    headers = sorted((dict(record.headers) for record in await read_topic(stack, topic)), key=len)
    assert headers[0] == {"ce_type": b"handbill.invoices.note.v1"}
    assert headers[1]["ce_type"] == b"handbill.invoices.note.v1"
    assert headers[1]["traceparent"].decode().split("-")[1] == trace_id


async def test_a_wake_saves_the_poll(dsn: str, database: Database, stack: Stack, new_topic: NewTopic) -> None:
    topic = await new_topic()
    async with relaying(dsn, stack):
        for number in range(3):
            async with database.transaction() as tx:
                await append(tx, note_on(topic), [(new_id(), str(number))])
                await tx.execute("select pg_notify('outbox', '')")
            await until_empty(database, timeout_seconds=5)
    assert len(await read_topic(stack, topic)) == 3


async def active_relays(database: Database) -> list[asyncpg.Record]:
    """Whose connection holds the relay's lock."""
    async with database.reading() as tx:
        return await tx.fetch(
            """
            select activity.pid, activity.application_name from pg_locks join pg_stat_activity as activity using (pid)
            where locktype = 'advisory' and granted and activity.datname = current_database()
            """
        )


@pytest.mark.fault
async def test_of_two_relays_one_works_and_the_other_takes_over_when_its_connection_is_cut(
    dsn: str, database: Database, stack: Stack, new_topic: NewTopic
) -> None:
    topic = await new_topic()
    note = note_on(topic)
    key = new_id()

    async def one_is_active() -> list[asyncpg.Record]:
        found = await active_relays(database)
        assert len(found) <= 1
        return found

    async with relaying(dsn, stack, "first"):
        (first,) = await eventually(one_is_active)
        assert first["application_name"] == "first-relay"
        async with relaying(dsn, stack, "second"):
            for number in range(5):
                async with database.transaction() as tx:
                    await append(tx, note, [(key, f"{number}")])
            await until_empty(database)
            async with database.transaction() as tx:
                await append(tx, note, [(key, "5")])
                await tx.execute("select pg_terminate_backend($1)", first["pid"])
            await until_empty(database)
            (second,) = await eventually(one_is_active)
            assert second["pid"] != first["pid"]
            async with database.transaction() as tx:
                await append(tx, note, [(key, "6")])
            await until_empty(database)
    texts = texts_by_key(await read_topic(stack, topic))[key]
    assert list(dict.fromkeys(texts)) == [str(number) for number in range(7)]


async def test_a_row_stays_until_kafka_has_acknowledged_it(dsn: str, database: Database, stack: Stack) -> None:
    nowhere = note_on(Topic(f"test.{new_id().hex}.v1", "invoices", "facts"))
    async with database.transaction() as tx:
        await append(tx, nowhere, [(new_id(), "kept")])
    async with relaying(dsn, stack) as progress:

        async def waits() -> bool:
            return list(progress.waits()) == ["outbox"]

        await eventually(waits, timeout_seconds=60)
    async with database.reading() as tx:
        assert await tx.fetchval("select count(*) from outbox") == 1
