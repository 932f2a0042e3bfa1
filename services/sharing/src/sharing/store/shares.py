"""Shares. A row is written under its invoice's lock and, for the portal, under its matter's.

The gate holds rows too, shared and without those locks: whoever locks several rows does so by firm and share id.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import LiteralString

import asyncpg

from chassis.database import Tx
from sharing.domain.replicas import Key
from sharing.domain.share import NewShare, Share, SharedAgain

# Whom the gate is letting pass at this moment passes before, so that no share ends before its last passage.
_LOCK: LiteralString = """
select firm_id, share_id, item_kind, item_id, contact_id, channel, state, generation, comments, on_payment_page
from shares
where item_kind = 'invoice' and (firm_id, item_id) in (select * from unnest($1::uuid[], $2::uuid[]))
order by firm_id, share_id
for update
"""
# One row per contact, item and channel for good; only an ended one becomes active again, as its next generation.
_UPSERT: LiteralString = """
insert into shares (firm_id, share_id, item_kind, item_id, item_version, matter_id, contact_id, channel, state,
                    generation, message, comments, on_payment_page, shared_by, first_shared_at, shared_at)
select firm_id, share_id, item_kind, item_id, item_version, matter_id, contact_id, channel, 'active',
       1, message, comments, on_payment_page, shared_by, shared_at, shared_at
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::integer[], $6::uuid[], $7::uuid[], $8::text[],
            $9::text[], $10::text[], $11::boolean[], $12::text[], $13::timestamptz[])
    as share (firm_id, share_id, item_kind, item_id, item_version, matter_id, contact_id, channel, message,
              comments, on_payment_page, shared_by, shared_at)
on conflict on constraint shares_item_contact_channel_key do update
set state = 'active', generation = shares.generation + 1, item_version = excluded.item_version,
    message = excluded.message, comments = excluded.comments, on_payment_page = excluded.on_payment_page,
    shared_by = excluded.shared_by, shared_at = excluded.shared_at, ended_at = null
where shares.state in ('revoked', 'expired')
returning firm_id, share_id, item_kind, item_id, contact_id, channel, state, generation, comments, on_payment_page
"""
# The generation stays, and with it the link.
_SHARE_AGAIN: LiteralString = """
update shares
set item_version = again.item_version, message = again.message, comments = again.comments,
    on_payment_page = again.on_payment_page, shared_by = again.shared_by, shared_at = again.shared_at
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::boolean[], $7::text[],
            $8::timestamptz[])
    as again (firm_id, share_id, item_version, message, comments, on_payment_page, shared_by, shared_at)
where shares.firm_id = again.firm_id and shares.share_id = again.share_id and shares.state = 'active'
returning shares.firm_id, shares.share_id, item_kind, item_id, contact_id, channel, state, generation,
    shares.comments, shares.on_payment_page
"""
# The end is read from the clock that the gate's passages are read from, while the row is locked.
_REVOKE: LiteralString = """
update shares set state = 'revoked', ended_at = clock_timestamp()
where (firm_id, share_id) in (select * from unnest($1::uuid[], $2::uuid[])) and state in ('active', 'suspended')
returning firm_id, share_id, item_kind, item_id, contact_id, channel, state, generation, comments, on_payment_page
"""
# Both judge by the matter as it is now, not by the fact that came: late and repeated facts end in the same state.
_SUSPEND: LiteralString = """
with turned as materialized (
    select shares.firm_id, share_id
    from shares
    join matters on matters.firm_id = shares.firm_id and matters.matter_id = shares.matter_id
    where (shares.firm_id, shares.matter_id) in (select * from unnest($1::uuid[], $2::uuid[]))
    and shares.channel = 'portal' and shares.state = 'active'
    and not (matters.portal_enabled and shares.item_kind = any(matters.portal_kinds))
    order by shares.firm_id, share_id
    for update of shares
)
update shares set state = 'suspended'
from turned
where shares.firm_id = turned.firm_id and shares.share_id = turned.share_id
returning shares.firm_id, shares.share_id, item_kind, item_id, contact_id, channel, state, generation, comments,
    on_payment_page, matter_id
"""
_RESTORE: LiteralString = """
with turned as materialized (
    select shares.firm_id, share_id
    from shares
    join matters on matters.firm_id = shares.firm_id and matters.matter_id = shares.matter_id
    where (shares.firm_id, shares.matter_id) in (select * from unnest($1::uuid[], $2::uuid[]))
    and shares.channel = 'portal' and shares.state = 'suspended'
    and matters.portal_enabled and shares.item_kind = any(matters.portal_kinds)
    order by shares.firm_id, share_id
    for update of shares
)
update shares set state = 'active'
from turned
where shares.firm_id = turned.firm_id and shares.share_id = turned.share_id
returning shares.firm_id, shares.share_id, item_kind, item_id, contact_id, channel, state, generation, comments,
    on_payment_page, matter_id
"""


async def lock_invoice_shares(tx: Tx, invoice_keys: Collection[Key]) -> dict[Key, list[Share]]:
    """All shares of invoices, ended ones too, by invoice, locked until the caller commits.

    Ask after the invoices and the matters are locked.
    """
    found: defaultdict[Key, list[Share]] = defaultdict(list)
    firm_ids, invoice_ids = [firm_id for firm_id, _ in invoice_keys], [invoice_id for _, invoice_id in invoice_keys]
    for row in await tx.fetch(_LOCK, firm_ids, invoice_ids):
        found[row["firm_id"], row["item_id"]].append(_share(row))
    return found


async def upsert_shares(tx: Tx, shares: Sequence[NewShare]) -> list[Share]:
    """Make shares active, each in a generation of its own. None of them may be open. Not safe to repeat."""
    rows = await tx.fetch(
        _UPSERT,
        [share.firm_id for share in shares],
        [share.share_id for share in shares],
        [share.item_kind for share in shares],
        [share.item_id for share in shares],
        [share.item_version for share in shares],
        [share.matter_id for share in shares],
        [share.contact_id for share in shares],
        [share.channel for share in shares],
        [share.message for share in shares],
        [share.comments for share in shares],
        [share.on_payment_page for share in shares],
        [share.shared_by for share in shares],
        [share.shared_at for share in shares],
    )
    assert len(rows) == len(shares), "a share was open already"
    return [_share(row) for row in rows]


async def update_shares_again(tx: Tx, shares: Sequence[SharedAgain]) -> list[Share]:
    """Bring active shares to what was shared again. Safe to repeat."""
    rows = await tx.fetch(
        _SHARE_AGAIN,
        [again.share.firm_id for again in shares],
        [again.share.share_id for again in shares],
        [again.item_version for again in shares],
        [again.message for again in shares],
        [again.comments for again in shares],
        [again.on_payment_page for again in shares],
        [again.shared_by for again in shares],
        [again.shared_at for again in shares],
    )
    assert len(rows) == len(shares), "a share was not active"
    return [_share(row) for row in rows]


async def revoke_shares(tx: Tx, shares: Sequence[Share]) -> list[Share]:
    """End open shares for good. They must be locked already."""
    share_ids = [share.share_id for share in shares]
    rows = await tx.fetch(_REVOKE, [share.firm_id for share in shares], share_ids)
    assert len(rows) == len(shares), "a share had ended already"
    return [_share(row) for row in rows]


async def suspend_shares(tx: Tx, matter_keys: Collection[Key]) -> list[tuple[Key, Share]]:
    """Hide the portal shares that these matters' portals no longer show; returns those, with their matters."""
    rows = await tx.fetch(
        _SUSPEND, [firm_id for firm_id, _ in matter_keys], [matter_id for _, matter_id in matter_keys]
    )
    return [((row["firm_id"], row["matter_id"]), _share(row)) for row in rows]


async def restore_shares(tx: Tx, matter_keys: Collection[Key]) -> list[tuple[Key, Share]]:
    """Show the hidden portal shares that these matters' portals show again; returns those, with their matters."""
    rows = await tx.fetch(
        _RESTORE, [firm_id for firm_id, _ in matter_keys], [matter_id for _, matter_id in matter_keys]
    )
    return [((row["firm_id"], row["matter_id"]), _share(row)) for row in rows]


def _share(row: asyncpg.Record) -> Share:
    return Share(
        firm_id=row["firm_id"],
        share_id=row["share_id"],
        item_kind=row["item_kind"],
        item_id=row["item_id"],
        contact_id=row["contact_id"],
        channel=row["channel"],
        state=row["state"],
        generation=row["generation"],
        comments=row["comments"],
        on_payment_page=row["on_payment_page"],
    )
