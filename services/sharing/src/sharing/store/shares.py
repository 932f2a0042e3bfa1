"""Shares. A row is written under its invoice's lock and, for the portal, under its matter's."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import LiteralString

import asyncpg

from chassis.database import Tx
from sharing.domain.replicas import Key
from sharing.domain.share import NewShare, Share

_FIND: LiteralString = """
select firm_id, share_id, item_kind, item_id, contact_id, channel, state, generation from shares
where item_kind = 'invoice' and (firm_id, item_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""
# One row per contact, item and channel for good; only an ended one becomes active again, as its next generation.
_UPSERT: LiteralString = """
insert into shares (firm_id, share_id, item_kind, item_id, item_version, matter_id, contact_id, channel, state,
                    generation, message, shared_by, first_shared_at, shared_at)
select firm_id, share_id, item_kind, item_id, item_version, matter_id, contact_id, channel, 'active',
       1, message, shared_by, shared_at, shared_at
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::integer[], $6::uuid[], $7::uuid[], $8::text[],
            $9::text[], $10::text[], $11::timestamptz[])
    as share (firm_id, share_id, item_kind, item_id, item_version, matter_id, contact_id, channel, message,
              shared_by, shared_at)
on conflict on constraint shares_item_contact_channel_key do update
set state = 'active', generation = shares.generation + 1, item_version = excluded.item_version,
    message = excluded.message, shared_by = excluded.shared_by, shared_at = excluded.shared_at, ended_at = null
where shares.state in ('revoked', 'expired')
returning firm_id, share_id, item_kind, item_id, contact_id, channel, state, generation
"""
_REVOKE: LiteralString = """
update shares set state = 'revoked', ended_at = $3
where (firm_id, share_id) in (select * from unnest($1::uuid[], $2::uuid[])) and state in ('active', 'suspended')
returning firm_id, share_id, item_kind, item_id, contact_id, channel, state, generation
"""
# Both judge by the matter as it is now, not by the fact that came: late and repeated facts end in the same state.
_SUSPEND: LiteralString = """
update shares set state = 'suspended'
from matters
where (shares.firm_id, shares.matter_id) in (select * from unnest($1::uuid[], $2::uuid[]))
and matters.firm_id = shares.firm_id and matters.matter_id = shares.matter_id
and shares.channel = 'portal' and shares.state = 'active'
and not (matters.portal_enabled and shares.item_kind = any(matters.portal_kinds))
returning shares.firm_id, share_id, item_kind, item_id, contact_id, channel, state, generation, shares.matter_id
"""
_RESTORE: LiteralString = """
update shares set state = 'active'
from matters
where (shares.firm_id, shares.matter_id) in (select * from unnest($1::uuid[], $2::uuid[]))
and matters.firm_id = shares.firm_id and matters.matter_id = shares.matter_id
and shares.channel = 'portal' and shares.state = 'suspended'
and matters.portal_enabled and shares.item_kind = any(matters.portal_kinds)
returning shares.firm_id, share_id, item_kind, item_id, contact_id, channel, state, generation, shares.matter_id
"""


async def find_invoice_shares(tx: Tx, invoice_keys: Collection[Key]) -> dict[Key, list[Share]]:
    """All shares of invoices, ended ones too, by invoice. Read it after the invoices are locked."""
    found: defaultdict[Key, list[Share]] = defaultdict(list)
    firm_ids, invoice_ids = [firm_id for firm_id, _ in invoice_keys], [invoice_id for _, invoice_id in invoice_keys]
    for row in await tx.fetch(_FIND, firm_ids, invoice_ids):
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
        [share.shared_by for share in shares],
        [share.shared_at for share in shares],
    )
    assert len(rows) == len(shares), "a share was open already"
    return [_share(row) for row in rows]


async def revoke_shares(tx: Tx, shares: Sequence[Share], at: datetime) -> list[Share]:
    """End open shares for good."""
    share_ids = [share.share_id for share in shares]
    rows = await tx.fetch(_REVOKE, [share.firm_id for share in shares], share_ids, at)
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
    )
