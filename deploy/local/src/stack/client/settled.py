"""Knowing that a stack is at rest: nothing unpublished, unread or undecided, nothing on its way to a mail server.

What must not happen is looked for only then; before, it may just not have happened yet.
"""

import asyncio
from collections.abc import Mapping
from typing import cast

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts.topics import OWNERS

_STEP_SECONDS = 0.1
_OPEN_WORK: dict[str, str] = {
    "messages unpublished": "select count(*) from outbox",
    "messages parked to be tried again": "select count(*) from parked where resolved_at is null and kind <> 'poison'",
}
_OPEN_WORK_OF: dict[str, dict[str, str]] = {
    "notify": {
        "deliveries not sent": (
            "select count(*) from deliveries where state in ('planned', 'claimed', 'retry', 'unknown')"
        ),
    },
    "sharing": {"wishes not decided": "select count(*) from share_wishes where state = 'due'"},
}


async def settled(bootstrap: str, dsns: Mapping[str, str], *, timeout_seconds: float = 60.0) -> None:
    """Wait until a stack is at rest.

    Raises: AssertionError, naming what is still open.
    """
    give_up_at = asyncio.get_running_loop().time() + timeout_seconds
    while True:
        # Twice in a row: work may pass from a topic to an outbox between two looks.
        still_open = await open_work(bootstrap, dsns) or await open_work(bootstrap, dsns)
        if not still_open:
            return
        assert asyncio.get_running_loop().time() < give_up_at, f"not settled: {still_open}"
        await asyncio.sleep(_STEP_SECONDS)


async def open_work(bootstrap: str, dsns: Mapping[str, str]) -> dict[str, int]:
    """Count what is not done yet, by what it is; nothing in it means at rest."""
    counts: dict[str, int] = {}
    for service in OWNERS:
        queries = {**_OPEN_WORK, **_OPEN_WORK_OF.get(service, {})}
        connection = await asyncpg.connect(dsns[service], timeout=5)
        try:
            for what, query in queries.items():
                counts[f"{service}: {what}"] = await connection.fetchval(query)
        finally:
            await connection.close(timeout=5)
    counts |= await _lags(bootstrap)
    return {what: count for what, count in counts.items() if count}


async def _lags(bootstrap: str) -> dict[str, int]:
    """Count records not yet committed, by consumer group."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None)
    await asyncio.gather(admin.start(), consumer.start())
    try:
        lags: dict[str, int] = {}
        for group in (*OWNERS, *(f"{owner}.commands" for owner in OWNERS)):
            committed = await admin.list_consumer_group_offsets(group)
            partitions: list[TopicPartition] = list(committed)
            ends = cast("dict[TopicPartition, int]", await consumer.end_offsets(partitions) if partitions else {})
            lags[f"{group}: records unread"] = sum(ends[part] - max(committed[part].offset, 0) for part in partitions)
        return lags
    finally:
        await asyncio.gather(admin.close(), consumer.stop())
