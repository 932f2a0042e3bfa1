"""Forgetting what no redelivery and no retry can ask for again, in small slices."""

import asyncio
import random
from datetime import timedelta

import asyncpg
import structlog

from chassis import idempotency, inbox, parked
from chassis.database import TRANSIENT, Database

INBOX_KEPT = timedelta(days=30)
"""Longer than any topic keeps its records (14 days) and a parked message waits."""
ANSWERS_KEPT = timedelta(days=90)
RESOLVED_KEPT = timedelta(days=90)
ROWS_MAX = 1000
PAUSE_SECONDS = 600.0

_log = structlog.get_logger("chassis.housekeeping")


class Housekeeper:
    """Purges inbox, kept answers, and parked messages whose wait has ended."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Purge every ten minutes until cancelled."""
        while True:
            await asyncio.sleep(random.uniform(0.5, 1.5) * PAUSE_SECONDS)  # noqa: S311 - jitter, not a secret
            try:
                while await self._purge_slice():
                    continue
            except (*TRANSIENT, asyncpg.PostgresError) as error:
                # What was not purged now is purged later: nothing waits for it.
                _log.warning("purge_put_off", error=repr(error))

    async def _purge_slice(self) -> bool:
        async with self._database.transaction() as tx:
            purged = [
                await inbox.purge(tx, INBOX_KEPT, ROWS_MAX),
                await idempotency.purge(tx, ANSWERS_KEPT, ROWS_MAX),
                await parked.purge(tx, RESOLVED_KEPT, ROWS_MAX),
            ]
        return max(purged) >= ROWS_MAX
