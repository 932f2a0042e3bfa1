"""Table `staff_users`."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from chassis.database import Tx
from invoices.domain.key import Key
from invoices.domain.staff_user import StaffUser

# Both keys arbitrate: this firm's own repeat and an id that another firm has; either inserts nothing.
_INSERT: LiteralString = """
insert into staff_users (firm_id, staff_user_id, name, email, role, is_enabled, revision)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::integer[])
    as added (firm_id, staff_user_id, name, email, role, is_enabled, revision)
order by staff_user_id
on conflict do nothing
returning firm_id, staff_user_id
"""
_FIND: LiteralString = """
select staff_users.*
from staff_users join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, staff_user_id) using (firm_id, staff_user_id)
order by firm_id, staff_user_id
"""
# Changes of one account come one after the other; in id order, so that two batches cannot wait for each other.
_LOCK: LiteralString = f"{_FIND} for no key update of staff_users"
# Holds off whoever would disable the account until the key that is being made for it can be seen.
_SHARE: LiteralString = f"{_FIND} for share of staff_users"
# The rows are locked by the caller.
_UPDATE: LiteralString = """
update staff_users
set name = changed.name, email = changed.email, role = changed.role, is_enabled = changed.is_enabled,
    revision = changed.revision
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::integer[])
    as changed (firm_id, staff_user_id, name, email, role, is_enabled, revision)
where (staff_users.firm_id, staff_users.staff_user_id) = (changed.firm_id, changed.staff_user_id)
"""
# A keyset page: the row that `after` names gives the place to go on from.
_LIST: LiteralString = """
select * from staff_users
where firm_id = $1 and ($3::uuid is null or (created_at, staff_user_id) < (
    select created_at, staff_user_id from staff_users where firm_id = $1 and staff_user_id = $3))
order by created_at desc, staff_user_id desc
limit $2
"""


async def insert_staff_users(tx: Tx, staff_users: Sequence[StaffUser]) -> set[Key]:
    """Insert accounts; returns those whose id was free."""
    rows = await tx.fetch(_INSERT, *_columns(staff_users))
    return {(row["firm_id"], row["staff_user_id"]) for row in rows}


async def find_staff_users(tx: Tx, keys: Sequence[Key]) -> dict[Key, StaffUser]:
    """Accounts by key; unknown ones are missing."""
    return _by_key(await tx.fetch(_FIND, *_split(keys)))


async def lock_staff_users(tx: Tx, keys: Sequence[Key]) -> dict[Key, StaffUser]:
    """Accounts by key, locked against any change until the transaction ends; unknown ones are missing."""
    return _by_key(await tx.fetch(_LOCK, *_split(keys)))


async def share_staff_users(tx: Tx, keys: Sequence[Key]) -> dict[Key, StaffUser]:
    """Accounts by key, locked against change but not against other readers; unknown ones are missing."""
    return _by_key(await tx.fetch(_SHARE, *_split(keys)))


async def update_staff_users(tx: Tx, staff_users: Sequence[StaffUser]) -> None:
    """Write accounts as they are now. The caller holds their locks."""
    await tx.execute(_UPDATE, *_columns(staff_users))


async def list_staff_users(tx: Tx, firm_id: UUID, limit: int, after: UUID | None) -> list[StaffUser]:
    """List a page of the firm's accounts, newest first."""
    return [_staff_user(row) for row in await tx.fetch(_LIST, firm_id, limit, after)]


def _columns(staff_users: Sequence[StaffUser]) -> tuple[list[UUID], list[UUID], *tuple[list[object], ...]]:
    return (
        [staff_user.firm_id for staff_user in staff_users],
        [staff_user.staff_user_id for staff_user in staff_users],
        [staff_user.name for staff_user in staff_users],
        [staff_user.email for staff_user in staff_users],
        [staff_user.role for staff_user in staff_users],
        [staff_user.is_enabled for staff_user in staff_users],
        [staff_user.revision for staff_user in staff_users],
    )


def _split(keys: Sequence[Key]) -> tuple[list[UUID], list[UUID]]:
    return [firm_id for firm_id, _ in keys], [staff_user_id for _, staff_user_id in keys]


def _by_key(rows: Sequence[asyncpg.Record]) -> dict[Key, StaffUser]:
    return {staff_user.key: staff_user for staff_user in map(_staff_user, rows)}


def _staff_user(row: asyncpg.Record) -> StaffUser:
    return StaffUser(
        firm_id=row["firm_id"],
        staff_user_id=row["staff_user_id"],
        name=row["name"],
        email=row["email"],
        role=row["role"],
        is_enabled=row["is_enabled"],
        revision=row["revision"],
    )
