"""Messages set aside: unreadable ones, failing ones, and those that wait behind an earlier one of their key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, LiteralString

from chassis.database import Tx
from chassis.record_headers import headers_from_json, headers_to_json

Kind = Literal["poison", "retry", "blocked"]

RETRY_DELAYS_SECONDS = (1, 5, 30, 120, 600, 3600, 21600)
"""Pauses before the second, third … attempt; after the last one the message is poison and waits for a person."""


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A Kafka record as it came: nothing decoded, nothing lost. A header value may be None."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Parked:
    """A record to set aside, and why. `delay_seconds` None means: not again by itself."""

    record: RawRecord
    ordering_key: str
    kind: Kind
    reason: str
    detail: str
    delay_seconds: float | None


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A record that was set aside. `waited_seconds` is its age by the database's clock."""

    parked_id: int
    record: RawRecord
    ordering_key: str
    kind: Kind
    reason: str
    detail: str
    attempts: int
    waited_seconds: float
    parked_at: datetime


_INSERT: LiteralString = """
insert into parked (consumer, topic, partition, record_offset, ordering_key, record_key, record_value, record_headers,
                    kind, reason, detail, attempts, next_at)
select $1, topic, partition, record_offset, ordering_key, record_key, record_value, record_headers,
       kind, reason, detail, case kind when 'blocked' then 0 else 1 end,
       clock_timestamp() + make_interval(secs => delay_seconds)
from unnest($2::text[], $3::integer[], $4::bigint[], $5::text[], $6::bytea[], $7::bytea[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::double precision[])
    with ordinality as record (topic, partition, record_offset, ordering_key, record_key, record_value, record_headers,
                               kind, reason, detail, delay_seconds, position)
order by position
on conflict (consumer, topic, partition, record_offset, coalesce(sha256(record_value), '')) do nothing
"""
_KEYS_WAITING: LiteralString = """
select distinct ordering_key from parked
where consumer = $1 and resolved_at is null and ordering_key = any($2::text[])
"""
_ANY_WAITING: LiteralString = "select exists (select from parked where consumer = $1 and resolved_at is null)"
# The head of each key (or every record, where order does not matter); a second replayer skips what this one holds.
# `min` is one look into an index; `not exists` may become a join over all that waits behind one key.
_LOCK_DUE: LiteralString = """
select parked_id, topic, partition, record_offset, ordering_key, record_key, record_value, record_headers,
       kind, reason, detail, attempts, parked_at,
       extract(epoch from clock_timestamp() - parked_at)::double precision as waited_seconds
from parked
where consumer = $1 and resolved_at is null and kind <> 'poison' and next_at <= statement_timestamp()
  and (not $2 or parked_id = (
      select min(earlier.parked_id) from parked as earlier
      where earlier.consumer = parked.consumer and earlier.ordering_key = parked.ordering_key
        and earlier.resolved_at is null))
order by parked_id
limit 1
for update skip locked
"""
_ANY_DUE: LiteralString = """
select exists (
    select from parked
    where consumer = $1 and resolved_at is null and kind <> 'poison' and next_at <= statement_timestamp()
)
"""
_RESOLVE: LiteralString = """
update parked set resolved_at = clock_timestamp(), resolution = $2
where parked_id = $1 and resolved_at is null
"""
_POSTPONE: LiteralString = """
update parked
set kind = $2, reason = $3, detail = $4,
    -- Waiting for what has not arrived is no attempt that failed.
    attempts = attempts + case $3 when 'not_yet_known' then 0 else 1 end,
    next_at = clock_timestamp() + make_interval(secs => $5::double precision)
where parked_id = $1 and resolved_at is null
"""


_PURGE: LiteralString = """
delete from parked where ctid in (
    select ctid from parked where resolved_at < statement_timestamp() - $1::interval limit $2
)
"""


def retry_delay_seconds(attempts: int) -> float | None:
    """Pause after this many attempts; None when there have been enough."""
    return RETRY_DELAYS_SECONDS[attempts - 1] if attempts <= len(RETRY_DELAYS_SECONDS) else None


async def insert_parked(tx: Tx, consumer: str, records: Sequence[Parked]) -> None:
    """Set records aside. Safe to repeat: one row per consumer and record."""
    if not records:
        return
    await tx.execute(
        _INSERT,
        consumer,
        [parked.record.topic for parked in records],
        [parked.record.partition for parked in records],
        [parked.record.offset for parked in records],
        [parked.ordering_key for parked in records],
        [parked.record.key for parked in records],
        [parked.record.value for parked in records],
        [headers_to_json(parked.record.headers) for parked in records],
        [parked.kind for parked in records],
        [parked.reason for parked in records],
        [parked.detail for parked in records],
        [parked.delay_seconds for parked in records],
    )


async def list_waiting_keys(tx: Tx, consumer: str, ordering_keys: Sequence[str]) -> set[str]:
    """Keys of these that have a record set aside: later ones of an ordered consumer wait behind it."""
    if not await tx.fetchval(_ANY_WAITING, consumer):
        return set()
    return {row["ordering_key"] for row in await tx.fetch(_KEYS_WAITING, consumer, ordering_keys)}


async def is_any_due(tx: Tx, consumer: str) -> bool:
    """Whether some record's time has come; it may still wait behind another of its key."""
    return bool(await tx.fetchval(_ANY_DUE, consumer))


async def lock_due(tx: Tx, consumer: str, *, in_order: bool) -> ParkedRow | None:
    """Lock one record whose time has come, for the rest of the transaction."""
    row = await tx.fetchrow(_LOCK_DUE, consumer, in_order)
    if row is None:
        return None
    record = RawRecord(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["record_offset"],
        key=row["record_key"],
        value=row["record_value"],
        headers=headers_from_json(row["record_headers"]),
    )
    return ParkedRow(
        parked_id=row["parked_id"],
        record=record,
        ordering_key=row["ordering_key"],
        kind=row["kind"],
        reason=row["reason"],
        detail=row["detail"],
        attempts=row["attempts"],
        waited_seconds=row["waited_seconds"],
        parked_at=row["parked_at"],
    )


async def resolve(tx: Tx, parked_id: int, resolution: Literal["handled", "discarded"]) -> bool:
    """End a parked record's wait; False if it had ended before."""
    return await tx.execute(_RESOLVE, parked_id, resolution) == "UPDATE 1"


async def postpone(tx: Tx, parked_id: int, parked: Parked) -> None:
    """Count one more attempt that did not help, and say when the next is due (never, for poison)."""
    await tx.execute(_POSTPONE, parked_id, parked.kind, parked.reason, parked.detail, parked.delay_seconds)


async def purge(tx: Tx, older_than: timedelta, rows_max: int) -> int:
    """Delete up to `rows_max` records that were resolved long ago. Safe to repeat."""
    return int((await tx.execute(_PURGE, older_than, rows_max)).removeprefix("DELETE "))
