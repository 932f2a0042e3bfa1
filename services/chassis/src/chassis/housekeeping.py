"""Forgetting what no redelivery and no retry can ask for again, in small slices."""

import asyncio
import random
from datetime import timedelta

from chassis import idempotency, inbox
from chassis.database import TRANSIENT, Database

INBOX_KEPT = timedelta(days=30)
"""Longer than any topic keeps its records (14 days) and a parked message waits."""
ANSWERS_KEPT = timedelta(days=90)
ROWS_MAX = 1000
PAUSE_SECONDS = 600.0


class Housekeeper:
    """Purges inbox and kept answers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def run(self) -> None:
        """Purge every ten minutes until cancelled."""
        while True:
            await asyncio.sleep(random.uniform(0.5, 1.5) * PAUSE_SECONDS)  # noqa: S311 - jitter, not a secret
            try:
                while await self._purge_slice():
                    continue
            except TRANSIENT:
                continue

    async def _purge_slice(self) -> bool:
        async with self._database.transaction() as tx:
            purged = await inbox.purge(tx, INBOX_KEPT, ROWS_MAX) + await idempotency.purge(tx, ANSWERS_KEPT, ROWS_MAX)
        return purged >= ROWS_MAX
