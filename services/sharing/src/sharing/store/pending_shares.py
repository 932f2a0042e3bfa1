"""Pending acts of sharing drafts. A row is written under its own lock, taken after its invoice's, by firm and command.

Only a row that waits is ever changed, so that each ends once: by the final invoice, the refusal, or a later word.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg
import msgspec

from chassis.database import Tx
from sharing.domain.act import Act
from sharing.domain.listing import CommandState
from sharing.domain.pending import Ended, PendingShare
from sharing.domain.replicas import Contact, Key

_INSERT: LiteralString = """
insert into pending_shares (firm_id, command_id, command_type, invoice_id, channel, contact_ids, typed_in, message,
                            comments, on_payment_page, asked_by, correlation_id, finalise_command_id, state)
select firm_id, command_id, command_type, invoice_id, channel, string_to_array(contact_ids, ' ')::uuid[], typed_in,
    message, comments, on_payment_page, asked_by, correlation_id, finalise_command_id, 'waiting'
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::boolean[], $11::text[], $12::uuid[], $13::uuid[])
    as pending (firm_id, command_id, command_type, invoice_id, channel, contact_ids, typed_in, message,
                comments, on_payment_page, asked_by, correlation_id, finalise_command_id)
"""
# Whoever comes second waits, and then finds that the row waits no more.
_LOCK_WAITING: LiteralString = """
select firm_id, command_id, command_type, invoice_id, channel, contact_ids, typed_in, message, comments,
    on_payment_page, withdrawn_ids, asked_by, correlation_id, finalise_command_id, asked_at
from pending_shares
where state = 'waiting' and (firm_id, invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
order by firm_id, command_id
for update
"""
_LOCK_REFUSED: LiteralString = """
select firm_id, command_id, command_type, invoice_id, channel, contact_ids, typed_in, message, comments,
    on_payment_page, withdrawn_ids, asked_by, correlation_id, finalise_command_id, asked_at
from pending_shares
where state = 'waiting' and (firm_id, finalise_command_id) in (select * from unnest($1::uuid[], $2::uuid[]))
order by firm_id, command_id
for update
"""
_WITHDRAW: LiteralString = """
update pending_shares set withdrawn_ids = string_to_array(narrowed.withdrawn_ids, ' ')::uuid[]
from unnest($1::uuid[], $2::uuid[], $3::text[]) as narrowed (firm_id, command_id, withdrawn_ids)
where pending_shares.firm_id = narrowed.firm_id and pending_shares.command_id = narrowed.command_id
and pending_shares.state = 'waiting'
"""
_END: LiteralString = """
update pending_shares
set state = case when ended.result is null then 'rejected' else 'done' end,
    result = ended.result, slug = ended.slug, detail = ended.detail, about = ended.about,
    ended_at = clock_timestamp()
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
    as ended (firm_id, command_id, result, slug, detail, about)
where pending_shares.firm_id = ended.firm_id and pending_shares.command_id = ended.command_id
and pending_shares.state = 'waiting'
returning true
"""
_FIND: LiteralString = """
select command_id, state, result, slug, detail, about from pending_shares where firm_id = $1 and command_id = $2
"""
_FIND_AWAITED: LiteralString = """
select distinct pending.firm_id, pending.invoice_id
from pending_shares as pending
join invoices on invoices.firm_id = pending.firm_id and invoices.invoice_id = pending.invoice_id
where pending.state = 'waiting' and invoices.status <> 'draft'
limit $1
"""


async def insert_pending(tx: Tx, pendings: Sequence[PendingShare]) -> None:
    """Keep acts until their drafts are final. Not safe to repeat: the caller's command is."""
    await tx.execute(
        _INSERT,
        [one.firm_id for one in pendings],
        [one.command_id for one in pendings],
        [one.command_type for one in pendings],
        [one.invoice_id for one in pendings],
        [one.act.channel for one in pendings],
        [" ".join(map(str, one.act.all_ids)) for one in pendings],
        [_written(one.act.typed_in) for one in pendings],
        [one.act.message for one in pendings],
        [one.act.comments for one in pendings],
        [one.act.on_payment_page for one in pendings],
        [one.asked_by for one in pendings],
        [one.correlation_id for one in pendings],
        [one.finalise_command_id for one in pendings],
    )


async def lock_waiting(tx: Tx, invoice_keys: Collection[Key]) -> dict[Key, list[PendingShare]]:
    """Acts that wait for these invoices, in the order they were asked. Ask after the invoices are locked."""
    rows = await tx.fetch(
        _LOCK_WAITING, [firm_id for firm_id, _ in invoice_keys], [invoice_id for _, invoice_id in invoice_keys]
    )
    found: defaultdict[Key, list[PendingShare]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["asked_at"], row["command_id"])):
        pending = _pending(row)
        found[pending.invoice_key].append(pending)
    return found


async def lock_refused(tx: Tx, finalise_keys: Collection[Key]) -> dict[Key, PendingShare]:
    """Acts that wait, by firm and the id of the command to finalise that was sent for each."""
    rows = await tx.fetch(
        _LOCK_REFUSED, [firm_id for firm_id, _ in finalise_keys], [command_id for _, command_id in finalise_keys]
    )
    return {(row["firm_id"], row["finalise_command_id"]): _pending(row) for row in rows}


async def update_withdrawn(tx: Tx, pendings: Sequence[PendingShare]) -> None:
    """Keep who was taken out of acts that go on waiting. They must be locked."""
    await tx.execute(
        _WITHDRAW,
        [one.firm_id for one in pendings],
        [one.command_id for one in pendings],
        [" ".join(map(str, one.withdrawn_ids)) for one in pendings],
    )


async def end_pending(tx: Tx, ended: Sequence[Ended]) -> None:
    """Keep how acts ended. They must be locked."""
    rows = await tx.fetch(
        _END,
        [end.pending.firm_id for end in ended],
        [end.pending.command_id for end in ended],
        [end.result for end in ended],
        [end.slug for end in ended],
        [end.detail for end in ended],
        [msgspec.json.encode(end.about).decode() if end.slug else None for end in ended],
    )
    assert len(rows) == len(ended), "an act had ended already"


async def find_command(tx: Tx, firm_id: UUID, command_id: UUID) -> CommandState | None:
    """State of a command that was accepted, and its answer when it has ended."""
    row = await tx.fetchrow(_FIND, firm_id, command_id)
    return CommandState(**dict(row)) if row else None


async def find_awaited_invoices(tx: Tx, count_max: int) -> list[Key]:
    """Invoices that are drafts no more and have acts waiting for that. Locks nothing."""
    return [(row["firm_id"], row["invoice_id"]) for row in await tx.fetch(_FIND_AWAITED, count_max)]


def _written(typed_in: Mapping[UUID, Contact]) -> str:
    return msgspec.json.encode(list(typed_in.values())).decode()


def _read(written: str) -> dict[UUID, Contact]:
    contacts = msgspec.json.decode(written, type=list[Contact])
    return {contact.contact_id: contact for contact in contacts}


def _pending(row: asyncpg.Record) -> PendingShare:
    act = Act(
        channel=row["channel"],
        contact_ids=tuple(row["contact_ids"]),
        typed_in=_read(row["typed_in"]),
        message=row["message"],
        comments=row["comments"],
        on_payment_page=row["on_payment_page"],
    )
    return PendingShare(
        firm_id=row["firm_id"],
        command_id=row["command_id"],
        command_type=row["command_type"],
        invoice_id=row["invoice_id"],
        act=act,
        asked_by=row["asked_by"],
        correlation_id=row["correlation_id"],
        finalise_command_id=row["finalise_command_id"],
        withdrawn_ids=frozenset(row["withdrawn_ids"]),
    )
