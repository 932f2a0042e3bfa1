"""The bench's own way to topics: many records in at once, how far they have come, and all that came out."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

Ends: TypeAlias = Mapping[TopicPartition, int]
"""The next offset of each partition."""

# Looking costs the broker something, which is counted.
_LOOK_EVERY_SECONDS = 0.1
_SILENCE_MS = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that is to be put on a topic."""

    topic: str
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Published:
    """A record that was found on a topic, and when it was put there."""

    topic: str
    value: bytes
    published_at: datetime


class Feed:
    """One producer and one consumer in no group, for records of any contestant."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=5, max_batch_size=131072)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False, max_partition_fetch_bytes=4 << 20
        )

    async def start(self) -> None:
        await asyncio.gather(self._producer.start(), self._consumer.start())

    async def stop(self) -> None:
        await asyncio.gather(self._producer.stop(), self._consumer.stop())

    async def put(self, entries: Iterable[Entry]) -> None:
        """Put records on their topics; returns when the broker has them all."""
        sent = [await self._send(entry) for entry in entries]
        await asyncio.gather(*sent)

    async def _send(self, entry: Entry) -> "asyncio.Future[object]":
        return cast("asyncio.Future[object]", await self._producer.send(entry.topic, entry.value, key=entry.key))

    async def ends(self, topics: Iterable[str], partitions: int) -> Ends:
        """Tell how far topics reach now."""
        all_partitions = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]
        return cast("Ends", await self._consumer.end_offsets(all_partitions))

    async def until_grown(self, begin: Ends, counts: Mapping[str, int], timeout_seconds: float) -> Ends:
        """Wait until each topic has grown by so many records; returns how far they reach then.

        Raises: TimeoutError.
        """
        async with asyncio.timeout(timeout_seconds):
            while True:
                ends = cast("Ends", await self._consumer.end_offsets(list(begin)))
                if all(_grown(begin, ends, topic) >= count for topic, count in counts.items()):
                    return ends
                await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def between(self, begin: Ends, ends: Ends) -> list[Published]:
        """Read everything between two readings of `ends`."""
        partitions = [partition for partition, end in ends.items() if end > begin[partition]]
        if not partitions:
            return []
        self._consumer.assign(partitions)
        for partition in partitions:
            self._consumer.seek(partition, begin[partition])
        found: list[Published] = []
        while not await self._has_passed(ends, partitions):
            fetched = cast(
                "Mapping[TopicPartition, Sequence[Any]]", await self._consumer.getmany(timeout_ms=_SILENCE_MS)
            )
            found += [
                Published(record.topic, record.value, datetime.fromtimestamp(record.timestamp / 1000, UTC))
                for records in fetched.values()
                for record in records
            ]
        self._consumer.unsubscribe()
        return found

    async def _has_passed(self, ends: Ends, partitions: Iterable[TopicPartition]) -> bool:
        positions = {partition: await self._consumer.position(partition) for partition in partitions}
        return all(position >= ends[partition] for partition, position in positions.items())


@asynccontextmanager
async def open_feed(bootstrap: str) -> AsyncGenerator[Feed]:
    """Lend a connected feed."""
    feed = Feed(bootstrap)
    await feed.start()
    try:
        yield feed
    finally:
        await feed.stop()


def _grown(begin: Ends, ends: Ends, topic: str) -> int:
    return sum(end - begin[partition] for partition, end in ends.items() if partition.topic == topic)
