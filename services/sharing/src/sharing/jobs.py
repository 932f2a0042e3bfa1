"""Work that no message asks for: wishes whose last missing piece has arrived, or that were barred a while ago.

Which piece is last depends on the order of topics, so no handler looks; every commit of the worker wakes this loop.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from chassis.database import Database
from chassis.jobs import Job, Step
from sharing.store.share_wishes import find_ripe_invoices
from sharing.usecases.share_as_wished import share_as_wished


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


WISHES = Job(name="wishes", role="worker", open_step=open_wishes)
