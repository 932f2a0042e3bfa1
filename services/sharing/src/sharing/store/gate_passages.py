"""The gate: who may pass by which share, decided and recorded while the share is locked."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from chassis.ids import new_id
from sharing.domain.passage import PassableShare, Purpose
from sharing.domain.replicas import Key

# Shared locks, by share id: those who pass do not wait for one another, but who unshares waits for them, and they for
# him. A row that changed while we waited is looked at again, so what is returned is in force until the caller commits.
_LOCK_ASKED: LiteralString = """
select share_id, generation, item_id, channel
from shares
where firm_id = $1 and state = 'active'
and (share_id, generation) in (select * from unnest($2::uuid[], $3::integer[]))
order by share_id
for share
"""
_LOCK_PAYABLE: LiteralString = """
select share_id, generation, item_id, channel
from shares
where firm_id = $1 and contact_id = $2 and state = 'active' and on_payment_page
and item_kind = 'invoice' and item_id = any($3::uuid[])
order by share_id
for share
"""
_INSERT: LiteralString = """
insert into gate_passages (firm_id, passage_id, purpose, share_id, generation)
select $1, passage_id, $2, share_id, generation
from unnest($3::uuid[], $4::uuid[], $5::integer[]) as passage (passage_id, share_id, generation)
"""


async def lock_asked_shares(tx: Tx, firm_id: UUID, asked: Collection[tuple[UUID, int]]) -> list[PassableShare]:
    """Lock those of the shares that are in force at the generation asked for, until the caller commits."""
    share_ids, generations = [share_id for share_id, _ in asked], [generation for _, generation in asked]
    rows = await tx.fetch(_LOCK_ASKED, firm_id, share_ids, generations)
    return [PassableShare(**dict(row)) for row in rows]


async def lock_payable_shares(tx: Tx, payer: Key, invoice_ids: Collection[UUID]) -> list[PassableShare]:
    """Lock the shares that put these invoices on a contact's payment page, in force until the caller commits."""
    rows = await tx.fetch(_LOCK_PAYABLE, *payer, list(invoice_ids))
    return [PassableShare(**dict(row)) for row in rows]


async def insert_passages(tx: Tx, firm_id: UUID, purpose: Purpose, shares: Sequence[PassableShare]) -> None:
    """Record who passes. The shares must be locked."""
    await tx.execute(
        _INSERT,
        firm_id,
        purpose,
        [new_id() for _ in shares],
        [share.share_id for share in shares],
        [share.generation for share in shares],
    )
