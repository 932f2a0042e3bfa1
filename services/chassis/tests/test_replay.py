"""Parked messages tried again: in the order of their key, until they are through or have had their attempts."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from chassis import parked
from chassis.database import Database, Tx
from chassis.health import Progress
from chassis.ids import new_id
from chassis.intake.guard import Guard
from chassis.intake.replay import Replayer
from chassis.intake.route import Consumer, Received, fact_consumer, fact_route
from chassis.parked import RETRY_DELAYS_SECONDS, RawRecord
from chassis.parked_desk import discard_parked, list_parked, replay_parked
from chassis.testing import eventually
from chassis.testing.notes import Note, insert_notes, list_notes, note_on
from chassis.testing.records import record_of
from contracts.topics import Topic

TopicNote = note_on(Topic("test.note.v1", "invoices", "facts"))


class Keeper:
    """A handler whose cause of failure can be mended."""

    def __init__(self, *bad: str, error: type[Exception] = ValueError) -> None:
        self.bad = set(bad)
        self.error = error

    async def keep(self, tx: Tx, notes: Sequence[Received[Note]]) -> None:
        await insert_notes(tx, notes)
        if any(note.data.text in self.bad for note in notes):
            raise self.error("not now")

    def consumer(self, *, is_ordered: bool = True) -> Consumer:
        return fact_consumer("test", [fact_route(TopicNote, self.keep)], is_ordered=is_ordered)


def records_of(texts: str, note_id: UUID, first_offset: int = 0) -> list[RawRecord]:
    return [
        record_of(TopicNote(note_id=note_id, text=text), offset)
        for offset, text in enumerate(texts.split(), start=first_offset)
    ]


async def make_all_due(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("update parked set next_at = clock_timestamp() where next_at is not null")


async def replay_all_due(database: Database, replayer: Replayer) -> int:
    await make_all_due(database)
    count = 0
    while await replayer.replay_one():
        count += 1
    return count


async def open_kinds(database: Database) -> list[str]:
    async with database.reading() as tx:
        return [row.kind for row in await list_parked(tx)]


async def handled(database: Database) -> list[str]:
    async with database.reading() as tx:
        return [text for _, text in await list_notes(tx)]


@pytest.mark.parametrize("is_ordered", [True, False], ids=["ordered", "unordered"])
async def test_once_the_cause_is_mended_everything_parked_is_handled_and_nothing_is_left(
    database: Database, is_ordered: bool
) -> None:
    keeper = Keeper("b")
    consumer = keeper.consumer(is_ordered=is_ordered)
    await Guard(database, consumer, Progress()).handle(records_of("a b c d", new_id()))
    replayer = Replayer(database, consumer, Progress())
    await replay_all_due(database, replayer)
    assert "b" not in await handled(database)
    keeper.bad.clear()
    await replay_all_due(database, replayer)
    assert await open_kinds(database) == []
    assert await handled(database) == (["a", "b", "c", "d"] if is_ordered else ["a", "c", "d", "b"])


async def test_each_key_is_replayed_in_order_whichever_of_many_replayers_takes_it(database: Database) -> None:
    keeper = Keeper("bad")
    consumer = keeper.consumer()
    keys = [new_id() for _ in range(4)]
    for number, key in enumerate(keys):
        await Guard(database, consumer, Progress()).handle(records_of("bad 1 2 3 4 5 6", key, number * 10))
    keeper.bad.clear()
    await make_all_due(database)
    replaying = [asyncio.create_task(Replayer(database, consumer, Progress()).run()) for _ in range(3)]

    async def nothing_is_open() -> bool:
        return await open_kinds(database) == []

    await eventually(nothing_is_open)
    for task in replaying:
        task.cancel()
    await asyncio.gather(*replaying, return_exceptions=True)
    async with database.reading() as tx:
        kept = await list_notes(tx)
    assert {key: [text for note_id, text in kept if note_id == key] for key in keys} == {
        key: ["bad", "1", "2", "3", "4", "5", "6"] for key in keys
    }


async def test_a_message_that_never_succeeds_is_poison_in_the_end_and_holds_its_key_until_it_is_discarded(
    database: Database,
) -> None:
    consumer = Keeper("bad").consumer()
    await Guard(database, consumer, Progress()).handle(records_of("bad after", new_id()))
    replayer = Replayer(database, consumer, Progress())
    rounds = 0
    while await replay_all_due(database, replayer):
        rounds += 1
    assert rounds == len(RETRY_DELAYS_SECONDS)
    async with database.transaction() as tx:
        poison, waiting = await list_parked(tx)
        assert [(poison.kind, poison.attempts), (waiting.kind, waiting.attempts)] == [
            ("poison", len(RETRY_DELAYS_SECONDS) + 1),
            ("blocked", 0),
        ]
        assert await discard_parked(tx, poison.parked_id, "cannot be mended")
    assert await replay_all_due(database, replayer) == 1
    assert await handled(database) == ["after"]
    assert await open_kinds(database) == []


async def test_pauses_between_attempts_grow(database: Database) -> None:
    consumer = Keeper("bad").consumer()
    await Guard(database, consumer, Progress()).handle(records_of("bad", new_id()))
    replayer = Replayer(database, consumer, Progress())
    pauses: list[float] = []
    for _ in RETRY_DELAYS_SECONDS:
        async with database.reading() as tx:
            pauses.append(
                await tx.fetchval(
                    "select extract(epoch from next_at - clock_timestamp())::double precision from parked"
                )
            )
        await replay_all_due(database, replayer)
    assert pauses == pytest.approx(RETRY_DELAYS_SECONDS, abs=2.0)


async def test_nothing_is_replayed_before_its_time(database: Database) -> None:
    consumer = Keeper("bad").consumer()
    await Guard(database, consumer, Progress()).handle(records_of("bad", new_id()))
    async with database.transaction() as tx:
        await tx.execute("update parked set next_at = clock_timestamp() + interval '1 hour'")
    assert not await Replayer(database, consumer, Progress()).replay_one()


async def test_an_outage_during_replay_costs_no_attempt(database: Database) -> None:
    keeper = Keeper("bad")
    consumer = keeper.consumer()
    await Guard(database, consumer, Progress()).handle(records_of("bad", new_id()))
    keeper.error = ConnectionRefusedError
    await make_all_due(database)
    with pytest.raises(ConnectionRefusedError):
        await Replayer(database, consumer, Progress()).replay_one()
    async with database.reading() as tx:
        (row,) = await list_parked(tx)
    assert (row.kind, row.attempts) == ("retry", 1)
    assert await handled(database) == []


async def test_a_constraint_checked_at_commit_counts_as_a_failed_attempt(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("create table books (text text unique deferrable initially deferred)")
        await tx.execute("insert into books values ('b')")

    async def keep(tx: Tx, notes: Sequence[Received[Note]]) -> None:
        await tx.executemany("insert into books values ($1)", [(note.data.text,) for note in notes])

    consumer = fact_consumer("test", [fact_route(TopicNote, keep)])
    await Guard(database, consumer, Progress()).handle(records_of("b", new_id()))
    assert await replay_all_due(database, Replayer(database, consumer, Progress())) == 1
    async with database.reading() as tx:
        (row,) = await list_parked(tx)
    assert (row.reason, row.attempts) == ("handler_failed", 2)


async def test_a_parked_message_that_came_again_meanwhile_has_one_effect(database: Database) -> None:
    keeper = Keeper("a")
    consumer = keeper.consumer(is_ordered=False)
    guard = Guard(database, consumer, Progress())
    (record,) = records_of("a", new_id())
    await guard.handle([record])
    keeper.bad.clear()
    await guard.handle([replace(record, offset=1)])
    await replay_all_due(database, Replayer(database, consumer, Progress()))
    assert await handled(database) == ["a"]
    assert await open_kinds(database) == []


async def test_an_unreadable_record_that_is_replayed_is_poison_again(database: Database) -> None:
    consumer = Keeper().consumer()
    (record,) = records_of("a", new_id())
    await Guard(database, consumer, Progress()).handle([replace(record, value=b"{")])
    replayer = Replayer(database, consumer, Progress())
    assert await replay_all_due(database, replayer) == 0
    async with database.transaction() as tx:
        (row,) = await list_parked(tx)
        assert await replay_parked(tx, row.parked_id)
    assert await replay_all_due(database, replayer) == 1
    assert await open_kinds(database) == ["poison"]


async def test_a_type_that_this_consumer_no_longer_reads_is_through_when_it_is_replayed(database: Database) -> None:
    keeper = Keeper("bad")
    await Guard(database, keeper.consumer(), Progress()).handle(records_of("bad", new_id()))
    without_routes = replace(keeper.consumer(), routes={})
    assert await replay_all_due(database, Replayer(database, without_routes, Progress())) == 1
    assert await open_kinds(database) == []


async def test_a_replayer_waits_through_an_outage_and_goes_on(database: Database) -> None:
    keeper = Keeper("a")
    consumer = keeper.consumer()
    await Guard(database, consumer, Progress()).handle(records_of("a", new_id()))
    keeper.error = ConnectionRefusedError
    await make_all_due(database)
    progress = Progress()
    task = asyncio.create_task(Replayer(database, consumer, progress).run())

    async def says_that_it_waits() -> bool:
        return list(progress.waits()) == ["replay test"]

    async def is_through() -> bool:
        return await open_kinds(database) == [] and progress.waits() == {}

    await eventually(says_that_it_waits)
    keeper.bad.clear()
    await eventually(is_through)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await handled(database) == ["a"]


async def test_a_replayer_outlives_a_statement_that_the_server_refuses(database: Database) -> None:
    keeper = Keeper("a")
    consumer = keeper.consumer()
    await Guard(database, consumer, Progress()).handle(records_of("a", new_id()))
    keeper.bad.clear()
    async with database.transaction() as tx:
        await tx.execute("alter table parked rename to away")
    progress = Progress()
    task = asyncio.create_task(Replayer(database, consumer, progress).run())

    async def says_that_it_waits() -> bool:
        return list(progress.waits()) == ["replay test"]

    async def is_through() -> bool:
        return await handled(database) == ["a"]

    await eventually(says_that_it_waits)
    async with database.transaction() as tx:
        await tx.execute("alter table away rename to parked")
    await eventually(is_through)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_is_due_is_found_by_index_however_much_waits_behind_one_key(database: Database) -> None:
    fill = """
        insert into parked (consumer, topic, partition, record_offset, ordering_key, record_headers, kind, reason,
                            detail, next_at)
        select 'test', 'topic', 0, number, 'one key', '[]', 'blocked', '', '', clock_timestamp()
        from generate_series(1, 2000) as number
    """
    async with database.transaction() as tx:
        await tx.execute(fill)
        await tx.execute("set local plan_cache_mode = force_generic_plan")
        plan = "\n".join(row[0] for row in await tx.fetch(f"explain {parked._LOCK_DUE}", "test", True))
    assert "parked_next_idx" in plan
    assert "parked_open_idx" in plan
    assert "Sort" not in plan
    assert "Join" not in plan
