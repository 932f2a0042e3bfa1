"""Table `history_entries`: the timelines of invoices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from chassis.database import Tx
from chassis.outbox import Outgoing
from invoices.domain.history import Entry, Origin, Plain
from invoices.domain.key import Key

# The event's id is the entry's: an event that comes again finds its entry and adds nothing.
_INSERT: LiteralString = """
insert into history_entries
    (firm_id, invoice_id, entry_id, occurred_at, kind, actor, correlation_id, causation_id, summary)
select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::uuid[],
                     $8::uuid[], $9::jsonb[])
on conflict on constraint history_entries_pkey do nothing
"""
# A keyset page, oldest first. An actor that is an API key is shown by its label, or by whose key it is.
_LIST: LiteralString = """
select entry.*, coalesce(staff_user.name, api_key.label) as actor_name
from history_entries as entry
left join api_keys as api_key
    on api_key.firm_id = entry.firm_id and 'api_key:' || api_key.api_key_id = entry.actor
left join staff_users as staff_user
    on staff_user.firm_id = entry.firm_id and staff_user.staff_user_id = api_key.staff_user_id
where entry.firm_id = $1 and entry.invoice_id = $2 and ($4::uuid is null or (entry.occurred_at, entry.entry_id) > (
    select occurred_at, entry_id from history_entries where firm_id = $1 and invoice_id = $2 and entry_id = $4))
order by entry.occurred_at, entry.entry_id
limit $3
"""
_VOID_REASONS: LiteralString = """
select firm_id, invoice_id, summary ->> 'reason' as reason from history_entries
where kind = 'voided' and (firm_id, invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""

_summary: TypeAdapter[dict[str, Plain]] = TypeAdapter(dict[str, Plain])


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """An entry with the name of whoever did it, where it was a person's or system's API key."""

    entry: Entry
    actor_name: str | None


async def append_entries(tx: Tx, entries: Sequence[Entry]) -> None:
    """Add entries to their invoices' timelines. Safe to repeat."""
    if not entries:
        return
    origins = [entry.origin for entry in entries]
    await tx.execute(
        _INSERT,
        [entry.firm_id for entry in entries],
        [entry.invoice_id for entry in entries],
        [origin.event_id for origin in origins],
        [origin.occurred_at for origin in origins],
        [entry.kind for entry in entries],
        [origin.actor for origin in origins],
        [origin.correlation_id for origin in origins],
        [origin.causation_id for origin in origins],
        [_summary.dump_json(dict(entry.summary)).decode() for entry in entries],
    )


async def list_entries(tx: Tx, invoice: Key, limit: int, after: UUID | None) -> list[ListedEntry]:
    """List a page of an invoice's timeline, oldest first."""
    rows = await tx.fetch(_LIST, *invoice, limit, after)
    return [ListedEntry(_entry(row), row["actor_name"]) for row in rows]


async def find_void_reasons(tx: Tx, invoices: Sequence[Key]) -> dict[Key, str]:
    """Find why those of these invoices that are void were voided."""
    if not invoices:
        return {}
    rows = await tx.fetch(
        _VOID_REASONS, [firm_id for firm_id, _ in invoices], [invoice_id for _, invoice_id in invoices]
    )
    return {(row["firm_id"], row["invoice_id"]): row["reason"] for row in rows}


def origin_of(message: Outgoing) -> Origin:
    """Tell the origin of an entry that tells of our own message."""
    return Origin(message.event_id, message.occurred_at, message.actor, message.correlation_id, message.causation_id)


def _entry(row: asyncpg.Record) -> Entry:
    origin = Origin(row["entry_id"], row["occurred_at"], row["actor"], row["correlation_id"], row["causation_id"])
    return Entry(row["firm_id"], row["invoice_id"], row["kind"], origin, _summary.validate_json(row["summary"]))
