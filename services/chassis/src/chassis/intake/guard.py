"""What stands between Kafka and the handlers: outages are waited out, guilty messages found and parked."""

import asyncio
import random
from collections.abc import Sequence

import structlog

from chassis import parked
from chassis.database import TRANSIENT, Database, withhold_rows
from chassis.failpoint import failpoint
from chassis.health import Progress
from chassis.intake.apply import apply_batch
from chassis.intake.reading import Readable, Reading, read, retrying
from chassis.intake.route import Consumer
from chassis.parked import Parked, RawRecord
from chassis.tracing import span

PATIENCE_SECONDS = 60.0
"""How long a batch is held through an outage before it is given back to Kafka."""
BACKOFF_SECONDS_MAX = 8.0
TOO_LONG_SECONDS = 20.0
"""Longer than any outage takes to show, and shorter than the server lets a transaction last."""

_log = structlog.get_logger("chassis.intake")


class Guard:
    """Handles one consumer's batches, one at a time."""

    def __init__(self, database: Database, consumer: Consumer, progress: Progress) -> None:
        self._database = database
        self._consumer = consumer
        self._progress = progress
        self._loop_name = f"intake {consumer.name}"

    async def handle(self, records: Sequence[RawRecord]) -> None:
        """Apply or park every record; returns when all is committed. Safe to repeat.

        Raises: the database's error, after PATIENCE_SECONDS of outage; the batch must then be delivered again.
        """
        readings = [read(self._consumer, record) for record in records]
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + PATIENCE_SECONDS
        delay_seconds = 0.1
        with span(self._loop_name, _traceparent(records)):
            while True:
                try:
                    await self._apply_or_split(readings)
                    self._progress.made(self._loop_name)
                    return
                except TRANSIENT as error:
                    self._progress.waiting(self._loop_name, repr(error))
                    if loop.time() > give_up_at:
                        raise
                    _log.warning("intake_waits", consumer=self._consumer.name, error=repr(error))
                    await asyncio.sleep(random.uniform(0, delay_seconds))  # noqa: S311 - jitter, not a secret
                    delay_seconds = min(delay_seconds * 2, BACKOFF_SECONDS_MAX)

    async def _apply_or_split(self, readings: Sequence[Reading]) -> None:
        """Apply in one transaction; where that fails, halve until the guilty message is alone, and park it."""
        error = await self._apply(readings)
        if error is None:
            return
        if len(readings) == 1:
            await self._park(readings[0], error)
            return
        middle = len(readings) // 2
        await self._apply_or_split(readings[:middle])
        await self._apply_or_split(readings[middle:])

    async def _apply(self, readings: Sequence[Reading]) -> Exception | None:
        """Apply in one transaction; returns why it was rolled back, where that is some message's fault."""
        loop = asyncio.get_running_loop()
        begun_at = loop.time()
        try:
            async with self._database.transaction() as tx:
                await apply_batch(tx, self._consumer, readings)
                failpoint("intake.before_commit")
            failpoint("intake.after_commit")
        except TRANSIENT as error:
            if len(readings) > 1 and loop.time() - begun_at > TOO_LONG_SECONDS:
                # The server ends transactions that last: smaller ones may get through where this one never will.
                return error
            raise
        except Exception as error:  # noqa: BLE001 - the edge: whatever a handler raises must not stop the partition
            return error
        return None

    async def _park(self, reading: Reading, error: Exception) -> None:
        assert isinstance(reading, Readable), "only a handler can fail"
        withhold_rows(error)
        _log.error("message_failed", consumer=self._consumer.name, type=reading.message.envelope.type, exc_info=error)
        record: Parked = retrying(reading, "handler_failed", repr(error), parked.retry_delay_seconds(1))
        async with self._database.transaction() as tx:
            await parked.insert_parked(tx, self._consumer.name, [record])


def _traceparent(records: Sequence[RawRecord]) -> str | None:
    """Take the trace of a batch from its first record."""
    for name, value in records[0].headers:
        if name == "traceparent" and value is not None:
            return value.decode("ascii", "ignore")
    return None
