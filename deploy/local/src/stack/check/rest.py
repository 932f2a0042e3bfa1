"""Whether a stack has come to rest: nothing unpublished, unread, or due soon. Only then can it be judged.

What is due later, such as a mail put off for minutes, is waited for by nobody: the invariants allow for it.
"""

import asyncio
from collections.abc import Mapping
from typing import LiteralString

import asyncpg
from aiokafka.errors import KafkaError

from chassis.database import TRANSIENT, Tx
from contracts.topics import Owner
from stack.check.consumers import consumers_of_services
from stack.check.topic_reader import TopicReader

_STEP_SECONDS = 0.2

_EVERYWHERE: dict[str, LiteralString] = {
    "messages unpublished": "select count(*) from outbox",
    # What is blocked waits for the head of its key; only a head that is due soon is on its way.
    "parked messages due": """
        select count(*) from parked
        where resolved_at is null and kind <> 'poison'
          and next_at < clock_timestamp() + interval '15 seconds'
          and (kind = 'retry' or parked_id = (
              select min(earlier.parked_id) from parked as earlier
              where earlier.consumer = parked.consumer and earlier.ordering_key = parked.ordering_key
                and earlier.resolved_at is null))
    """,
}
_OF_SERVICE: dict[Owner, dict[str, LiteralString]] = {
    "invoices": {
        "PDFs to make": """
            select count(*) from documents
            where lease_token is not null or next_at < clock_timestamp() + interval '15 seconds'
        """,
    },
    "sharing": {
        # A wish that names a contact or matter of whom nothing ever arrives waits on, and does nothing.
        "wishes to decide": """
            select count(*) from share_wishes as wish
            join invoices using (firm_id, invoice_id)
            join matters using (firm_id, matter_id)
            join contacts using (firm_id, contact_id)
            where wish.state = 'due'
        """,
        "kept acts to carry out": """
            select count(*) from pending_shares as pending
            join invoices using (firm_id, invoice_id)
            where pending.state = 'waiting' and invoices.status <> 'draft'
        """,
    },
    "notify": {
        "deliveries on their way": """
            select count(*) from deliveries
            where state = 'claimed' or next_at < clock_timestamp() + interval '15 seconds'
        """,
        "quiet windows open": "select count(*) from change_windows",
    },
    "payments": {
        "commands to ask the gate about": """
            select count(*) from asked_payments
            where lease_token is not null or next_at < clock_timestamp() + interval '15 seconds'
        """,
        "orders on their way to the processor": """
            select count(*) from processor_orders
            where lease_token is not null or next_at < clock_timestamp() + interval '15 seconds'
        """,
    },
}


async def wait_for_rest(
    databases: Mapping[Owner, Tx], topics: TopicReader, *, timeout_seconds: float
) -> dict[str, int | str]:
    """Wait until nothing is on its way; returns what still is when the time is over, by what it is."""
    give_up_at = asyncio.get_running_loop().time() + timeout_seconds
    while True:
        # Twice in a row: work may pass from a topic to an outbox between two looks.
        still_open = await _look(databases, topics) or await _look(databases, topics)
        if not still_open or asyncio.get_running_loop().time() > give_up_at:
            return still_open
        await asyncio.sleep(_STEP_SECONDS)


async def open_work(databases: Mapping[Owner, Tx]) -> dict[str, int]:
    """Count what the databases say is on its way, by service and kind; what is not there is not named."""
    counts = {
        f"{service}: {what}": await database.fetchval(query)
        for service, database in databases.items()
        for what, query in {**_EVERYWHERE, **_OF_SERVICE[service]}.items()
    }
    return {what: count for what, count in counts.items() if count}


async def _look(databases: Mapping[Owner, Tx], topics: TopicReader) -> dict[str, int | str]:
    try:
        work = await open_work(databases)
        groups = await topics.unread(
            consumer for consumers in consumers_of_services().values() for consumer in consumers
        )
    except (KafkaError, asyncpg.PostgresError, *TRANSIENT) as error:
        return {"a part of the stack does not answer": repr(error)}
    return {**work, **{f"{group}: records unread": count for group, count in groups.items() if count}}
