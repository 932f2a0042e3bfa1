"""Loops over work: woken, stopped between steps and never in one, patient with outages."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from chassis import jobs
from chassis.database import Database
from chassis.health import Progress
from chassis.jobs import Job, JobLoop, Step
from chassis.testing import eventually


@asynccontextmanager
async def working(database: Database, step: Step, progress: Progress | None = None) -> AsyncIterator[JobLoop]:
    @asynccontextmanager
    async def open_step() -> AsyncIterator[Step]:
        yield step

    loop = JobLoop(Job("test", "tester", open_step), database, progress or Progress())
    task = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        loop.stop()
        async with asyncio.timeout(5):
            await task


def counted(step: Callable[[int], Awaitable[bool]]) -> tuple[list[int], Step]:
    """A step that is told its number, and the list of those begun."""
    begun: list[int] = []

    async def run(_: Database) -> bool:
        begun.append(len(begun) + 1)
        return await step(begun[-1])

    return begun, run


async def test_steps_follow_one_another_while_there_is_more(database: Database) -> None:
    async def more_until_five(number: int) -> bool:
        return number < 5

    begun, step = counted(more_until_five)

    async def five() -> bool:
        return len(begun) == 5

    async with working(database, step):
        await eventually(five, timeout_seconds=0.4)


async def test_a_wake_ends_the_pause(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "IDLE_SECONDS", 60.0)

    async def nothing(_: int) -> bool:
        return False

    begun, step = counted(nothing)
    async with working(database, step) as loop:
        for count in (1, 2, 3):

            async def has_begun(count: int = count) -> bool:
                return len(begun) == count

            await eventually(has_begun, timeout_seconds=5)
            loop.wake()


async def test_a_wake_during_a_step_is_not_lost(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "IDLE_SECONDS", 60.0)
    may_end = asyncio.Event()

    async def wait(_: int) -> bool:
        await may_end.wait()
        return False

    begun, step = counted(wait)

    async def twice() -> bool:
        return len(begun) == 2

    async def once() -> bool:
        return len(begun) == 1

    async with working(database, step) as loop:
        await eventually(once)
        loop.wake()
        may_end.set()
        await eventually(twice, timeout_seconds=5)


async def test_stopping_waits_for_the_step_under_way_and_takes_no_other(database: Database) -> None:
    begun, may_end, ended = asyncio.Event(), asyncio.Event(), []

    async def slow(number: int) -> bool:
        begun.set()
        await may_end.wait()
        ended.append(number)
        return True

    _, step = counted(slow)

    @asynccontextmanager
    async def open_step() -> AsyncIterator[Step]:
        yield step

    loop = JobLoop(Job("test", "tester", open_step), database, Progress())
    task = asyncio.create_task(loop.run())
    async with asyncio.timeout(5):
        await begun.wait()
    loop.stop()
    done, _ = await asyncio.wait([task], timeout=0.1)
    assert not done
    may_end.set()
    await task
    assert ended == [1]


async def test_an_outage_is_waited_out_and_told_as_waiting(database: Database) -> None:
    progress = Progress()
    seen: list[dict[str, str]] = []

    async def away_twice(number: int) -> bool:
        seen.append(progress.waits())
        if number < 3:
            raise ConnectionRefusedError
        return False

    _, step = counted(away_twice)

    async def recovered() -> bool:
        return len(seen) >= 3 and progress.waits() == {}

    async with working(database, step, progress):
        await eventually(recovered)
    assert seen[1] == {"test": "ConnectionRefusedError()"}


async def test_a_bug_in_a_step_ends_the_loop_so_that_the_process_is_started_anew(database: Database) -> None:
    async def fail(_: int) -> bool:
        raise ValueError("a bug")

    begun, step = counted(fail)

    async def has_begun() -> bool:
        return bool(begun)

    with pytest.raises(ValueError, match="a bug"):
        async with working(database, step):
            await eventually(has_begun)
