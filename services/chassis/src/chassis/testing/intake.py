"""Intake in the test's own process, on real Kafka."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient
from faststream.kafka import KafkaBroker

from chassis.database import Database
from chassis.health import Progress
from chassis.intake.route import Consumer
from chassis.intake.subscriber import assert_safe, open_broker, subscribe
from chassis.testing.addresses import Stack
from chassis.testing.eventually import eventually


@asynccontextmanager
async def taking_in(
    stack: Stack, consumer: Consumer, database: Database, progress: Progress | None = None
) -> AsyncGenerator[KafkaBroker]:
    """Run one member of the consumer's group."""
    broker = open_broker(stack.kafka_bootstrap)
    subscribe(broker, consumer, database, progress or Progress())
    assert_safe(broker)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()


async def until_acknowledged(stack: Stack, consumer: Consumer, count: int) -> None:
    """Wait until the group has committed that many offsets over all its partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    await admin.start()

    async def all_committed() -> bool:
        offsets = await admin.list_consumer_group_offsets(consumer.name)
        return sum(max(committed.offset, 0) for committed in offsets.values()) == count

    try:
        await eventually(all_committed, timeout_seconds=30)
    finally:
        await admin.close()
