"""Which edit was told by which share."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.domain.changes import ToldChange

_INSERT: LiteralString = """
insert into told_changes (firm_id, share_id, generation, event_id)
select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::uuid[])
on conflict on constraint told_changes_pkey do nothing
"""
_LIST: LiteralString = """
select firm_id, share_id, generation, event_id from told_changes
where (firm_id, share_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""


async def insert_told_changes(tx: Tx, told: Sequence[ToldChange]) -> None:
    """Note what is told, in the transaction that plans it. Safe to repeat."""
    await tx.execute(
        _INSERT,
        [each.firm_id for each in told],
        [each.share_id for each in told],
        [each.generation for each in told],
        [each.event_id for each in told],
    )


async def list_told_changes(tx: Tx, shares: Collection[tuple[UUID, UUID]]) -> set[ToldChange]:
    """List what shares (firm and id) have told."""
    rows = await tx.fetch(_LIST, [firm_id for firm_id, _ in shares], [share_id for _, share_id in shares])
    return {ToldChange(**dict(row)) for row in rows}
