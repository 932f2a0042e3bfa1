"""Table `shares`: what sharing said last of each share of an invoice."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from invoices.domain.share import ShareChange

# A later generation wins over an earlier one, and within a generation revoked is the end: a fact that comes late or
# again brings nothing back. Otherwise the topic's order per invoice decides. A share that a fact names twice is taken
# once; rows come in the order of their key, so that writers never deadlock.
_UPSERT: LiteralString = """
insert into shares (firm_id, share_id, invoice_id, contact_id, channel, generation, state)
select distinct on (firm_id, share_id) firm_id, share_id, invoice_id, contact_id, channel, generation, state
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::integer[], $7::text[])
    as told (firm_id, share_id, invoice_id, contact_id, channel, generation, state)
order by firm_id, share_id, generation desc
on conflict on constraint shares_pkey do update
set generation = excluded.generation, state = excluded.state
where shares.generation < excluded.generation
    or (shares.generation = excluded.generation and shares.state <> 'revoked')
"""
# The indicator: true exactly while a portal share is active.
_FIND_SHARED: LiteralString = """
select distinct invoice_id from shares
where firm_id = $1 and invoice_id = any($2::uuid[]) and channel = 'portal' and state = 'active'
"""


async def upsert_shares(tx: Tx, changes: Sequence[ShareChange]) -> None:
    """Keep the newest state of each share. Safe to repeat."""
    told = [(change, share) for change in changes for share in change.shares]
    await tx.execute(
        _UPSERT,
        [change.entry.firm_id for change, _ in told],
        [share.share_id for _, share in told],
        [change.entry.invoice_id for change, _ in told],
        [share.contact_id for _, share in told],
        [change.channel for change, _ in told],
        [share.generation for _, share in told],
        [change.state for change, _ in told],
    )


async def find_shared_invoices(tx: Tx, firm_id: UUID, invoice_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these invoices a contact has in the portal right now."""
    return {row["invoice_id"] for row in await tx.fetch(_FIND_SHARED, firm_id, invoice_ids)}
