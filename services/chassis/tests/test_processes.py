"""Whole processes of a service, killed at named lines and started again: nothing lost, nothing done twice."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from chassis import outbox
from chassis.database import Database
from chassis.ids import new_id
from chassis.outcome import Cause
from chassis.parked_desk import list_parked
from chassis.testing import eventually
from chassis.testing.addresses import Stack
from chassis.testing.fixtures import opened
from chassis.testing.http_client import keep_api_key
from chassis.testing.kafka import read_topic
from chassis.testing.notes import CREATE_NOTES, list_notes, note_on
from chassis.testing.records import FIRM, body_of
from chassis.testing.tcp_proxy import proxied
from chassis.wire import read_envelope
from contracts.topics import Topic

pytestmark = [pytest.mark.kafka, pytest.mark.fault]

PROBE = Path(__file__).with_name("probe_service.py")
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Probe:
    """What processes of the probe service share."""

    database: Database
    topic: Topic
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environment['HANDBILL_HTTP_PORT']}"

    @asynccontextmanager
    async def running(self, *roles: str, failpoint: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
        """Run one process; it is stopped, and killed if need be, at the end."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(PROBE), *roles, env=os.environ | self.environment | {"HANDBILL_FAILPOINT": failpoint}
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            try:
                async with asyncio.timeout(25):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()

    async def texts(self) -> list[str]:
        async with self.database.reading() as tx:
            return [text for _, text in await list_notes(tx)]


@pytest.fixture
async def probe(
    stack: Stack, new_database: Callable[[str], Awaitable[str]], new_topic: Callable[..., Awaitable[Topic]]
) -> AsyncIterator[Probe]:
    dsn = await new_database("chassis")
    topic = await new_topic()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with opened(dsn) as database:
        async with database.transaction() as tx:
            await tx.execute(CREATE_NOTES)
        yield Probe(
            database,
            topic,
            {
                "HANDBILL_DATABASE_DSN": dsn,
                "HANDBILL_KAFKA_BOOTSTRAP": stack.kafka_bootstrap,
                "HANDBILL_HTTP_PORT": str(port),
                "PROBE_TOPIC": topic.name,
                "PROBE_GROUP": f"probe-{new_id().hex}",
            },
        )


async def send_notes(producer: AIOKafkaProducer, topic: Topic, count: int) -> list[str]:
    texts = [str(number) for number in range(count)]
    note = note_on(topic)
    for text in texts:
        data = note(note_id=new_id(), text=text)
        await producer.send(topic.name, key=str(data.key).encode(), value=body_of(data))
    await producer.flush()
    return texts


@pytest.mark.parametrize("failpoint", ["intake.before_commit", "intake.after_commit", "intake.before_acknowledge"])
async def test_a_worker_killed_around_its_commit_has_each_effect_once(
    probe: Probe, producer: AIOKafkaProducer, failpoint: str
) -> None:
    texts = await send_notes(producer, probe.topic, 50)
    async with probe.running("worker", failpoint=f"{failpoint}:kill:1") as killed:
        assert await killed.wait() == KILLED
    assert (await probe.texts() == []) == (failpoint == "intake.before_commit")
    async with probe.running("worker"):

        async def is_through() -> bool:
            return len(await probe.texts()) >= len(texts)

        await eventually(is_through, timeout_seconds=40)
        more = await send_notes(producer, probe.topic, 5)

        async def is_through_with_more() -> bool:
            return len(await probe.texts()) >= len(texts) + len(more)

        await eventually(is_through_with_more)
    assert sorted(await probe.texts()) == sorted([*texts, *more])
    async with probe.database.reading() as tx:
        assert await list_parked(tx) == []


@pytest.mark.proves("X2")
async def test_a_relay_killed_between_publishing_and_deleting_publishes_the_same_again(
    probe: Probe, stack: Stack
) -> None:
    note = note_on(probe.topic)
    cause = Cause("invoices", new_id(), FIRM, "service:test", new_id())
    async with probe.database.transaction() as tx:
        await outbox.append(tx, [cause.message(note(note_id=new_id(), text=str(number))) for number in range(100)])
        ids = {row["event_id"] for row in await tx.fetch("select event_id from outbox")}
    async with probe.running("relay", failpoint="relay.after_publish:kill:1") as killed:
        assert await killed.wait() == KILLED
    async with probe.database.reading() as tx:
        assert await tx.fetchval("select count(*) from outbox") == 100
    async with probe.running("relay"):

        async def is_empty() -> bool:
            async with probe.database.reading() as tx:
                return await tx.fetchval("select count(*) from outbox") == 0

        await eventually(is_empty, timeout_seconds=40)
    published = [read_envelope(record.value or b"").id for record in await read_topic(stack, probe.topic)]
    assert len(published) == 200
    assert set(published) == ids


@pytest.mark.proves("X5")
async def test_an_api_killed_after_its_commit_answers_the_same_when_it_is_asked_again(probe: Probe) -> None:
    _, authorization = await keep_api_key(probe.database, "notes:write")
    headers = {"authorization": authorization, "idempotency-key": "once"}
    body = {"note_id": str(new_id()), "text": "by HTTP"}
    async with httpx.AsyncClient(base_url=probe.url, headers=headers) as client:

        async def is_up() -> bool:
            try:
                return (await client.get("/ready")).status_code == 200
            except httpx.TransportError:
                return False

        async with probe.running("api", failpoint="http.after_commit:kill:1") as killed:
            await eventually(is_up, timeout_seconds=40)
            with pytest.raises(httpx.TransportError):
                await client.post("/v1/notes", json=body)
            assert await killed.wait() == KILLED
        async with probe.running("api"):
            await eventually(is_up, timeout_seconds=40)
            answer = await client.post("/v1/notes", json=body)
    assert (answer.status_code, answer.json()) == (201, {"note_id": body["note_id"]})
    assert await probe.texts() == ["by HTTP"]


async def test_a_process_told_to_stop_ends_by_itself_and_loses_nothing(
    probe: Probe, producer: AIOKafkaProducer
) -> None:
    texts = await send_notes(producer, probe.topic, 200)
    async with probe.running("api", "worker", "relay") as process:

        async def has_begun() -> bool:
            return len(await probe.texts()) > 0

        await eventually(has_begun, timeout_seconds=40)
        process.terminate()
        async with asyncio.timeout(20):
            assert await process.wait() == 0
    async with probe.running("worker"):

        async def is_through() -> bool:
            return len(await probe.texts()) >= len(texts)

        await eventually(is_through, timeout_seconds=40)
    assert sorted(await probe.texts()) == sorted(texts)


async def test_a_worker_that_cannot_reach_kafka_at_its_start_says_so_and_recovers(
    probe: Probe, stack: Stack, producer: AIOKafkaProducer
) -> None:
    host, _, port = stack.kafka_bootstrap.partition(":")
    async with proxied(host, int(port)) as proxy, httpx.AsyncClient(base_url=probe.url) as client:
        proxy.refuse()
        # Only the first contact goes through the proxy: Kafka then names its own address.
        probe.environment["HANDBILL_KAFKA_BOOTSTRAP"] = f"127.0.0.1:{proxy.port}"
        async with probe.running("worker") as process:

            async def waits() -> set[str]:
                try:
                    return set((await client.get("/live")).json()["waits"])
                except httpx.TransportError:
                    return set()

            async def says_that_it_waits() -> bool:
                return await waits() == {f"intake {probe.environment['PROBE_GROUP']}"}

            async def waits_no_more() -> bool:
                return await waits() == set() and await probe.texts() != []

            await eventually(says_that_it_waits, timeout_seconds=40)
            proxy.allow()
            await send_notes(producer, probe.topic, 5)
            await eventually(waits_no_more, timeout_seconds=40)
            assert process.returncode is None
