"""Table `documents`: the PDFs that are wanted, being made, ready (due where it is to be looked at), or given up.

All times are the database's. Every write of a renderer carries its lease token: one that was away too long changes
nothing any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

import asyncpg

from chassis.database import Tx
from chassis.tracing import current_traceparent
from invoices.domain.document import CommentChoice
from invoices.domain.key import Key
from invoices.domain.printing import Claimed, DocumentKey, DocumentState, Printed, Setback, Wanted
from invoices.store.invoice_versions import find_version

# The version that is named and all later ones: who was promised a choice gets it of every version. The invoice is
# locked by the caller, so that no version is written meanwhile. What is there already stays as it is.
_QUEUE: LiteralString = """
insert into documents (firm_id, invoice_id, version, comments, actor, correlation_id, causation_id, traceparent)
select made.firm_id, made.invoice_id, made.version, wanted.comments, wanted.actor, wanted.correlation_id,
       wanted.causation_id, $8
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::uuid[], $7::uuid[])
    as wanted (firm_id, invoice_id, version, comments, actor, correlation_id, causation_id)
join invoice_versions as made
    on made.firm_id = wanted.firm_id and made.invoice_id = wanted.invoice_id and made.version >= wanted.version
order by made.firm_id, made.invoice_id, made.version
on conflict on constraint documents_pkey do nothing
"""
# The invoices are locked by the caller, so nobody adds a choice meanwhile.
_CHOICES: LiteralString = """
select distinct firm_id, invoice_id, comments from documents
where (firm_id, invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
order by firm_id, invoice_id, comments
"""
# In the order of their keys, so that two who lock the same ones wait and do not deadlock.
_LOCK: LiteralString = """
select firm_id, invoice_id, version, comments, state from documents
where (firm_id, invoice_id, version, comments)
    in (select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[]))
order by firm_id, invoice_id, version, comments
for update
"""
# What is due already is left to whoever has it. What is ready stays so: it is only looked at, as a rule.
_QUEUE_AGAIN: LiteralString = """
update documents as again
set state = case again.state when 'failed' then 'pending' else again.state end, failure = null, attempts = 0,
    next_at = statement_timestamp(), actor = wanted.actor,
    correlation_id = wanted.correlation_id, causation_id = wanted.causation_id, traceparent = $8
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::uuid[], $7::uuid[])
    as wanted (firm_id, invoice_id, version, comments, actor, correlation_id, causation_id)
where (again.firm_id, again.invoice_id, again.version, again.comments)
    = (wanted.firm_id, wanted.invoice_id, wanted.version, wanted.comments) and again.next_at is null
"""
IS_DUE: LiteralString = "select exists (select from documents where next_at <= statement_timestamp())"
# What another renderer is claiming is skipped; a lease that has ended is as good as none.
CLAIM: LiteralString = """
with due as (
    select firm_id, invoice_id, version, comments from documents
    where next_at <= statement_timestamp()
    order by next_at limit 1
    for update skip locked
)
update documents
set lease_token = $1, next_at = clock_timestamp() + make_interval(secs => $2), attempts = documents.attempts + 1
from due
where (documents.firm_id, documents.invoice_id, documents.version, documents.comments)
    = (due.firm_id, due.invoice_id, due.version, due.comments)
returning documents.*
"""
_READY: LiteralString = """
update documents
set state = 'ready', sha256 = $6, size_bytes = $7, file_name = $8, lease_token = null, next_at = null
where firm_id = $1 and invoice_id = $2 and version = $3 and comments = $4 and lease_token = $5
returning true
"""
_SOUND: LiteralString = """
update documents set lease_token = null, next_at = null
where firm_id = $1 and invoice_id = $2 and version = $3 and comments = $4 and lease_token = $5
"""
_SET_BACK: LiteralString = """
update documents
set state = case when $6::double precision is null then 'failed' else state end,
    failure = case when $6::double precision is null then $7 end,
    sha256 = case when $6::double precision is not null then sha256 end,
    size_bytes = case when $6::double precision is not null then size_bytes end,
    file_name = case when $6::double precision is not null then file_name end,
    next_at = clock_timestamp() + make_interval(secs => $6::double precision),
    attempts = attempts - case when $8 then 0 else 1 end,
    lease_token = null
where firm_id = $1 and invoice_id = $2 and version = $3 and comments = $4 and lease_token = $5
returning true
"""
_FIND: LiteralString = """
select * from documents where firm_id = $1 and invoice_id = $2 and version = $3 and comments = $4
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A PDF as it stands. `printed` is there exactly when it is ready."""

    state: DocumentState
    printed: Printed | None


async def queue_documents(tx: Tx, wanted: Sequence[Wanted]) -> None:
    """Have PDFs made, of the versions named and later ones. The caller holds the invoices' locks. Safe to repeat."""
    if not wanted:
        return
    await tx.execute(_QUEUE, *_keys(wanted), *_origins(wanted), current_traceparent())


async def lock_documents(tx: Tx, wanted: Sequence[Wanted]) -> dict[DocumentKey, DocumentState]:
    """Lock the PDFs that there are of these, and tell how each stands."""
    rows = await tx.fetch(_LOCK, *_keys(wanted))
    return {(row["firm_id"], row["invoice_id"], row["version"], row["comments"]): row["state"] for row in rows}


async def queue_again(tx: Tx, wanted: Sequence[Wanted]) -> None:
    """Have PDFs that were given up made after all, with all their attempts, and those that are ready looked at."""
    if wanted:
        await tx.execute(_QUEUE_AGAIN, *_keys(wanted), *_origins(wanted), current_traceparent())


async def find_comment_choices(tx: Tx, invoices: Sequence[Key]) -> dict[Key, list[CommentChoice]]:
    """Which choices somebody wanted of any version of these invoices; `all` is always among them."""
    found: dict[Key, list[CommentChoice]] = {key: ["all"] for key in invoices}
    rows = await tx.fetch(_CHOICES, [firm_id for firm_id, _ in invoices], [invoice_id for _, invoice_id in invoices])
    for row in rows:
        if row["comments"] not in found[row["firm_id"], row["invoice_id"]]:
            found[row["firm_id"], row["invoice_id"]].append(row["comments"])
    return found


async def is_document_due(tx: Tx) -> bool:
    """Tell whether there may be something to claim; changes nothing."""
    return bool(await tx.fetchval(IS_DUE))


async def claim_due(tx: Tx, lease_token: UUID, lease_seconds: float) -> Claimed | None:
    """Claim the PDF that has been due longest, with the version it is of, and count the attempt."""
    row = await tx.fetchrow(CLAIM, lease_token, lease_seconds)
    if row is None:
        return None
    version = await find_version(tx, (row["firm_id"], row["invoice_id"]), row["version"])
    assert version is not None, "the foreign key keeps it there"
    return Claimed(
        version=version,
        comments=row["comments"],
        attempt=row["attempts"],
        printed=_printed(row),
        lease_token=lease_token,
        actor=row["actor"],
        correlation_id=row["correlation_id"],
        causation_id=row["causation_id"],
        traceparent=row["traceparent"],
    )


async def record_ready(tx: Tx, claimed: Claimed, printed: Printed) -> bool:
    """Note where the PDF is. False, and no change, where the lease was lost."""
    kept = await tx.fetchval(_READY, *_held(claimed), printed.sha256, printed.size_bytes, printed.file_name)
    return kept is not None


async def record_sound(tx: Tx, claimed: Claimed) -> None:
    """Note that the PDF is where it was said to be. No change where the lease was lost."""
    await tx.execute(_SOUND, *_held(claimed))


async def record_setback(tx: Tx, claimed: Claimed, setback: Setback) -> bool:
    """Give the PDF back, to be tried again or given up. False, and no change, where the lease was lost."""
    kept = await tx.fetchval(_SET_BACK, *_held(claimed), setback.pause_seconds, setback.fault, setback.counts)
    return kept is not None


async def find_document(tx: Tx, invoice: Key, version: int, comments: CommentChoice) -> Found | None:
    """Find the PDF of a version; None where nobody wanted this choice."""
    row = await tx.fetchrow(_FIND, *invoice, version, comments)
    if row is None:
        return None
    return Found(row["state"], _printed(row))


def _printed(row: asyncpg.Record) -> Printed | None:
    return Printed(row["sha256"], row["size_bytes"], row["file_name"]) if row["state"] == "ready" else None


def _keys(wanted: Sequence[Wanted]) -> tuple[list[UUID], list[UUID], list[int], list[CommentChoice]]:
    return (
        [each.firm_id for each in wanted],
        [each.invoice_id for each in wanted],
        [each.version for each in wanted],
        [each.comments for each in wanted],
    )


def _origins(wanted: Sequence[Wanted]) -> tuple[list[str], list[UUID], list[UUID]]:
    """Whom it is made for, and the message that the fact will be caused by."""
    return (
        [each.origin.actor for each in wanted],
        [each.origin.correlation_id for each in wanted],
        [each.origin.event_id for each in wanted],
    )


def _held(claimed: Claimed) -> tuple[UUID, UUID, int, CommentChoice, UUID]:
    version = claimed.version
    return version.firm_id, version.invoice_id, version.version, claimed.comments, claimed.lease_token
