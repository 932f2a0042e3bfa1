"""Messages decided in a transaction and kept in it: what commits is published, by the relay, at least once.

Rows take their ids when they are inserted. Use cases append after they have locked or written the aggregate,
so that for one key the order of ids is the order of commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from chassis.tracing import current_traceparent
from chassis.wire import write_envelope
from contracts.message import Message

BODY_BYTES_MAX = 1_000_000
"""Somewhat less than Kafka's own limit of a record: one that never goes out would hold up all behind it."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way out. `event_id` is made once, here: publishing again repeats it. `service` is who speaks."""

    event_id: UUID
    service: str
    data: Message
    firm_id: UUID
    revision: int | None
    actor: str
    correlation_id: UUID
    causation_id: UUID | None
    occurred_at: datetime


# One row per message, in the order given: ids of one statement are assigned in the order of its rows.
_APPEND: LiteralString = """
insert into outbox (event_id, topic, key, type, traceparent, payload)
select event_id, topic, key, type, $6, payload
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[])
    with ordinality as message (event_id, topic, key, type, payload, position)
order by position
"""


async def append(tx: Tx, messages: Sequence[Outgoing]) -> None:
    """Keep messages for the relay, in the caller's transaction. Not safe to repeat: the caller's inbox or key is.

    Raises: ValueError, for a message larger than BODY_BYTES_MAX.
    """
    if not messages:
        return
    keys = [str(message.data.key) for message in messages]
    await tx.execute(
        _APPEND,
        [message.event_id for message in messages],
        [message.data.wire.topic.name for message in messages],
        keys,
        [message.data.wire.type for message in messages],
        [_body(message, key) for message, key in zip(messages, keys, strict=True)],
        current_traceparent(),
    )


def _body(message: Outgoing, key: str) -> bytes:
    body = write_envelope(
        message.data,
        id=message.event_id,
        source=f"/handbill/{message.service}",
        type=message.data.wire.type,
        subject=key,
        time=message.occurred_at,
        firm=message.firm_id,
        revision=message.revision,
        actor=message.actor,
        correlation=message.correlation_id,
        causation=message.causation_id,
    )
    if len(body) > BODY_BYTES_MAX:
        raise ValueError(f"{message.data.wire.type} of {len(body)} bytes is larger than {BODY_BYTES_MAX}")
    return body
