"""From raw record to message, pure and total: each ends as a message, skipped, or to be parked with a reason."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from pydantic import ValidationError

from chassis.intake.route import Consumer, Received, Route
from chassis.outcome import Cause
from chassis.parked import Parked, RawRecord
from chassis.wire import UnreadableEnvelopeError, WireEnvelope, read_envelope
from contracts.fields import plain_fault
from contracts.message import Message
from contracts.topics import Topic


@dataclass(frozen=True, slots=True)
class Readable:
    """A message with the route that applies it. Messages of one ordering key are applied in order."""

    message: Received[Message]
    route: Route[Message]
    ordering_key: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not for this consumer: another type on a topic it reads, or a deleted state."""

    reason: str


Reading: TypeAlias = Readable | Skipped | Parked

ORDERING_KEY_LENGTH_MAX = 100
"""Of an unreadable record's key, as text; ours have 36. A longer one would not fit the index."""


def read(consumer: Consumer, record: RawRecord, waited_seconds: float = 0.0) -> Reading:
    """Decode a record for a consumer, without side effects."""
    if record.value is None:
        return _read_null(consumer, record)
    for name, value in record.headers:
        if name.startswith("ce_") and not _is_text(value):
            return _poison(record, "unreadable_header", f"header {name} is not UTF-8 text")
    try:
        envelope = read_envelope(record.value)
    except UnreadableEnvelopeError as error:
        return _poison(record, "unreadable_envelope", str(error))
    return _read_data(consumer, record, envelope, waited_seconds)


def _read_null(consumer: Consumer, record: RawRecord) -> Reading:
    topic = next((topic for topic in consumer.topics if topic.name == record.topic), None)
    if isinstance(topic, Topic) and topic.is_compacted:
        return Skipped("deleted state")
    return _poison(record, "null_value", "only state topics have null values")


def _read_data(consumer: Consumer, record: RawRecord, envelope: WireEnvelope, waited_seconds: float) -> Reading:
    route = consumer.routes.get(envelope.type)
    cause = Cause(consumer.service, envelope.id, envelope.firm, envelope.actor, envelope.correlation)
    if route is None:
        if _is_other_version(consumer, envelope.type):
            return _poison(record, "unknown_version", f"{envelope.type} is a version this service does not know")
        if consumer.rejects is None:
            return Skipped(f"type {envelope.type}")
        return _rejected(consumer, record, envelope, "unknown_command", f"no command {envelope.type} here")
    try:
        data = route.model.model_validate_json(bytes(envelope.data), extra="ignore")
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {plain_fault(fault['msg'])}" for fault in error.errors()
        )
        if consumer.rejects is None:
            return _poison(record, "invalid_data", faults)
        return _rejected(consumer, record, envelope, "invalid_command", faults)
    return Readable(Received(data, envelope, record, cause, waited_seconds), route, str(data.key))


def _rejected(consumer: Consumer, record: RawRecord, envelope: WireEnvelope, slug: str, detail: str) -> Readable:
    assert consumer.rejects is not None
    cause = Cause(consumer.service, envelope.id, envelope.firm, envelope.actor, envelope.correlation)
    received = Received(Message(), envelope, record, cause)
    return Readable(received, consumer.rejects(slug, detail[:2000]), envelope.subject)


def _is_other_version(consumer: Consumer, wire_type: str) -> bool:
    name, _, version = wire_type.rpartition(".v")
    return version.isdigit() and any(known.rpartition(".v")[0] == name for known in consumer.routes)


def _is_text(value: bytes | None) -> bool:
    if value is None:
        return False
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _poison(record: RawRecord, reason: str, detail: str) -> Parked:
    key = (record.key or b"").decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    key = key[:ORDERING_KEY_LENGTH_MAX]
    return Parked(record, key, "poison", reason, detail[:2000].replace("\x00", ""), None)


def retrying(readable: Readable, reason: str, detail: str, delay_seconds: float | None) -> Parked:
    """Set a message aside to be tried after a pause; without one it has had its attempts and is poison."""
    kind = "poison" if delay_seconds is None else "retry"
    detail = detail[:2000].replace("\x00", "")
    return Parked(readable.message.record, readable.ordering_key, kind, reason, detail, delay_seconds)


def blocked(readable: Readable) -> Parked:
    """Set a message aside until the earlier parked ones of its key are through."""
    return replace(retrying(readable, "behind_parked", "an earlier message of its key is parked", 0.0), kind="blocked")
