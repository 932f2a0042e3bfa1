"""Which edit was told by which share and delivery."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.domain.changes import ToldChange
from notify.store.deliveries import DeliveryKey

_INSERT: LiteralString = """
insert into told_changes (firm_id, share_id, generation, event_id, delivery_id)
select * from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::uuid[])
on conflict on constraint told_changes_pkey do nothing
"""
# What is told anew later must find its send key free.
_FREE_SEND_KEYS: LiteralString = """
update deliveries set occasion = delivery_id
where (firm_id, delivery_id) in (select * from unnest($1::uuid[], $2::uuid[])) and caused_by is not null
"""
_DELETE: LiteralString = """
delete from told_changes where (firm_id, delivery_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""
_LIST: LiteralString = """
select firm_id, share_id, generation, event_id from told_changes
where (firm_id, share_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""


async def insert_told_changes(tx: Tx, told: Sequence[tuple[UUID, ToldChange]]) -> None:
    """Note what is told by which delivery, in the transaction that plans it. Safe to repeat."""
    await tx.execute(
        _INSERT,
        [each.firm_id for _, each in told],
        [each.share_id for _, each in told],
        [each.generation for _, each in told],
        [each.event_id for _, each in told],
        [delivery_id for delivery_id, _ in told],
    )


async def take_back_told(tx: Tx, withdrawn: Sequence[DeliveryKey]) -> None:
    """Let notices that have been withdrawn have told nothing: it is told when their shares are restored.

    Other deliveries stay as they are. Safe to repeat.
    """
    if withdrawn:
        columns = [firm_id for firm_id, _ in withdrawn], [delivery_id for _, delivery_id in withdrawn]
        await tx.execute(_FREE_SEND_KEYS, *columns)
        await tx.execute(_DELETE, *columns)


async def list_told_changes(tx: Tx, shares: Collection[tuple[UUID, UUID]]) -> set[ToldChange]:
    """List what shares (firm and id) have told."""
    rows = await tx.fetch(_LIST, [firm_id for firm_id, _ in shares], [share_id for _, share_id in shares])
    return {ToldChange(**dict(row)) for row in rows}
