"""Work that no message asks for: wishes, once their last missing piece has arrived, and acts kept for a final invoice.

A barred wish is looked at again after a while.

Which piece is last depends on the order of topics, so no handler looks; every commit of the worker wakes these loops.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chassis.database import Database
from chassis.failpoint import failpoint
from chassis.jobs import Job, Step
from sharing.store.pending_shares import find_awaited_invoices
from sharing.store.share_wishes import find_ripe_invoices
from sharing.usecases.share_as_wished import share_as_wished
from sharing.usecases.share_finalised import share_finalised


@asynccontextmanager
async def open_wishes() -> AsyncGenerator[Step]:
    """Lend the step that decides wishes."""

    async def step(database: Database) -> bool:
        # A look first: a transaction of its own would wake this very loop again.
        async with database.reading() as connection:
            if not await find_ripe_invoices(connection, 1):
                return False
        async with database.transaction() as tx:
            return await share_as_wished(tx) > 0

    yield step


@asynccontextmanager
async def open_pending() -> AsyncGenerator[Step]:
    """Lend the step that carries out what waited for a final invoice."""

    async def step(database: Database) -> bool:
        async with database.reading() as connection:
            if not await find_awaited_invoices(connection, 1):
                return False
        async with database.transaction() as tx:
            count = await share_finalised(tx)
            failpoint("pending.before_commit")
        failpoint("pending.after_commit")
        return count > 0

    yield step


PENDING = Job(name="pending", role="worker", open_step=open_pending)
WISHES = Job(name="wishes", role="worker", open_step=open_wishes)
