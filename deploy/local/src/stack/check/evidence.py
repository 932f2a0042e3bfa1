"""What invariants are looked for in: all databases, everything on the topics, every mail, the processor's journal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, LiteralString, cast

import msgspec

from chassis.database import Tx
from chassis.parked import RawRecord
from chassis.wire import UnreadableEnvelopeError, WireEnvelope, read_envelope
from contracts.message import Message
from contracts.registry import MESSAGES
from contracts.topics import ALL, Owner, Topic
from stack.processor.entry import Entry

Row = dict[str, Any]
TOPIC_OF = {topic.name: topic for topic in ALL}


@dataclass(frozen=True, slots=True)
class TopicMessage:
    """One record whose envelope can be read. `data` is the message as JSON: texts for ids and times."""

    record: RawRecord
    envelope: WireEnvelope
    data: Row

    @property
    def topic(self) -> Topic:
        return TOPIC_OF[self.record.topic]

    @property
    def place(self) -> tuple[str, int, int]:
        return self.record.topic, self.record.partition, self.record.offset

    @property
    def is_by_owner(self) -> bool:
        """Whether the topic's owner said it; what tests and other systems put there proves nothing."""
        return self.envelope.source == f"/handbill/{self.topic.owner}"


@dataclass(frozen=True)
class Evidence:
    """Everything there is to look at, as it was once the stack had come to rest.

    `mails`: copies of each mail by Message-ID. `cut_topics` have lost their oldest records to retention or compaction.
    """

    databases: Mapping[Owner, Tx]
    records: Sequence[RawRecord] = ()
    mails: Mapping[str, int] = field(default_factory=dict[str, int])
    journal: Sequence[Entry] = ()
    cut_topics: frozenset[str] = frozenset()

    async def rows(self, service: Owner, query: LiteralString) -> list[Row]:
        """Ask one service's database."""
        return [dict(row) for row in await self.databases[service].fetch(query)]

    @cached_property
    def messages(self) -> list[TopicMessage]:
        """Every record of the contract's topics that has an envelope, by topic, partition and offset."""
        ordered = sorted(self.records, key=lambda record: (record.topic, record.partition, record.offset))
        return [message for message in map(_message, ordered) if message is not None]

    @cached_property
    def said(self) -> list[TopicMessage]:
        """Facts, states and answers by their owner, each once: a killed relay may publish one again."""
        own = [one for one in self.messages if one.is_by_owner and one.topic.kind != "commands"]
        return list({one.envelope.id: one for one in reversed(own)}.values())[::-1]

    def facts(self, *models: type[Message]) -> Iterator[TopicMessage]:
        """Pick what owners said in messages of these classes."""
        wanted = {model.wire.type for model in models}
        return (one for one in self.said if one.envelope.type in wanted)


def is_known(message: TopicMessage) -> bool:
    """Tell whether the contract has this type."""
    return message.envelope.type in MESSAGES


def _message(record: RawRecord) -> TopicMessage | None:
    if record.value is None or record.topic not in TOPIC_OF:
        return None
    try:
        envelope = read_envelope(record.value)
        data = msgspec.json.decode(envelope.data)
    except (UnreadableEnvelopeError, msgspec.DecodeError):
        return None
    return TopicMessage(record, envelope, cast("Row", data) if isinstance(data, dict) else {})
