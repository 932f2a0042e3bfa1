"""Which message goes to which handler, and what a handler is given."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from chassis.database import Tx
from chassis.outcome import Cause
from chassis.parked import RawRecord
from chassis.wire import WireEnvelope
from contracts.message import Message, State
from contracts.topics import Topic

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Received(Generic[M]):
    """One message that was read. `waited_seconds` is how long it has been parked: 0 on its first attempt."""

    data: M
    envelope: WireEnvelope
    record: RawRecord
    cause: Cause
    waited_seconds: float = 0.0

    @property
    def firm_id(self) -> UUID:
        return self.envelope.firm

    @property
    def revision(self) -> int:
        """The aggregate's revision; 1 where the sender gives none."""
        return self.envelope.revision or 1

    @property
    def occurred_at(self) -> datetime:
        return self.envelope.time


Handler: TypeAlias = Callable[[Tx, Sequence[Received[M]]], Awaitable[None]]
"""Applies facts of one type, in the caller's transaction. Each key is in it at most once, unless the route folds."""

Apply: TypeAlias = Callable[[Tx, Sequence[Received[M]]], Awaitable[Sequence[Received[M]]]]
"""As a handler, but returns those that must wait for something that has not arrived yet."""


@dataclass(frozen=True, slots=True)
class Route(Generic[M]):
    """How messages of one type are applied.

    `folds`: the handler takes several messages of one key at once, in order. `uses_inbox` is False for state, whose
    upserts compare revisions and are harmless to repeat.
    """

    model: type[M]
    apply: Apply[M]
    folds: bool = False
    uses_inbox: bool = True


def fact_route(model: type[M], handler: Handler[M], *, folds: bool = False) -> Route[M]:
    """Route facts of one type to their handler."""

    async def apply(tx: Tx, messages: Sequence[Received[M]]) -> Sequence[Received[M]]:
        await handler(tx, messages)
        return ()

    return Route(model, apply, folds=folds, uses_inbox=not issubclass(model, State))


@dataclass(frozen=True, slots=True)
class Consumer:
    """One Kafka consumer group: its routes decide its topics.

    `is_ordered`: while a message of a key is parked, later ones of that key wait behind it. `rejects` makes the route
    for a command that can be answered but not read; facts have none. A batch of facts takes its locks in the order of
    `routes`.
    """

    name: str
    service: str
    routes: Mapping[str, Route[Any]]
    topics: tuple[Topic, ...]
    is_ordered: bool
    rejects: "Callable[[str, str], Route[Message]] | None" = None


def fact_consumer(service: str, routes: Sequence[Route[Any]], *, is_ordered: bool = False) -> Consumer:
    """Make the consumer of other services' facts: group `<service>`, on the topics its routes need."""
    topics = tuple(sorted({route.model.wire.topic for route in routes}, key=lambda topic: topic.name))
    return Consumer(service, service, {route.model.wire.type: route for route in routes}, topics, is_ordered)
