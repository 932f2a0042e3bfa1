"""Reading whole topics, and how far each consumer group is behind."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from chassis.intake.route import Consumer
from chassis.parked import RawRecord
from contracts.topics import ALL

_POLL_MS = 500
_RECORDS_MAX = 5_000

Ends = dict[TopicPartition, int]
Fetched = dict[TopicPartition, list[Any]]


class TopicReader:
    """One connection without a group: what it reads, it takes from nobody."""

    def __init__(
        self, consumer: AIOKafkaConsumer, admin: AIOKafkaAdminClient, partition_counts: Mapping[str, int]
    ) -> None:
        self._consumer = consumer
        self._admin = admin
        self._partition_counts = partition_counts

    async def read_all(self) -> tuple[list[RawRecord], frozenset[str]]:
        """Read everything on the contract's topics up to now, and name those that do not hold everything any more."""
        partitions = self._partitions(topic.name for topic in ALL)
        ends = cast("Ends", await self._consumer.end_offsets(partitions))
        self._consumer.assign(partitions)
        await self._consumer.seek_to_beginning(*partitions)
        records: list[RawRecord] = []
        waited_for = {part for part in partitions if ends[part]}
        while waited_for:
            fetched = cast("Fetched", await self._consumer.getmany(timeout_ms=_POLL_MS, max_records=_RECORDS_MAX))
            records += [_raw(record) for batch in fetched.values() for record in batch]
            waited_for = {part for part in waited_for if await self._consumer.position(part) < ends[part]}
        return records, _cut_topics(records, ends)

    async def unread(self, consumers: Iterable[Consumer]) -> dict[str, int]:
        """Count, by group, the records that it has not acknowledged."""
        counts: dict[str, int] = {}
        for consumer in consumers:
            partitions = self._partitions(topic.name for topic in consumer.topics)
            committed = await self._admin.list_consumer_group_offsets(consumer.name, partitions=partitions)
            ends = cast("Ends", await self._consumer.end_offsets(partitions))
            # A partition without a committed offset has not been read at all.
            counts[consumer.name] = sum(
                ends[part] - (max(committed[part].offset, 0) if part in committed else 0) for part in partitions
            )
        return counts

    def _partitions(self, names: Iterable[str]) -> list[TopicPartition]:
        return [TopicPartition(name, number) for name in names for number in range(self._partition_counts[name])]


@asynccontextmanager
async def open_reader(bootstrap: str) -> AsyncGenerator[TopicReader]:
    """Connect, knowing the partitions of every topic of the contract."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        await admin.start()
        try:
            yield TopicReader(consumer, admin, await _count_partitions(admin))
        finally:
            await admin.close()
    finally:
        await consumer.stop()


async def _count_partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    described = cast("list[dict[str, Any]]", await admin.describe_topics([topic.name for topic in ALL]))
    return {topic["topic"]: len(topic["partitions"]) for topic in described}


def _cut_topics(records: Iterable[RawRecord], ends: Ends) -> frozenset[str]:
    """Nothing writes control records here, so a topic that holds everything has as many records as its last offset."""
    missing = dict(ends)
    for record in records:
        missing[TopicPartition(record.topic, record.partition)] -= 1
    return frozenset(part.topic for part, count in missing.items() if count > 0)


def _raw(record: Any) -> RawRecord:
    return RawRecord(record.topic, record.partition, record.offset, record.key, record.value, tuple(record.headers))
