"""Wishes. A row is written under its invoice's lock."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import LiteralString

from chassis.database import Tx
from sharing.domain.pending import Revocation
from sharing.domain.replicas import Key
from sharing.domain.wish import Decided, Wish

# A wish that came before is kept as it is, decided or not.
_INSERT: LiteralString = """
insert into share_wishes (firm_id, invoice_id, contact_id, state, wished_by, correlation_id, causation_id)
select distinct on (firm_id, invoice_id, contact_id)
    firm_id, invoice_id, contact_id, 'waiting', wished_by, correlation_id, causation_id
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[])
    as wish (firm_id, invoice_id, contact_id, wished_by, correlation_id, causation_id)
on conflict on constraint share_wishes_pkey do nothing
"""
_MARK_DUE: LiteralString = """
update share_wishes set state = 'due'
from invoices
where (invoices.firm_id, invoices.invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
and share_wishes.firm_id = invoices.firm_id and share_wishes.invoice_id = invoices.invoice_id
and share_wishes.state = 'waiting' and invoices.status <> 'draft'
"""
_FIND_DUE: LiteralString = """
select firm_id, invoice_id, contact_id, wished_by, correlation_id, causation_id,
    coalesce(extract(epoch from clock_timestamp() - barred_at)::double precision, 0) as barred_seconds
from share_wishes
where state = 'due' and (firm_id, invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
order by firm_id, invoice_id, wished_at, contact_id
"""
_DECIDE: LiteralString = """
update share_wishes set state = decided.state, refusal = decided.refusal, decided_at = clock_timestamp()
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
    as decided (firm_id, invoice_id, contact_id, state, refusal)
where share_wishes.firm_id = decided.firm_id and share_wishes.invoice_id = decided.invoice_id
and share_wishes.contact_id = decided.contact_id and share_wishes.state = 'due'
"""
_POSTPONE: LiteralString = """
update share_wishes set barred_at = coalesce(barred_at, clock_timestamp()),
    next_at = clock_timestamp() + make_interval(secs => postponed.pause_seconds)
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::double precision[])
    as postponed (firm_id, invoice_id, contact_id, pause_seconds)
where share_wishes.firm_id = postponed.firm_id and share_wishes.invoice_id = postponed.invoice_id
and share_wishes.contact_id = postponed.contact_id and share_wishes.state = 'due'
"""
_SUPERSEDE: LiteralString = """
update share_wishes set state = 'superseded', decided_at = clock_timestamp()
where state in ('waiting', 'due') and (firm_id, invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""
# A contact that is null stands for everyone.
_WITHDRAW: LiteralString = """
update share_wishes set state = 'superseded', decided_at = clock_timestamp()
from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as withdrawn (firm_id, invoice_id, contact_id)
where share_wishes.firm_id = withdrawn.firm_id and share_wishes.invoice_id = withdrawn.invoice_id
and (withdrawn.contact_id is null or share_wishes.contact_id = withdrawn.contact_id)
and share_wishes.state in ('waiting', 'due')
"""
# What waits for the same invoice goes first: a set that was asked for since is the later word.
_FIND_RIPE: LiteralString = """
select distinct wish.firm_id, wish.invoice_id
from share_wishes as wish
join invoices on invoices.firm_id = wish.firm_id and invoices.invoice_id = wish.invoice_id
join firms on firms.firm_id = wish.firm_id
join matters on matters.firm_id = wish.firm_id and matters.matter_id = invoices.matter_id
join contacts on contacts.firm_id = wish.firm_id and contacts.contact_id = wish.contact_id
where wish.state = 'due' and (wish.next_at is null or wish.next_at <= clock_timestamp())
and not exists (
    select from pending_shares as pending
    where pending.firm_id = wish.firm_id and pending.invoice_id = wish.invoice_id and pending.state = 'waiting'
)
limit $1
"""


async def insert_wishes(tx: Tx, wishes: Sequence[Wish]) -> None:
    """Keep wishes until their invoice is final. Safe to repeat."""
    await tx.execute(
        _INSERT,
        [wish.firm_id for wish in wishes],
        [wish.invoice_id for wish in wishes],
        [wish.contact_id for wish in wishes],
        [wish.wished_by for wish in wishes],
        [wish.correlation_id for wish in wishes],
        [wish.causation_id for wish in wishes],
    )


async def mark_due(tx: Tx, invoice_keys: Collection[Key]) -> None:
    """Make the waiting wishes of those invoices due that are no drafts any more. Safe to repeat."""
    await tx.execute(_MARK_DUE, *_columns(invoice_keys))


async def find_due_wishes(tx: Tx, invoice_keys: Collection[Key]) -> dict[Key, list[Wish]]:
    """Due wishes by invoice, in the order they came. Read it after the invoices are locked."""
    found: defaultdict[Key, list[Wish]] = defaultdict(list)
    for row in await tx.fetch(_FIND_DUE, *_columns(invoice_keys)):
        wish = Wish(**dict(row))
        found[wish.invoice_key].append(wish)
    return found


async def decide_wishes(tx: Tx, decided: Sequence[Decided]) -> None:
    """Keep how due wishes ended."""
    await tx.execute(
        _DECIDE,
        [end.wish.firm_id for end in decided],
        [end.wish.invoice_id for end in decided],
        [end.wish.contact_id for end in decided],
        [end.state for end in decided],
        [end.refusal for end in decided],
    )


async def postpone_wishes(tx: Tx, barred: Sequence[Wish]) -> None:
    """Leave barred wishes alone for a while; the first time begins their patience."""
    await tx.execute(
        _POSTPONE,
        [wish.firm_id for wish in barred],
        [wish.invoice_id for wish in barred],
        [wish.contact_id for wish in barred],
        [wish.pause_seconds for wish in barred],
    )


async def supersede_wishes(tx: Tx, invoice_keys: Collection[Key]) -> None:
    """End the wishes that are not decided, of drafts too, of invoices for which somebody has just saved a set."""
    await tx.execute(_SUPERSEDE, *_columns(invoice_keys))


async def withdraw_wishes(tx: Tx, revocations: Sequence[Revocation]) -> None:
    """End the wishes, of drafts too, that are not decided and that somebody has just revoked."""
    rows = [
        (*one.invoice_key, contact_id)
        for one in revocations
        if "portal" in one.channels
        for contact_id in (one.contact_ids if one.contact_ids is not None else (None,))
    ]
    await tx.execute(_WITHDRAW, [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows])


async def find_ripe_invoices(tx: Tx, count_max: int) -> list[Key]:
    """Invoices with a due wish for which all that is needed has arrived, unless it is left alone. Locks nothing."""
    return [(row["firm_id"], row["invoice_id"]) for row in await tx.fetch(_FIND_RIPE, count_max)]


def _columns(keys: Collection[Key]) -> tuple[list[object], list[object]]:
    return [firm_id for firm_id, _ in keys], [item_id for _, item_id in keys]
