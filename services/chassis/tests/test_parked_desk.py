"""What an operator sees and does, by the command line that runs against one service's database."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from chassis.__main__ import cli
from chassis.health import Progress
from chassis.ids import new_id
from chassis.intake.guard import Guard
from chassis.intake.route import fact_consumer, fact_route
from chassis.parked_desk import list_parked
from chassis.testing.fixtures import opened
from chassis.testing.notes import insert_notes, note_on
from chassis.testing.records import record_of
from contracts.topics import Topic

TopicNote = note_on(Topic("test.note.v1", "invoices", "facts"))


@pytest.fixture
async def dsn(new_database: Callable[[str], Awaitable[str]], monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with two parked records, named by the environment as for an operator."""
    made = await new_database("chassis")
    monkeypatch.setenv("HANDBILL_DATABASE_DSN", made)
    record = record_of(TopicNote(note_id=new_id(), text="x"), 7, headers=[("odd", b"\xff"), ("none", None)])
    consumer = fact_consumer("test", [fact_route(TopicNote, insert_notes)])
    async with opened(made) as database:
        # Without the table `notes` the handler fails.
        await Guard(database, consumer, Progress()).handle([record, replace(record, value=b"\xff{", offset=8)])
    return made


async def desk(*arguments: str) -> tuple[int, str]:
    """Run `parked` as an operator would, in a thread with an event loop of its own."""
    result = await asyncio.to_thread(CliRunner().invoke, cli, ["parked", *arguments])
    return result.exit_code, result.output


async def test_list_shows_what_is_open_oldest_first(dsn: str) -> None:
    code, output = await desk("list")
    assert code == 0
    assert [line.split("\t")[1:] for line in output.splitlines()] == [
        ["retry", "handler_failed", "1 attempt(s)", "test", "test.note.v1[0]@7"],
        ["poison", "unreadable_envelope", "1 attempt(s)", "test", "test.note.v1[0]@8"],
    ]


async def test_show_writes_out_a_record_whole(dsn: str) -> None:
    async with opened(dsn) as database, database.reading() as tx:
        row = next(row for row in await list_parked(tx) if row.kind == "poison")
    code, output = await desk("show", str(row.parked_id))
    assert code == 0
    for expected in ("place: test.note.v1[0]@8", "reason: unreadable_envelope", "('odd', b'\\xff')", "('none', None)"):
        assert expected in output
    assert output.splitlines()[-1] == "\\xff{"


async def test_replay_makes_a_record_due_with_a_fresh_count_of_attempts(dsn: str) -> None:
    async with opened(dsn) as database:
        async with database.transaction() as tx:
            await tx.execute("update parked set kind = 'poison', attempts = 8, next_at = null")
            (row, _) = await list_parked(tx)
        assert await desk("replay", str(row.parked_id)) == (0, "")
        async with database.reading() as tx:
            again = next(it for it in await list_parked(tx) if it.parked_id == row.parked_id)
            assert (again.kind, again.attempts) == ("retry", 0)
            assert await tx.fetchval(
                "select next_at <= clock_timestamp() from parked where parked_id = $1", row.parked_id
            )


async def test_discard_keeps_the_record_with_its_reason_and_it_is_open_no_more(dsn: str) -> None:
    async with opened(dsn) as database, database.reading() as tx:
        (row, _) = await list_parked(tx)
    assert await desk("discard", str(row.parked_id), "--reason", "sent by mistake") == (0, "")
    _, listed = await desk("list")
    assert len(listed.splitlines()) == 1
    _, shown = await desk("show", str(row.parked_id))
    assert "/ discarded: sent by mistake" in shown


@pytest.mark.parametrize("arguments", [["show", "99"], ["replay", "99"], ["discard", "99", "--reason", "x"]])
async def test_what_is_not_there_is_said_and_fails(dsn: str, arguments: list[str]) -> None:
    code, output = await desk(*arguments)
    assert code == 1
    assert "99" in output


async def test_what_was_discarded_is_neither_replayed_nor_discarded_again(dsn: str) -> None:
    async with opened(dsn) as database, database.reading() as tx:
        (row, _) = await list_parked(tx)
    await desk("discard", str(row.parked_id), "--reason", "x")
    assert (await desk("replay", str(row.parked_id)))[0] == 1
    assert (await desk("discard", str(row.parked_id), "--reason", "x"))[0] == 1
