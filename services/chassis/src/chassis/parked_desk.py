"""What an operator does with parked messages. Nothing is edited: a message is replayed as it came, or discarded."""

from dataclasses import dataclass
from typing import LiteralString

import asyncpg

from chassis import inbox, outbox
from chassis.database import Tx
from chassis.outcome import Cause
from chassis.parked import resolve
from chassis.record_headers import headers_from_json
from chassis.wire import UnreadableEnvelopeError, WireEnvelope, read_envelope
from contracts.answers import ANSWERS_OF
from contracts.topics import COMMANDS, Owner

_COLUMNS: LiteralString = """
select parked_id, consumer, topic, partition, record_offset, kind, reason, detail, attempts, parked_at, next_at,
       record_key, record_value, record_headers
from parked
"""
_LIST: LiteralString = _COLUMNS + "where resolved_at is null order by parked_id limit 1000"
_FIND: LiteralString = _COLUMNS + "where parked_id = $1"
_LOCK: LiteralString = _COLUMNS + "where parked_id = $1 and resolved_at is null for update"
_REPLAY: LiteralString = """
update parked set kind = 'retry', attempts = 0, next_at = clock_timestamp()
where parked_id = $1 and resolved_at is null
"""
_NOTE: LiteralString = "update parked set detail = detail || ' / discarded: ' || $2::text where parked_id = $1"


@dataclass(frozen=True, slots=True)
class ParkedView:
    """One parked message for a person to read."""

    parked_id: int
    consumer: str
    place: str
    kind: str
    reason: str
    detail: str
    attempts: int
    parked_at: str
    next_at: str
    key: bytes | None
    value: bytes | None
    headers: str

    def written_out(self) -> str:
        """All of it, a field a line; the value last, as text where it is text."""
        value = "(null)" if self.value is None else self.value.decode("utf-8", "backslashreplace")
        fields = {
            "consumer": self.consumer,
            "place": self.place,
            "kind": self.kind,
            "reason": self.reason,
            "detail": self.detail,
            "attempts": self.attempts,
            "parked at": self.parked_at,
            "next at": self.next_at,
            "key": self.key,
            "headers": self.headers,
        }
        return "\n".join([*(f"{name}: {text}" for name, text in fields.items()), value])


async def list_parked(tx: Tx) -> list[ParkedView]:
    """Unresolved messages, oldest first, at most a thousand."""
    return [_view(row) for row in await tx.fetch(_LIST)]


async def find_parked(tx: Tx, parked_id: int) -> ParkedView | None:
    """One parked message, resolved or not."""
    row = await tx.fetchrow(_FIND, parked_id)
    return _view(row) if row else None


async def replay_parked(tx: Tx, parked_id: int) -> bool:
    """Make one message due now; False if it is not there or resolved. The worker does the rest."""
    return await tx.execute(_REPLAY, parked_id) == "UPDATE 1"


async def discard_parked(tx: Tx, parked_id: int, reason: str) -> bool:
    """Resolve one message without effect, now and when it comes again.

    A readable command is answered `CommandDiscarded` in the same transaction.
    """
    row = await tx.fetchrow(_LOCK, parked_id)
    if row is None or not await resolve(tx, parked_id, "discarded"):
        return False
    await tx.execute(_NOTE, parked_id, reason)
    envelope = _envelope(row["record_value"])
    if envelope is None:
        return True  # Nobody can be answered: the sender's own ids are in what cannot be read.
    await inbox.claim(tx, row["consumer"], [(envelope.source, envelope.id)])
    owner = _command_owner(row["topic"])
    if owner is not None:
        await _answer_discarded(tx, owner, envelope, reason)
    return True


async def _answer_discarded(tx: Tx, owner: Owner, envelope: WireEnvelope, reason: str) -> None:
    cause = Cause(owner, envelope.id, envelope.firm, envelope.actor, envelope.correlation)
    answer = ANSWERS_OF[owner].discarded(
        correlation_id=envelope.correlation, command_id=envelope.id, command_type=envelope.type, detail=reason
    )
    await outbox.append(tx, [cause.message(answer)])


def _envelope(value: bytes | None) -> WireEnvelope | None:
    try:
        return read_envelope(value) if value is not None else None
    except UnreadableEnvelopeError:
        return None


def _command_owner(topic: str) -> Owner | None:
    return next((owner for owner, commands in COMMANDS.items() if commands.name == topic), None)


def _view(row: asyncpg.Record) -> ParkedView:
    return ParkedView(
        parked_id=row["parked_id"],
        consumer=row["consumer"],
        place=f"{row['topic']}[{row['partition']}]@{row['record_offset']}",
        kind=row["kind"],
        reason=row["reason"],
        detail=row["detail"],
        attempts=row["attempts"],
        parked_at=str(row["parked_at"]),
        next_at=str(row["next_at"]),
        key=row["record_key"],
        value=row["record_value"],
        headers=str(headers_from_json(row["record_headers"])),
    )
