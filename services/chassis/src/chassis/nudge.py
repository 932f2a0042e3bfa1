"""Waking the relay in another process after a commit: NOTIFY, many commits folded into one."""

import asyncio
import random

import asyncpg

from chassis.database import TRANSIENT, open_connection
from chassis.relay import CHANNEL

FOLD_SECONDS = 0.005


class RemoteNudge:
    """Sends at most one notification per few milliseconds. A lost one costs a poll interval, nothing else."""

    def __init__(self, dsn: str, service: str) -> None:
        self._dsn = dsn
        self._service = service
        self._pending = asyncio.Event()

    def wake(self) -> None:
        self._pending.set()

    async def run(self) -> None:
        """Notify until cancelled; opens its connection again after an outage."""
        while True:
            try:
                connection = await open_connection(self._dsn, application=f"{self._service}-nudge")
                try:
                    while True:
                        await self._pending.wait()
                        self._pending.clear()
                        await connection.execute("select pg_notify($1, '')", CHANNEL)
                        await asyncio.sleep(FOLD_SECONDS)
                finally:
                    connection.terminate()
            except (*TRANSIENT, asyncpg.PostgresError):
                await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
