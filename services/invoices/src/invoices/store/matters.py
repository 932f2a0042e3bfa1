"""Table `matters`. A matter is read together with who is on it, which is in `matter_contacts`."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from chassis.database import Tx
from invoices.domain.key import Key
from invoices.domain.matter import Matter, MatterProfile
from invoices.store.matter_contacts import list_matter_contacts

# Both keys arbitrate: this firm's own repeat and an id that another firm has; either inserts nothing.
_INSERT: LiteralString = """
insert into matters (firm_id, matter_id, number, name, portal_enabled, portal_kinds, revision)
select firm_id, matter_id, number, name, portal_enabled, string_to_array(portal_kinds, ' '), revision
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::integer[])
    as opened (firm_id, matter_id, number, name, portal_enabled, portal_kinds, revision)
order by matter_id
on conflict do nothing
returning firm_id, matter_id
"""
_FIND: LiteralString = """
select matters.*
from matters join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, matter_id) using (firm_id, matter_id)
order by firm_id, matter_id
"""
# The matter's row stands for its contacts too: changes of either come one after the other. In id order, so that two
# batches cannot wait for each other. Not `for update`: inserting an invoice on the matter need not wait.
_LOCK: LiteralString = f"{_FIND} for no key update of matters"
# Matters are never deleted, so what is known stays known without a lock.
_FIND_KEYS: LiteralString = """
select firm_id, matter_id from matters
where (firm_id, matter_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""
# The rows are locked by the caller.
_UPDATE: LiteralString = """
update matters
set number = changed.number, name = changed.name, portal_enabled = changed.portal_enabled,
    portal_kinds = string_to_array(changed.portal_kinds, ' '), revision = changed.revision
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::integer[])
    as changed (firm_id, matter_id, number, name, portal_enabled, portal_kinds, revision)
where (matters.firm_id, matters.matter_id) = (changed.firm_id, changed.matter_id)
"""
# A keyset page: the row that `after` names gives the place to go on from.
_LIST: LiteralString = """
select * from matters
where firm_id = $1 and ($3::uuid is null or (created_at, matter_id) < (
    select created_at, matter_id from matters where firm_id = $1 and matter_id = $3))
order by created_at desc, matter_id desc
limit $2
"""


async def insert_matters(tx: Tx, matters: Sequence[Matter]) -> set[Key]:
    """Insert matters without their contacts; returns those whose id was free."""
    return {(row["firm_id"], row["matter_id"]) for row in await tx.fetch(_INSERT, *_columns(matters))}


async def find_matters(tx: Tx, keys: Sequence[Key]) -> dict[Key, Matter]:
    """Matters by key; unknown ones are missing."""
    return {matter.key: matter for matter in await _with_contacts(tx, await tx.fetch(_FIND, *_split(keys)))}


async def lock_matters(tx: Tx, keys: Sequence[Key]) -> dict[Key, Matter]:
    """Matters by key, locked until the transaction ends; unknown ones are missing.

    Contacts are read by a second statement: the first one's snapshot may be older than its locks.
    """
    return {matter.key: matter for matter in await _with_contacts(tx, await tx.fetch(_LOCK, *_split(keys)))}


async def find_known_matters(tx: Tx, keys: Sequence[Key]) -> set[Key]:
    """Which of these matters there are."""
    return {(row["firm_id"], row["matter_id"]) for row in await tx.fetch(_FIND_KEYS, *_split(keys))}


async def update_matters(tx: Tx, matters: Sequence[Matter]) -> None:
    """Write matters without their contacts as they are now. The caller holds their locks."""
    await tx.execute(_UPDATE, *_columns(matters))


async def list_matters(tx: Tx, firm_id: UUID, limit: int, after: UUID | None) -> list[Matter]:
    """List a page of the firm's matters, newest first."""
    return await _with_contacts(tx, await tx.fetch(_LIST, firm_id, limit, after))


async def _with_contacts(tx: Tx, rows: Sequence[asyncpg.Record]) -> list[Matter]:
    keys = [(row["firm_id"], row["matter_id"]) for row in rows]
    contacts = await list_matter_contacts(tx, keys) if keys else {}
    return [
        Matter(
            firm_id=row["firm_id"],
            matter_id=row["matter_id"],
            profile=MatterProfile(row["number"], row["name"], row["portal_enabled"], tuple(row["portal_kinds"])),
            contacts=contacts.get(key, ()),
            revision=row["revision"],
        )
        for key, row in zip(keys, rows, strict=True)
    ]


def _columns(matters: Sequence[Matter]) -> tuple[list[UUID], list[UUID], *tuple[list[object], ...]]:
    profiles = [matter.profile for matter in matters]
    return (
        [matter.firm_id for matter in matters],
        [matter.matter_id for matter in matters],
        [profile.number for profile in profiles],
        [profile.name for profile in profiles],
        [profile.portal_enabled for profile in profiles],
        [" ".join(profile.portal_kinds) for profile in profiles],
        [matter.revision for matter in matters],
    )


def _split(keys: Sequence[Key]) -> tuple[list[UUID], list[UUID]]:
    return [firm_id for firm_id, _ in keys], [matter_id for _, matter_id in keys]
