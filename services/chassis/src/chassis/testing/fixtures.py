"""A migrated database per test, cloned from a template; the running stack."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import pytest
import pytest_asyncio

from chassis.database import Database, open_connection, open_pool
from chassis.ids import new_id
from chassis.migrate import migrate
from chassis.testing.addresses import Stack, read_infrastructure

_templates: set[str] = set()


@pytest.fixture(scope="session")
def stack() -> Stack:
    """Broker and database of one service's tests; those that need every service see the whole stack by this name."""
    return read_infrastructure()


@pytest_asyncio.fixture
async def new_database(stack: Stack) -> AsyncIterator[Callable[[str], Awaitable[str]]]:
    """Make a fresh migrated database for a service and return its DSN; it is dropped when the test ends."""
    made: list[str] = []

    async def make(service: str) -> str:
        template = await _template(stack, service)
        name = f"t_{new_id().hex}"
        await _admin(stack, f'create database "{name}" template "{template}"')
        made.append(name)
        return stack.postgres_dsn(name)

    yield make
    for name in made:
        await _admin(stack, f'drop database "{name}" with (force)')


@pytest_asyncio.fixture
async def database_of(
    new_database: Callable[[str], Awaitable[str]],
) -> AsyncIterator[Callable[[str], Awaitable[Database]]]:
    """Make a fresh migrated database for a service and open it."""
    async with AsyncExitStack() as opened:

        async def make(service: str) -> Database:
            database = Database(await open_pool(await new_database(service), application="test", size_max=20))
            opened.push_async_callback(database.close)
            return database

        yield make


async def _template(stack: Stack, service: str) -> str:
    """Make the migrated template of a service, once per test run."""
    name = f"template_{service}_{os.getpid()}"
    if name not in _templates:
        await _admin(stack, f'create database "{name}"')
        await migrate(stack.postgres_dsn(name), service)
        _templates.add(name)
    return name


async def _admin(stack: Stack, statement: str) -> None:
    connection = await open_connection(stack.postgres_admin_dsn, application="test-admin")
    try:
        await connection.execute(statement, timeout=60)
    except asyncpg.ObjectInUseError:
        # A migration's connection may be a moment from gone.
        await asyncio.sleep(0.2)
        await connection.execute(statement, timeout=60)
    finally:
        await connection.close(timeout=5)


@asynccontextmanager
async def opened(dsn: str) -> AsyncGenerator[Database]:
    """Open a database by its DSN, for tests with several processes on one."""
    database = Database(await open_pool(dsn, application="test", size_max=10))
    try:
        yield database
    finally:
        await database.close()
