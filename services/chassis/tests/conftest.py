"""Topics, databases and a producer for tests of the plumbing."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from chassis.database import Database
from chassis.ids import new_id
from chassis.testing.addresses import Stack
from chassis.testing.http_client import keep_api_key, serving
from chassis.testing.notes import CREATE_NOTES
from chassis.testing.notes_service import ROUTES
from contracts.topics import Topic, TopicKind


@pytest_asyncio.fixture
async def database(database_of: Callable[[str], Awaitable[Database]]) -> Database:
    """Only the plumbing's tables, and one for what handlers do."""
    made = await database_of("chassis")
    async with made.transaction() as tx:
        await tx.execute(CREATE_NOTES)
    return made


@pytest_asyncio.fixture
async def new_topic(stack: Stack) -> AsyncIterator[Callable[..., Awaitable[Topic]]]:
    """Make a topic of this test's own with three partitions, gone when the test ends."""
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    await admin.start()
    made: list[str] = []

    async def make(kind: TopicKind = "facts") -> Topic:
        topic = Topic(f"test.{new_id().hex}.v1", "invoices", kind)
        await admin.create_topics([NewTopic(topic.name, 3, 1)])
        made.append(topic.name)
        return topic

    yield make
    if made:
        await admin.delete_topics(made)
    await admin.close()


@pytest_asyncio.fixture
async def producer(stack: Stack) -> AsyncIterator[AIOKafkaProducer]:
    """A producer that keeps the order of what one test sends."""
    made = AIOKafkaProducer(bootstrap_servers=stack.kafka_bootstrap, acks="all", enable_idempotence=True)
    await made.start()
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service of notes, with a key that may do everything."""
    async with serving(database, ROUTES) as made:
        _, made.headers["authorization"] = await keep_api_key(database, "notes:read", "notes:write")
        yield made
