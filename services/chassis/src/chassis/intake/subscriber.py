"""Kafka's side of intake, on FastStream: raw batches, acknowledged only after their effect has committed.

FastStream's defaults lose messages (acknowledge first, start at the latest offset, drop a batch with an odd header), so
every choice is made here and asserted at start-up.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog
from aiokafka import ConsumerRecord
from aiokafka.errors import IllegalStateError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from chassis.database import Database
from chassis.failpoint import failpoint
from chassis.health import Progress
from chassis.intake.guard import Guard
from chassis.intake.route import Consumer
from chassis.parked import RawRecord

RECORDS_MAX = 500
BATCH_TIMEOUT_MS = 10
STOP_TIMEOUT_SECONDS = 15.0
WATCH_SECONDS = 5.0

_log = structlog.get_logger("chassis.intake")


def open_broker(bootstrap: str) -> KafkaBroker:
    """Make a broker whose subscribers lose nothing. It publishes nothing, but would be safe if it did."""
    return KafkaBroker(
        bootstrap,
        acks="all",
        enable_idempotence=True,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        allow_auto_create_topics=False,
        graceful_timeout=STOP_TIMEOUT_SECONDS,
        request_timeout_ms=10_000,
        apply_types=False,
        logger=None,
    )


def subscribe(broker: KafkaBroker, consumer: Consumer, database: Database, progress: Progress) -> None:
    """Attach a consumer to the broker: one subscriber for all its topics, one batch in flight."""
    guard = Guard(database, consumer, progress)

    async def handle(records: Sequence[ConsumerRecord[Any, Any]]) -> None:
        await guard.handle([_raw(record) for record in records])
        failpoint("intake.before_acknowledge")

    broker.subscriber(
        *(topic.name for topic in consumer.topics),
        group_id=consumer.name,
        batch=True,
        max_records=RECORDS_MAX,
        batch_timeout_ms=BATCH_TIMEOUT_MS,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
        session_timeout_ms=15_000,
        heartbeat_interval_ms=3_000,
        max_poll_interval_ms=300_000,
        fetch_max_wait_ms=500,
        max_partition_fetch_bytes=4 << 20,
        parser=_parse_any_headers,
        decoder=_keep_raw,
    )(handle)


def assert_safe(broker: KafkaBroker) -> None:
    """Refuse to start with a subscriber that could lose a message.

    Raises: AssertionError, naming what is wrong.
    """
    producer = broker.config.broker_config.producer
    assert broker.subscribers, "no subscriber"
    assert producer is not None
    for subscriber in broker.subscribers:
        name = getattr(subscriber, "group_id", None)
        assert name, "a subscriber without a group"
        assert subscriber.ack_policy is AckPolicy.NACK_ON_ERROR, f"{name}: acknowledges before its effect"
        settings: dict[str, Any] = getattr(subscriber, "_connection_args", {})  # FastStream shows them nowhere else.
        assert settings.get("auto_offset_reset") == "earliest", f"{name}: would skip what came before it"
        assert not settings.get("enable_auto_commit"), f"{name}: commits by itself"


async def watch_lag(broker: KafkaBroker, consumers: Sequence[Consumer], progress: Progress) -> None:
    """Report progress for consumers with nothing to read; one with lag must move by itself to count as alive."""
    while True:
        for subscriber, consumer in zip(broker.subscribers, consumers, strict=True):
            if not await _lags(getattr(subscriber, "consumer", None)):
                progress.made(f"intake {consumer.name}")
        await asyncio.sleep(WATCH_SECONDS)


async def _lags(kafka: Any) -> bool:
    if kafka is None:
        return False
    for partition in kafka.assignment():
        end = kafka.highwater(partition)
        try:
            if end is not None and end > await kafka.position(partition):
                return True
        except IllegalStateError:  # Another member of the group has it now.
            continue
    return False


async def _parse_any_headers(
    records: tuple[ConsumerRecord[Any, Any], ...],
    original: Callable[[tuple[ConsumerRecord[Any, Any], ...]], Awaitable[KafkaMessage]],
) -> KafkaMessage:
    """Let FastStream see the batch without headers: its own parser drops a whole batch for one odd header.

    The raw records are put back and stay a tuple; only then can a batch over several partitions be given back.
    """
    message = await original((_without_headers(records[0]),))
    message.raw_message = records
    return message


def _without_headers(record: ConsumerRecord[Any, Any]) -> ConsumerRecord[Any, Any]:
    return replace(record, headers=())


async def _keep_raw(message: KafkaMessage) -> Sequence[ConsumerRecord[Any, Any]]:
    assert isinstance(message.raw_message, tuple)
    return message.raw_message


def _raw(record: ConsumerRecord[Any, Any]) -> RawRecord:
    return RawRecord(record.topic, record.partition, record.offset, record.key, record.value, tuple(record.headers))
