"""Table `api_keys` of the plumbing, of which this service writes the truth; and how a key's state is told."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from chassis.api_keys import ApiKey
from chassis.database import Tx
from contracts.invoices import ApiKeyChanged
from invoices.domain.key import Key

# The primary key arbitrates over all firms: an id that anybody has inserts nothing.
_INSERT: LiteralString = """
insert into api_keys (api_key_id, firm_id, label, secret_sha256, scopes, staff_user_id, is_revoked, revision)
select api_key_id, firm_id, label, secret_sha256, string_to_array(scopes, ' '), staff_user_id, is_revoked, revision
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::uuid[], $7::boolean[], $8::integer[])
    as made (api_key_id, firm_id, label, secret_sha256, scopes, staff_user_id, is_revoked, revision)
order by api_key_id
on conflict do nothing
returning firm_id, api_key_id
"""
_FIND: LiteralString = """
select * from api_keys
where (firm_id, api_key_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""
# Revoking comes one after the other per key; in id order, so that two batches cannot wait for each other.
_LOCK: LiteralString = f"{_FIND} order by api_key_id for update"
_LOCK_OF_STAFF: LiteralString = """
select * from api_keys
where not is_revoked and (firm_id, staff_user_id) in (select * from unnest($1::uuid[], $2::uuid[]))
order by api_key_id for update
"""
# A keyset page: ids are time-ordered.
_LIST: LiteralString = """
select * from api_keys
where firm_id = $1 and ($3::uuid is null or api_key_id < $3)
order by api_key_id desc
limit $2
"""


async def insert_api_keys(tx: Tx, keys: Sequence[ApiKey]) -> set[Key]:
    """Insert keys; returns those whose id was free."""
    rows = await tx.fetch(
        _INSERT,
        [key.api_key_id for key in keys],
        [key.firm_id for key in keys],
        [key.label for key in keys],
        [key.secret_sha256 for key in keys],
        [" ".join(key.scopes) for key in keys],
        [key.staff_user_id for key in keys],
        [key.is_revoked for key in keys],
        [key.revision for key in keys],
    )
    return {(row["firm_id"], row["api_key_id"]) for row in rows}


async def find_firm_api_keys(tx: Tx, keys: Sequence[Key]) -> dict[Key, ApiKey]:
    """Find API keys by firm and id; unknown ones are missing."""
    return {(key.firm_id, key.api_key_id): key for key in map(_api_key, await tx.fetch(_FIND, *_split(keys)))}


async def lock_api_keys(tx: Tx, keys: Sequence[Key]) -> dict[Key, ApiKey]:
    """Lock API keys until the transaction ends; unknown ones are missing."""
    return {(key.firm_id, key.api_key_id): key for key in map(_api_key, await tx.fetch(_LOCK, *_split(keys)))}


async def lock_api_keys_of_staff(tx: Tx, staff_users: Sequence[Key]) -> list[ApiKey]:
    """Keys in force of these staff accounts, locked until the transaction ends."""
    return [_api_key(row) for row in await tx.fetch(_LOCK_OF_STAFF, *_split(staff_users))]


async def list_api_keys(tx: Tx, firm_id: UUID, limit: int, after: UUID | None) -> list[ApiKey]:
    """List a page of the firm's keys, newest first, revoked ones too."""
    return [_api_key(row) for row in await tx.fetch(_LIST, firm_id, limit, after)]


def key_state(key: ApiKey) -> ApiKeyChanged:
    """Tell a key's present state as a fact: each service checks keys by what it says."""
    return ApiKeyChanged(
        api_key_id=key.api_key_id,
        label=key.label,
        secret_sha256=key.secret_sha256.hex(),
        scopes=list(key.scopes),
        staff_user_id=key.staff_user_id,
        is_revoked=key.is_revoked,
    )


def _split(keys: Sequence[Key]) -> tuple[list[UUID], list[UUID]]:
    return [firm_id for firm_id, _ in keys], [other_id for _, other_id in keys]


def _api_key(row: asyncpg.Record) -> ApiKey:
    return ApiKey(
        api_key_id=row["api_key_id"],
        firm_id=row["firm_id"],
        label=row["label"],
        secret_sha256=row["secret_sha256"],
        scopes=tuple(row["scopes"]),
        staff_user_id=row["staff_user_id"],
        is_revoked=row["is_revoked"],
        revision=row["revision"],
    )
