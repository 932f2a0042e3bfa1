"""Matters, as invoices last told of them. Whoever changes a matter's portal, or portal shares in it, locks its row."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from sharing.domain.replicas import Key, Matter

# The row is locked even where an older revision changes nothing, in id order: suspending excludes sharing meanwhile.
_UPSERT: LiteralString = """
insert into matters (firm_id, matter_id, name, portal_enabled, portal_kinds, revision)
select firm_id, matter_id, name, portal_enabled, string_to_array(portal_kinds, ' '), revision
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::boolean[], $5::text[], $6::integer[])
    as matter (firm_id, matter_id, name, portal_enabled, portal_kinds, revision)
order by firm_id, matter_id
on conflict on constraint matters_pkey do update
set name = excluded.name, portal_enabled = excluded.portal_enabled, portal_kinds = excluded.portal_kinds,
    revision = excluded.revision
where matters.revision < excluded.revision
returning firm_id, matter_id
"""
# A shared lock, in id order: those who share do not wait for one another, but a switch of the portal waits for them.
_LOCK: LiteralString = """
select firm_id, matter_id, name, portal_enabled, portal_kinds, revision
from matters where (firm_id, matter_id) in (select * from unnest($1::uuid[], $2::uuid[]))
order by firm_id, matter_id
for share
"""
_EXISTS: LiteralString = "select exists (select from matters where firm_id = $1 and matter_id = $2)"


async def upsert_matters(tx: Tx, matters: Sequence[Matter]) -> set[Key]:
    """Keep the newest state of each matter; returns those that were news. At most one entry each. Safe to repeat."""
    rows = await tx.fetch(
        _UPSERT,
        [matter.firm_id for matter in matters],
        [matter.matter_id for matter in matters],
        [matter.name for matter in matters],
        [matter.portal_enabled for matter in matters],
        [" ".join(sorted(matter.portal_kinds)) for matter in matters],
        [matter.revision for matter in matters],
    )
    return {(row["firm_id"], row["matter_id"]) for row in rows}


async def is_matter_known(tx: Tx, firm_id: UUID, matter_id: UUID) -> bool:
    """Whether anything of this matter has arrived."""
    return bool(await tx.fetchval(_EXISTS, firm_id, matter_id))


async def lock_matters(tx: Tx, keys: Collection[Key]) -> dict[Key, Matter]:
    """Matters by key, whose portal stays as it is until the caller commits; unknown ones are missing."""
    rows = await tx.fetch(_LOCK, [firm_id for firm_id, _ in keys], [matter_id for _, matter_id in keys])
    matters = [
        Matter(
            firm_id=row["firm_id"],
            matter_id=row["matter_id"],
            name=row["name"],
            portal_enabled=row["portal_enabled"],
            portal_kinds=frozenset(row["portal_kinds"]),
            revision=row["revision"],
        )
        for row in rows
    ]
    return {matter.key: matter for matter in matters}
