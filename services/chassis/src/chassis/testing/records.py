"""Kafka records as intake gets them, made without Kafka."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.clock import now
from chassis.ids import new_id
from chassis.parked import RawRecord
from chassis.wire import write_envelope
from contracts.message import Message

FIRM = UUID("0198aaaa-0000-7000-8000-000000000001")


def body_of(data: Message, **attributes: Any) -> bytes:
    """Write a message as the body of a record; envelope attributes are made up where none are given."""
    made_up = {
        "id": new_id(),
        "source": "/handbill/test",
        "type": data.wire.type,
        "subject": str(data.key),
        "time": now(),
        "firm": FIRM,
        "actor": "service:test",
        "correlation": new_id(),
    }
    return write_envelope(data, **(made_up | attributes))


def record_of(
    data: Message,
    offset: int,
    *,
    partition: int = 0,
    headers: Sequence[tuple[str, bytes | None]] = (),
    **attributes: Any,
) -> RawRecord:
    """Write a message as a record of its topic."""
    return RawRecord(
        topic=data.wire.topic.name,
        partition=partition,
        offset=offset,
        key=str(data.key).encode(),
        value=body_of(data, **attributes),
        headers=tuple(headers),
    )
