"""The one place that publishes: outbox rows to their topics, in order, at least once.

One relay per service is active: it holds an advisory lock on the connection it reads and deletes with, so a lost
connection ends its turn. Rows are taken by id, published per partition with an idempotent producer, and deleted by id.
There is no cursor over ids: a row that commits late is simply found on the next look.
"""

import asyncio
import random
from collections import defaultdict
from typing import LiteralString, cast

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from chassis.database import TRANSIENT, open_connection
from chassis.failpoint import failpoint
from chassis.health import Progress
from chassis.partitions import partition_of

ROWS_MAX = 1000
PUBLISH_WARNING_SECONDS = 15
PUBLISH_WARNINGS_MAX = 20
"""After five minutes waiting is no progress any more: the health check has the process replaced."""
STOP_SECONDS = 2
STANDBY_SECONDS = 1.0
POLL_SECONDS = 1.0
BACKOFF_SECONDS_MAX = 10.0
LOCK_NAME = "handbill.relay"
CHANNEL = "outbox"

_log = structlog.get_logger("chassis.relay")

_TRY_LOCK: LiteralString = "select pg_try_advisory_lock(hashtext($1))"
# Committed rows in id order: per key that is commit order. Only this relay deletes, so no lock is taken.
_NEXT_ROWS: LiteralString = """
select outbox_id, topic, key, type, traceparent, payload from outbox order by outbox_id limit $1
"""
_DELETE: LiteralString = "delete from outbox where outbox_id = any($1::bigint[])"


def open_producer(bootstrap: str) -> AIOKafkaProducer:
    """Make a producer that loses and reorders nothing it has acknowledged. Start it before use."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=131072,
        max_request_size=1_048_576,
        request_timeout_ms=10_000,
    )


class Relay:
    """Publishes one service's outbox. `wake` after a commit saves the poll; it may be called at any time."""

    def __init__(self, dsn: str, bootstrap: str, service: str, progress: Progress) -> None:
        self._dsn = dsn
        self._bootstrap = bootstrap
        self._service = service
        self._progress = progress
        self._awake = asyncio.Event()

    def wake(self) -> None:
        self._awake.set()

    async def run(self) -> None:
        """Publish until cancelled; waits and tries again through outages of PostgreSQL and Kafka."""
        delay_seconds = 0.2
        while True:
            try:
                await self._turn()
                delay_seconds = 0.2
            except (*TRANSIENT, asyncpg.PostgresError, KafkaError) as error:
                self._progress.waiting("outbox", repr(error))
                _log.warning("relay_waits", error=repr(error))
                await asyncio.sleep(random.uniform(0, delay_seconds))  # noqa: S311 - jitter, not a secret
                delay_seconds = min(delay_seconds * 2, BACKOFF_SECONDS_MAX)

    async def _turn(self) -> None:
        connection = await open_connection(self._dsn, application=f"{self._service}-relay")
        try:
            while not await connection.fetchval(_TRY_LOCK, LOCK_NAME):
                self._progress.made("outbox")
                await asyncio.sleep(STANDBY_SECONDS)
            await connection.add_listener(CHANNEL, self._on_notify)
            producer = open_producer(self._bootstrap)
            await producer.start()
            try:
                await self._publish_rows(connection, producer)
            finally:
                await _stop(producer)
        finally:
            connection.terminate()

    def _on_notify(self, *_: object) -> None:
        self._awake.set()

    async def _publish_rows(self, connection: "asyncpg.Connection[asyncpg.Record]", producer: AIOKafkaProducer) -> None:
        while True:
            self._awake.clear()
            rows = await connection.fetch(_NEXT_ROWS, ROWS_MAX)
            self._progress.made("outbox")
            if rows:
                await self._publish(producer, rows)
                failpoint("relay.after_publish")
                await connection.execute(_DELETE, [row["outbox_id"] for row in rows])
            if len(rows) < ROWS_MAX:
                await _wait(self._awake, POLL_SECONDS)

    async def _publish(self, producer: AIOKafkaProducer, rows: list[asyncpg.Record]) -> None:
        by_partition: defaultdict[tuple[str, int], list[asyncpg.Record]] = defaultdict(list)
        counts = {topic: len(await producer.partitions_for(topic)) for topic in {row["topic"] for row in rows}}
        for row in rows:
            partition = partition_of(row["key"].encode(), counts[row["topic"]])
            by_partition[row["topic"], partition].append(row)
        sends = (
            self._publish_partition(producer, *target, target_rows) for target, target_rows in by_partition.items()
        )
        # All are waited for, so that none is still under way when a failed one has its rows published again.
        for result in await asyncio.gather(*sends, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result

    async def _publish_partition(
        self, producer: AIOKafkaProducer, topic: str, partition: int, rows: list[asyncpg.Record]
    ) -> None:
        batch = producer.create_batch()
        for row in rows:
            if not _add(batch, row):
                await self._send(producer, batch, topic, partition)
                batch = producer.create_batch()
                assert _add(batch, row), f"outbox row {row['outbox_id']} is larger than a batch"
        await self._send(producer, batch, topic, partition)

    async def _send(self, producer: AIOKafkaProducer, batch: BatchBuilder, topic: str, partition: int) -> None:
        acknowledged = cast("asyncio.Future[object]", await producer.send_batch(batch, topic, partition=partition))
        # The producer never gives up on a batch. Sending again meanwhile would only repeat it, so wait and say so.
        warnings = 0
        while not (await asyncio.wait([acknowledged], timeout=PUBLISH_WARNING_SECONDS))[0]:
            warnings += 1
            if warnings <= PUBLISH_WARNINGS_MAX:
                self._progress.waiting("outbox", "Kafka does not acknowledge")
            _log.warning("publish_unacknowledged", topic=topic, partition=partition)
        acknowledged.result()


def _add(batch: BatchBuilder, row: asyncpg.Record) -> bool:
    """Put a row into a batch; False when the batch is full."""
    headers = [("ce_type", row["type"].encode())]
    if row["traceparent"]:
        headers.append(("traceparent", row["traceparent"].encode()))
    added = batch.append(key=row["key"].encode(), value=row["payload"], timestamp=None, headers=headers)
    return added is not None


async def _stop(producer: AIOKafkaProducer) -> None:
    """Stop without waiting for a broker that is away: what it did not acknowledge is still in the outbox."""
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await producer.stop()
    except TimeoutError:
        _log.warning("producer_abandoned")


async def _wait(event: asyncio.Event, timeout_seconds: float) -> None:
    try:
        async with asyncio.timeout(timeout_seconds):
            await event.wait()
    except TimeoutError:
        return
