import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from chassis.ids import new_id
from chassis.migrate import LOCK_NAME, migrate
from chassis.testing import eventually
from chassis.testing.addresses import Stack


@pytest.fixture
async def empty_dsn(stack: Stack) -> AsyncIterator[str]:
    """A database with nothing in it."""
    name = f"t_{new_id().hex}"
    admin = await asyncpg.connect(stack.postgres_admin_dsn)
    await admin.execute(f'create database "{name}"')
    yield stack.postgres_dsn(name)
    await admin.execute(f'drop database "{name}" with (force)')
    await admin.close()


async def applied(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row["migration_id"] for row in await connection.fetch("select migration_id from _pogo_migration")]
    finally:
        await connection.close()


async def test_three_runs_at_once_apply_each_migration_once(empty_dsn: str) -> None:
    await asyncio.gather(*(migrate(empty_dsn, "chassis") for _ in range(3)))
    names = await applied(empty_dsn)
    assert names
    assert len(names) == len(set(names))
    await migrate(empty_dsn, "chassis")
    assert await applied(empty_dsn) == names


@pytest.mark.fault
async def test_a_run_waits_for_another_however_long_that_takes(empty_dsn: str) -> None:
    other = await asyncpg.connect(empty_dsn)
    await other.execute("select pg_advisory_lock(hashtext($1))", LOCK_NAME)
    loop = asyncio.get_running_loop()
    begun_at = loop.time()
    running = asyncio.create_task(migrate(empty_dsn, "chassis"))

    async def longer_than_any_lock_timeout() -> bool:
        return running.done() or loop.time() > begun_at + 3.5

    await eventually(longer_than_any_lock_timeout)
    assert not running.done()
    await other.close()
    await running
    assert await applied(empty_dsn)
