"""Parked messages whose time has come, one at a time, in the order of their key."""

import asyncio
import random

import asyncpg
import structlog

from chassis import parked
from chassis.answers import waiting_pause_seconds
from chassis.database import TRANSIENT, Database, Tx, withhold_rows
from chassis.health import Progress
from chassis.intake.apply import apply_readable
from chassis.intake.reading import Skipped, read, retrying
from chassis.intake.route import Consumer
from chassis.parked import Parked, ParkedRow

POLL_SECONDS = 0.5

_log = structlog.get_logger("chassis.intake")


class Replayer:
    """Tries one consumer's parked messages again. Several may run: each takes records that no other holds."""

    def __init__(self, database: Database, consumer: Consumer, progress: Progress) -> None:
        self._database = database
        self._consumer = consumer
        self._progress = progress
        self._loop_name = f"replay {consumer.name}"

    async def run(self) -> None:
        """Replay what is due until cancelled; waits through outages of PostgreSQL."""
        while True:
            try:
                while await self.replay_one():
                    self._progress.made(self._loop_name)
                self._progress.made(self._loop_name)
            except (*TRANSIENT, asyncpg.PostgresError) as error:
                # Not a handler's error, which is counted below: a statement of ours took too long, for one.
                _log.warning("replay_waits", consumer=self._consumer.name, error=repr(error))
                self._progress.waiting(self._loop_name, repr(error))
            await asyncio.sleep(random.uniform(0.5, 1.5) * POLL_SECONDS)  # noqa: S311 - jitter, not a secret

    async def replay_one(self) -> bool:
        """Handle one due message; False when none is due. Its effect and its end are one transaction."""
        async with self._database.reading() as connection:
            if not await parked.is_any_due(connection, self._consumer.name):
                return False
        async with self._database.transaction() as tx:
            row = await parked.lock_due(tx, self._consumer.name, in_order=self._consumer.is_ordered)
            if row is None:
                return False
            try:
                async with tx.transaction():
                    again = await self._apply(tx, row)
                    # What would fail at the commit must fail here, where it is told from an outage and counted.
                    await tx.execute("set constraints all immediate")
            except TRANSIENT:
                raise
            except Exception as error:  # noqa: BLE001 - the edge: a failing message is counted, not fatal
                withhold_rows(error)
                _log.exception("replay_failed", consumer=self._consumer.name, parked_id=row.parked_id)
                delay_seconds = parked.retry_delay_seconds(row.attempts + 1)
                kind = "poison" if delay_seconds is None else "retry"
                again = Parked(row.record, row.ordering_key, kind, "handler_failed", _told(error), delay_seconds)
            if again is None:
                await parked.resolve(tx, row.parked_id, "handled")
            else:
                await parked.postpone(tx, row.parked_id, again)
        return True

    async def _apply(self, tx: Tx, row: ParkedRow) -> Parked | None:
        """Apply one parked message; returns what it is parked as from now on, None when it is through."""
        reading = read(self._consumer, row.record, row.waited_seconds)
        if isinstance(reading, Skipped):
            return None
        if isinstance(reading, Parked):
            return reading
        held = await apply_readable(tx, self._consumer, [reading])
        pause_seconds = waiting_pause_seconds(row.waited_seconds)
        return retrying(reading, "not_yet_known", "", pause_seconds) if held else None


def _told(error: Exception) -> str:
    return repr(error)[:2000].replace("\x00", "")
