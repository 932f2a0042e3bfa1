"""Looking at a topic from outside, without a group."""

from typing import cast

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from chassis.testing.addresses import Stack
from contracts.topics import Topic

Record = ConsumerRecord[bytes, bytes]


async def read_topic(stack: Stack, topic: Topic, *, partitions: int = 3) -> list[Record]:
    """Read everything that is on the topic now; records of one partition are in order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka_bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic.name, number) for number in range(partitions)])
        ends = cast("dict[TopicPartition, int]", await consumer.end_offsets(list(consumer.assignment())))
        records: list[Record] = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            fetched = cast("dict[TopicPartition, list[Record]]", await consumer.getmany(timeout_ms=500))
            for batch in fetched.values():
                records += batch
        return records
    finally:
        await consumer.stop()
