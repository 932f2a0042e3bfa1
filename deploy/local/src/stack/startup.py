"""Bringing a stack up: everything that can at the same time, each part as soon as what it needs is there."""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from aiokafka.errors import KafkaError
from asyncpg import PostgresError
from pogo_core.error import BadMigrationError

from chassis.migrate import migrate
from chassis.topics import create_topics
from stack.child import NotReady
from stack.http_probe import http_status
from stack.kafka import broker_answers, broker_spec, jars_folder, write_broker_files
from stack.kafka_jars import JarMismatch, ensure_jars, read_lock
from stack.postgres import ensure_databases, server_answers, server_spec
from stack.postgres_files import copy_template, ensure_postgres_files
from stack.postgres_user import ProgramFailed
from stack.process import ProcessSpec
from stack.running_stack import RunningStack
from stack.topology import (
    PARTITIONS,
    REPLICATION,
    SERVICES,
    Service,
    mail_spec,
    plain_environment,
    processor_spec,
    service_spec,
)

READY_TIMEOUT_SECONDS = 90.0

_LOG_TAIL_LINES = 25


class StartFailed(Exception):
    """A part did not start; `log_tail` is what it said last."""

    def __init__(self, part: str, reason: str, log_tail: str) -> None:
        super().__init__(f"{part}: {reason}")
        self.part = part
        self.reason = reason
        self.log_tail = log_tail


class Startup:
    """One start of one stack; `report` hears of each part that is ready and the seconds it took."""

    def __init__(self, stack: RunningStack, report: Callable[[str, float], None]) -> None:
        self._stack = stack
        self._report = report

    async def run(self, *, is_durable: bool, with_services: bool) -> None:
        """Return when every part is ready.

        Raises: StartFailed, alone or in a group.
        """
        async with asyncio.TaskGroup() as group:
            database = group.create_task(self._start_database(is_durable=is_durable))
            broker = group.create_task(self._start_broker())
            for outside in (mail_spec, processor_spec):
                group.create_task(self._start_outside(outside(self._stack.run, self._stack.addresses)))
            if with_services:
                topics = group.create_task(self._make_topics(broker))
                for service in SERVICES:
                    group.create_task(self._start_service(service, database, topics))

    async def _start_database(self, *, is_durable: bool) -> None:
        run, addresses = self._stack.run, self._stack.addresses
        with self._part("postgres"):
            files = await asyncio.to_thread(ensure_postgres_files)
            if not run.postgres_data.exists():
                await asyncio.to_thread(copy_template, files, run.postgres_data)
            spec = server_spec(run, addresses, files.programs, is_durable=is_durable)
            await self._start(spec, functools.partial(server_answers, addresses.admin_dsn))
            await ensure_databases(addresses, files)

    async def _start_broker(self) -> None:
        run, addresses = self._stack.run, self._stack.addresses
        with self._part("kafka"):
            await asyncio.to_thread(ensure_jars, jars_folder(), read_lock())
            write_broker_files(run, addresses)
            spec = broker_spec(run, addresses, plain_environment(run))
            await self._start(spec, functools.partial(broker_answers, addresses.kafka_bootstrap))

    async def _start_outside(self, spec: ProcessSpec) -> None:
        with self._part(spec.name):
            await self._start(spec, functools.partial(_is_ok, spec.port, "/readyz"))

    async def _make_topics(self, broker: asyncio.Task[None]) -> None:
        await broker
        with self._part("topics"):
            bootstrap = self._stack.addresses.kafka_bootstrap
            await create_topics(bootstrap, partitions=PARTITIONS, replication=REPLICATION)

    async def _start_service(self, service: Service, database: asyncio.Task[None], topics: asyncio.Task[None]) -> None:
        run, addresses = self._stack.run, self._stack.addresses
        await database
        dsn = addresses.dsn_of(service.name)
        if dsn is not None:
            with self._part(f"{service.name}-migrate"):
                await migrate(dsn, service.name)
        await topics
        with self._part(service.name):
            spec = service_spec(service, run, addresses)
            await self._start(spec, functools.partial(_is_ok, spec.port, "/ready"))

    async def _start(self, spec: ProcessSpec, is_ready: Callable[[], Awaitable[bool]]) -> None:
        await self._stack.add(spec, is_ready).start(READY_TIMEOUT_SECONDS)

    @contextmanager
    def _part(self, name: str) -> Generator[None]:
        begun = time.monotonic()
        try:
            yield
        except (NotReady, JarMismatch, ProgramFailed, BadMigrationError, PostgresError, KafkaError, OSError) as fault:
            tail = _last_lines(self._stack.run.log_of(name))
            raise StartFailed(name, str(fault), tail) from fault
        self._report(name, time.monotonic() - begun)


async def _is_ok(port: int, path: str) -> bool:
    return await http_status(port, path) == HTTPStatus.OK


def _last_lines(log_file: Path) -> str:
    if not log_file.exists():
        return ""
    lines = log_file.read_text(errors="replace").splitlines()
    return "\n".join(lines[-_LOG_TAIL_LINES:])
