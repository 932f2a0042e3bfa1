"""Watching every topic, and sending commands to them, as another system would."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis.clock import now
from chassis.ids import new_id
from chassis.wire import write_envelope
from contracts.message import Command
from contracts.topics import ALL

ANSWER_TIMEOUT_SECONDS = 30.0
_STEP_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Seen:
    """One record on a topic; `body` is the CloudEvents object."""

    topic: str
    key: str
    body: dict[str, Any]

    @property
    def type(self) -> str:
        return self.body["type"]

    @property
    def data(self) -> dict[str, Any]:
        return self.body["data"]


class TopicWatch:
    """Every message published, once, in the order it arrived here; per key that is the order of the topic.

    A relay that is killed may publish a message again under the same id, so repeats are dropped, as any consumer must.
    """

    def __init__(self, bootstrap: str) -> None:
        self._consumer = AIOKafkaConsumer(
            *(topic.name for topic in ALL), bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None
        )
        self._producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
        self.seen: list[Seen] = []
        self._ids: set[str] = set()

    def of_firm(self, firm_id: UUID, *types: str) -> list[Seen]:
        """List one firm's records; of these wire types (`sharing.invoice-shared`) where any are named."""
        wanted = {f"handbill.{name}.v1" for name in types}
        return [seen for seen in self.seen if seen.body["firm"] == str(firm_id) and (not wanted or seen.type in wanted)]

    async def command(self, command: Command, *, firm_id: UUID, actor: str) -> UUID:
        """Send a command as another system would; returns its id, which is its correlation id too."""
        command_id = new_id()
        body = write_envelope(
            command,
            id=command_id,
            source="/example/practice-management",
            type=command.wire.type,
            subject=str(command.key),
            time=now(),
            firm=firm_id,
            actor=actor,
            correlation=command_id,
        )
        await self._producer.send_and_wait(command.wire.topic.name, body, key=str(command.key).encode())
        return command_id

    async def answers(
        self, correlation_id: UUID, *, count: int = 1, timeout_seconds: float = ANSWER_TIMEOUT_SECONDS
    ) -> list[Seen]:
        """Wait for that many answers to the command that opened a correlation.

        What the command caused other services to do is answered under the same correlation, and left out here.
        Raises: TimeoutError.
        """
        async with asyncio.timeout(timeout_seconds):
            while True:
                found = [
                    seen
                    for seen in self.seen
                    if "answers" in seen.topic and seen.data["command_id"] == str(correlation_id)
                ]
                if len(found) >= count:
                    return found
                await asyncio.sleep(_STEP_SECONDS)

    async def run(self) -> None:
        """Collect until cancelled."""
        async for record in self._consumer:
            key, value = cast("tuple[bytes | None, bytes | None]", (record.key, record.value))
            if value is None:
                continue
            body = json.loads(value)
            if body["id"] not in self._ids:
                self._ids.add(body["id"])
                self.seen.append(Seen(record.topic, (key or b"").decode(), body))

    async def start(self) -> None:
        """Connect."""
        await asyncio.gather(self._consumer.start(), self._producer.start())

    async def stop(self) -> None:
        """Disconnect."""
        await asyncio.gather(self._consumer.stop(), self._producer.stop())


@asynccontextmanager
async def watching(bootstrap: str) -> AsyncGenerator[TopicWatch]:
    """Open a watch over all topics, from their beginning."""
    watch = TopicWatch(bootstrap)
    await watch.start()
    collecting = asyncio.create_task(watch.run())
    try:
        yield watch
    finally:
        collecting.cancel()
        await asyncio.gather(collecting, return_exceptions=True)
        await watch.stop()
