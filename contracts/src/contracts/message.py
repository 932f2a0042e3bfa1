"""What all messages have: a wire type, a topic, a key; and the bases Fact, State and Command.

A message class says once where it belongs (`class MatterChanged(State, topic=topics.MATTER, key="matter_id")`);
type, schema, partition key and order are derived from that.
Writers are closed (`extra="forbid"`), readers are open (intake validates with `extra="ignore"`), so that adding an
optional field breaks nobody.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Unpack
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.topics import COMMANDS, Owner, Topic


@dataclass(frozen=True, slots=True)
class Wire:
    """How one message class travels. `key_field` names the field with the aggregate's id: Kafka key and order."""

    type: str
    topic: Topic
    key_field: str
    version: int


class Part(BaseModel):
    """A value inside a message: frozen and closed like the messages themselves."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(Part):
    """Base of everything that travels; only subclasses that name a topic travel."""

    wire: ClassVar[Wire]

    def __init_subclass__(
        cls, *, topic: Topic | None = None, key: str | None = None, version: int = 1, **config: Unpack[ConfigDict]
    ) -> None:
        super().__init_subclass__(**config)
        if topic is not None:
            assert key is not None, f"{cls.__name__} names a topic without a key"
            cls.wire = Wire(wire_type(topic.owner, cls.__name__, version), topic, key, version)

    @property
    def key(self) -> UUID:
        """The aggregate this message is about: Kafka key, CloudEvents subject, unit of order."""
        value: UUID = getattr(self, self.wire.key_field)
        return value


class Fact(Message):
    """Something that happened and cannot be refused."""


class State(Fact):
    """A fact that carries the whole present state of its aggregate: a reader keeps the highest revision."""


class Command(Message):
    """Something asked of one service, by topic or by HTTP; ends in exactly one answer.

    `scope` is what the asker needs. An `outward` command tells or charges somebody: HTTP wants an idempotency key.
    """

    scope: ClassVar[str]
    is_outward: ClassVar[bool] = False

    def __init_subclass__(
        cls,
        *,
        to: Owner | None = None,
        key: str | None = None,
        scope: str | None = None,
        outward: bool = False,
        version: int = 1,
        **config: Unpack[ConfigDict],
    ) -> None:
        super().__init_subclass__(topic=COMMANDS[to] if to else None, key=key, version=version, **config)
        if to is not None:
            assert scope is not None, f"{cls.__name__} names a receiver without a scope"
            cls.scope = scope
            cls.is_outward = outward


def wire_type(owner: Owner, class_name: str, version: int) -> str:
    """CloudEvents type of a message class: `InvoiceShared` of sharing is `handbill.sharing.invoice-shared.v1`."""
    kebab = re.sub(r"(?<!^)(?=[A-Z])", "-", class_name).lower()
    return f"handbill.{owner}.{kebab}.v{version}"
