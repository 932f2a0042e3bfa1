"""Measuring contestants that take commands from a topic: all waiting before the clock starts, then taken in a run.

What is measured is CPU time per command, of the service, PostgreSQL and Kafka together. A contestant is held still by
a signal while its commands are put on the topic, so that what that costs the broker is not counted.
"""

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import asyncpg

from chassis.clock import now
from stack.bench.cpu import CpuSeconds, read_cpu
from stack.bench.feed import Entry, Feed, Published
from stack.bench.result import InvalidRun

RUN_TIMEOUT_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Order:
    """One command that is to be carried out, and its record."""

    command_id: UUID
    entry: Entry


class Lane(Protocol):
    """A contestant that is up and idle. `per_command`: how many records of each topic a command ends in."""

    @property
    def pid(self) -> int: ...
    @property
    def per_command(self) -> Mapping[str, int]: ...

    def take(self, count: int) -> list[Order]:
        """Make the next commands, all of them different."""
        ...

    async def check(self, orders: Sequence[Order], published: Sequence[Published]) -> None:
        """Check that every command was carried out, and once.

        Raises: InvalidRun.
        """
        ...


class Contestant(Protocol):
    """Somebody who can be measured; `commands_share` of the commands are enough for it."""

    @property
    def name(self) -> str: ...
    @property
    def commands_share(self) -> float: ...

    def opened(self, count: int) -> AbstractAsyncContextManager[Lane]:
        """Get ready for so many commands; nothing of it is measured."""
        ...


@dataclass(frozen=True, slots=True)
class Ground:
    """What contestants run on: the broker, the database and their processes."""

    feed: Feed
    admin_dsn: str
    postgres_pid: int
    kafka_pid: int
    partitions: int


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run. `seconds`: from the start to the last record published."""

    count: int
    seconds: float
    used: CpuSeconds

    def micros(self, seconds: float) -> float:
        return seconds / self.count * 1e6

    @property
    def per_second(self) -> float:
        return self.count / self.seconds

    @property
    def foreign_cores(self) -> float:
        """How many processors others kept busy meanwhile."""
        return (self.used.busy - self.used.total) / self.seconds


async def measure(contestant: Contestant, ground: Ground, *, count: int, warm_up: int) -> Run:
    """Measure one contestant once.

    Raises: InvalidRun.
    """
    async with contestant.opened(count + warm_up) as lane:
        await _carry_out(lane, ground, warm_up)
        return await _carry_out(lane, ground, count)


async def _carry_out(lane: Lane, ground: Ground, count: int) -> Run:
    """Have commands carried out that wait on the topic when it begins, and check what came of them."""
    orders = lane.take(count)
    counts = {topic: records * count for topic, records in lane.per_command.items()}
    begin = await ground.feed.ends(counts, ground.partitions)
    os.kill(lane.pid, signal.SIGSTOP)
    try:
        await ground.feed.put(order.entry for order in orders)
        await _checkpoint(ground.admin_dsn)
        before = read_cpu(lane.pid, ground.postgres_pid, ground.kafka_pid)
        begun_at = now()
    finally:
        os.kill(lane.pid, signal.SIGCONT)
    try:
        ends = await ground.feed.until_grown(begin, counts, RUN_TIMEOUT_SECONDS)
    except TimeoutError:
        raise InvalidRun(f"{count} commands were not carried out in {RUN_TIMEOUT_SECONDS:.0f} seconds") from None
    used = read_cpu(lane.pid, ground.postgres_pid, ground.kafka_pid) - before
    published = await ground.feed.between(begin, ends)
    await lane.check(orders, published)
    return Run(count, (max(record.published_at for record in published) - begun_at).total_seconds(), used)


async def _checkpoint(admin_dsn: str) -> None:
    """Write out what earlier runs have left, so that nobody pays for another."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        await connection.execute("checkpoint")
    finally:
        await connection.close()
