"""The yardsticks as contestants: programs of tests/benchmarks/yardstick, each run with topics of its own."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import msgspec
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chassis.clock import now
from chassis.ids import new_id
from stack.addresses import Addresses
from stack.bench.checks import check_once
from stack.bench.contest import Lane, Order
from stack.bench.feed import Entry, Published
from stack.bench.result import InvalidRun
from stack.folders import CHECKOUT
from stack.topology import PARTITIONS

DATABASE = "yardstick"
SHARES_PER_COMMAND = 2

_FOLDER = CHECKOUT / "tests" / "benchmarks"
_READY_TIMEOUT_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.05
_FIRM = UUID(int=7)


@dataclass(frozen=True, slots=True)
class Yardstick:
    """One of the programs, by its name; `commands_share` of the commands are enough for it."""

    name: str
    commands_share: float
    addresses: Addresses

    @asynccontextmanager
    async def opened(self, count: int) -> AsyncGenerator[Lane]:
        """Start the program on new topics, and end it afterwards."""
        run = new_id().hex
        commands, events = f"yardstick-commands-{run}", f"yardstick-events-{run}"
        dsn = await _database(self.addresses.admin_dsn)
        await _make_topics(self.addresses.kafka_bootstrap, commands, events)
        process = await self._start(dsn, commands, events, group=f"yardstick-{run}")
        try:
            yield _YardstickLane(process.pid, {events: 1}, commands, dsn)
        finally:
            process.kill()
            await process.wait()

    async def _start(self, dsn: str, commands: str, events: str, group: str) -> asyncio.subprocess.Process:
        options = {
            "--dsn": dsn,
            "--bootstrap": self.addresses.kafka_bootstrap,
            "--commands-topic": commands,
            "--events-topic": events,
            "--group": group,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"yardstick.{self.name}",
            *(part for option in options.items() for part in option),
            cwd=_FOLDER,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        async with asyncio.timeout(_READY_TIMEOUT_SECONDS):
            if not (await process.stdout.readline()).startswith(b"READY"):
                raise InvalidRun(f"the yardstick {self.name} did not start")
        return process


@dataclass(frozen=True, slots=True)
class _YardstickLane:
    pid: int
    per_command: Mapping[str, int]
    commands_topic: str
    dsn: str

    def take(self, count: int) -> list[Order]:
        return [self._order() for _ in range(count)]

    async def check(self, orders: Sequence[Order], published: Sequence[Published]) -> None:
        causes = [UUID(json.loads(record.value)["causation"]) for record in published]
        check_once("an event", [order.command_id for order in orders], causes)
        await self._check_rows([order.command_id for order in orders])

    async def _check_rows(self, command_ids: Sequence[UUID]) -> None:
        connection = await asyncpg.connect(self.dsn)
        try:
            claimed = await connection.fetchval("select count(*) from inbox where id = any($1::uuid[])", command_ids)
            shares = await connection.fetchval("select count(*) from invoice_shares")
            commands = await connection.fetchval("select count(*) from inbox")
        finally:
            await connection.close()
        if claimed != len(command_ids) or shares != SHARES_PER_COMMAND * commands:
            raise InvalidRun(
                f"{len(command_ids)} commands left {claimed} inbox rows; {commands} of all, {shares} shares"
            )

    def _order(self) -> Order:
        command_id, invoice_id = new_id(), new_id()
        contacts = [
            {"id": new_id(), "email": f"{name.lower()}@example.test", "name": f"{name} Client"}
            for name in ("Ada", "Bob")
        ]
        command = {
            "id": command_id,
            "type": "invoice.share.requested",
            "version": 1,
            "time": now(),
            "firm": _FIRM,
            "correlation": new_id(),
            "data": {
                "invoice": invoice_id,
                "number": "INV-2026-000123",
                "matter": new_id(),
                "channel": "email",
                "message": "Please find attached your invoice.",
                "contacts": contacts,
            },
        }
        return Order(command_id, Entry(self.commands_topic, invoice_id.bytes, msgspec.json.encode(command)))


async def _database(admin_dsn: str) -> str:
    """Make the yardsticks' database unless it is there, and tell its address."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", DATABASE):
            await connection.execute(f"create database {DATABASE}")
    finally:
        await connection.close()
    return f"{admin_dsn.rpartition('/')[0]}/{DATABASE}"


async def _make_topics(bootstrap: str, *names: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
        while not set(names) <= set(await admin.list_topics()):  # noqa: ASYNC110 - Kafka tells nobody
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
    finally:
        await admin.close()
