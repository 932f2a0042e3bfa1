"""The loop that carries out what waited for a final invoice, killed before and after its commit."""

import asyncio
import os
import signal
import sys
from typing import Any

import pytest

from chassis.outcome import Accepted
from chassis.testing.addresses import Stack

STEPS = """
import asyncio, sys
from chassis.database import Database, open_pool
from sharing.jobs import open_pending

async def main():
    database = Database(await open_pool(sys.argv[1], application="killed", size_max=2))
    async with open_pending() as step:
        while await step(database):
            pass

asyncio.run(main())
"""


@pytest.mark.fault
@pytest.mark.proves("S6")
@pytest.mark.parametrize(("place", "is_done"), [("before", False), ("after", True)])
async def test_a_killed_worker_leaves_all_or_nothing_and_the_next_ends_each_act_once(
    world: Any, stack: Stack, place: str, is_done: bool
) -> None:
    """The process kills itself as kill -9 would, before or after it commits; another one goes on."""
    ada, ben = await world.people(2)
    draft = await world.draft()
    outcome = await world.mail(draft, [ada, ben], finalise_drafts=True)
    await world.said()
    await world.receive((world.finalised(draft), 2))
    async with world.database.reading() as tx:
        dsn = stack.postgres_dsn(await tx.fetchval("select current_database()"))
    environment = os.environ | {"HANDBILL_FAILPOINT": f"pending.{place}_commit:kill"}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", STEPS, dsn, env=environment)
    assert await process.wait() == -signal.SIGKILL
    assert isinstance(outcome, Accepted)
    command_id = outcome.command_id
    assert await world.command(command_id) == ("done" if is_done else "waiting", None)
    assert len(await world.channels(draft)) == (2 if is_done else 0)
    while await world.carry_out():
        pass
    assert await world.command(command_id) == ("done", None)
    assert [kind for kind, _ in await world.said()] == ["invoice-shared", "command-done"]
