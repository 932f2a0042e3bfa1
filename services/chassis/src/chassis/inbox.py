"""Which messages were handled already: claimed in the same transaction as their effect."""

from collections.abc import Sequence
from datetime import timedelta
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx

# The primary key arbitrates between two consumers of the same record: the later one waits, then finds nothing to claim.
_CLAIM: LiteralString = """
insert into inbox (consumer, source, event_id)
select $1, source, event_id from unnest($2::text[], $3::uuid[]) as message (source, event_id)
on conflict do nothing
returning source, event_id
"""
_RELEASE: LiteralString = """
delete from inbox using unnest($2::text[], $3::uuid[]) as message (source, event_id)
where inbox.consumer = $1 and inbox.source = message.source and inbox.event_id = message.event_id
"""
# A slice at a time, so that no purge holds locks or writes for long.
_PURGE: LiteralString = """
delete from inbox where ctid in (
    select ctid from inbox where received_at < statement_timestamp() - $1::interval limit $2
)
"""

MessageKey = tuple[str, UUID]
"""Source and event id: what makes a message the same message."""


async def claim(tx: Tx, consumer: str, messages: Sequence[MessageKey]) -> set[MessageKey]:
    """Claim messages for this transaction; returns those nobody has handled before."""
    rows = await tx.fetch(_CLAIM, consumer, [source for source, _ in messages], [event_id for _, event_id in messages])
    return {(row["source"], row["event_id"]) for row in rows}


async def release(tx: Tx, consumer: str, messages: Sequence[MessageKey]) -> None:
    """Give back claims of the same transaction for messages that will be tried again later."""
    await tx.execute(_RELEASE, consumer, [source for source, _ in messages], [event_id for _, event_id in messages])


async def purge(tx: Tx, older_than: timedelta, rows_max: int) -> int:
    """Delete up to `rows_max` claims older than every record that can still be delivered. Safe to repeat."""
    status = await tx.execute(_PURGE, older_than, rows_max)
    return int(status.removeprefix("DELETE "))
