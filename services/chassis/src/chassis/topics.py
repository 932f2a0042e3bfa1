"""Creating the contract's topics: explicitly, before anything runs, with partitions and retention from the contract."""

from typing import Any, cast

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

from contracts.topics import ALL, Topic

TOPIC_ALREADY_EXISTS = 36
DAY_MS = 86_400_000


def topic_settings(topic: Topic, *, insync_replicas_min: int) -> dict[str, str]:
    """Kafka's own settings of a topic."""
    settings = {"min.insync.replicas": str(insync_replicas_min), "unclean.leader.election.enable": "false"}
    if topic.is_compacted:
        return {**settings, "cleanup.policy": "compact"}
    return {**settings, "cleanup.policy": "delete", "retention.ms": str(topic.retention_days * DAY_MS)}


async def create_topics(bootstrap: str, *, partitions: int, replication: int) -> list[str]:
    """Create what is missing; returns the names created. Safe to repeat.

    Raises: KafkaError, for anything but a topic that is there already.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    await admin.start()
    try:
        response = await admin.create_topics(
            [
                NewTopic(
                    topic.name,
                    partitions,
                    replication,
                    topic_configs=topic_settings(topic, insync_replicas_min=min(2, replication)),
                )
                for topic in ALL
            ]
        )
    finally:
        await admin.close()
    created: list[str] = []
    for result in cast("list[dict[str, Any]]", response.to_object()["topic_errors"]):
        if result["error_code"] == 0:
            created.append(result["topic"])
        elif result["error_code"] != TOPIC_ALREADY_EXISTS:
            raise for_code(result["error_code"])(f"{result['topic']}: {result.get('error_message')}")
    return created
