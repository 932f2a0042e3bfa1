"""Table `contacts`."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from chassis.database import Tx
from invoices.domain.contact import Contact, ContactProfile
from invoices.domain.key import Key

# Both keys arbitrate: this firm's own repeat and an id that another firm has; either inserts nothing.
_INSERT: LiteralString = """
insert into contacts (firm_id, contact_id, name, kind, email, phone, locale, revision)
select *
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[])
    as added (firm_id, contact_id, name, kind, email, phone, locale, revision)
order by contact_id
on conflict do nothing
returning firm_id, contact_id
"""
_FIND: LiteralString = """
select contacts.*
from contacts join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, contact_id) using (firm_id, contact_id)
order by firm_id, contact_id
"""
# Changes of one contact come one after the other; in id order, so that two batches cannot wait for each other.
_LOCK: LiteralString = f"{_FIND} for no key update of contacts"
# Contacts are never deleted, so what is known stays known without a lock.
_FIND_KEYS: LiteralString = """
select firm_id, contact_id from contacts
where (firm_id, contact_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""
# The rows are locked by the caller.
_UPDATE: LiteralString = """
update contacts
set name = changed.name, kind = changed.kind, email = changed.email, phone = changed.phone, locale = changed.locale,
    revision = changed.revision
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[])
    as changed (firm_id, contact_id, name, kind, email, phone, locale, revision)
where (contacts.firm_id, contacts.contact_id) = (changed.firm_id, changed.contact_id)
"""
# Only for rows that the same transaction inserted: nobody else has seen them.
_DELETE: LiteralString = """
delete from contacts where (firm_id, contact_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""
# A keyset page: the row that `after` names gives the place to go on from.
_LIST: LiteralString = """
select * from contacts
where firm_id = $1 and ($3::uuid is null or (created_at, contact_id) < (
    select created_at, contact_id from contacts where firm_id = $1 and contact_id = $3))
order by created_at desc, contact_id desc
limit $2
"""


async def insert_contacts(tx: Tx, contacts: Sequence[Contact]) -> set[Key]:
    """Insert contacts; returns those whose id was free."""
    return {(row["firm_id"], row["contact_id"]) for row in await tx.fetch(_INSERT, *_columns(contacts))}


async def find_contacts(tx: Tx, keys: Sequence[Key]) -> dict[Key, Contact]:
    """Contacts by key; unknown ones are missing."""
    return _by_key(await tx.fetch(_FIND, *_split(keys)))


async def lock_contacts(tx: Tx, keys: Sequence[Key]) -> dict[Key, Contact]:
    """Contacts by key, locked until the transaction ends; unknown ones are missing."""
    return _by_key(await tx.fetch(_LOCK, *_split(keys)))


async def find_known_contacts(tx: Tx, keys: Sequence[Key]) -> set[Key]:
    """Which of these contacts there are."""
    return {(row["firm_id"], row["contact_id"]) for row in await tx.fetch(_FIND_KEYS, *_split(keys))}


async def update_contacts(tx: Tx, contacts: Sequence[Contact]) -> None:
    """Write contacts as they are now. The caller holds their locks."""
    await tx.execute(_UPDATE, *_columns(contacts))


async def delete_contacts(tx: Tx, keys: Sequence[Key]) -> None:
    """Take back contacts that this very transaction inserted."""
    await tx.execute(_DELETE, *_split(keys))


async def list_contacts(tx: Tx, firm_id: UUID, limit: int, after: UUID | None) -> list[Contact]:
    """List a page of the firm's contacts, newest first."""
    return [_contact(row) for row in await tx.fetch(_LIST, firm_id, limit, after)]


def _columns(contacts: Sequence[Contact]) -> tuple[list[UUID], list[UUID], *tuple[list[object], ...]]:
    profiles = [contact.profile for contact in contacts]
    return (
        [contact.firm_id for contact in contacts],
        [contact.contact_id for contact in contacts],
        [profile.name for profile in profiles],
        [profile.kind for profile in profiles],
        [profile.email for profile in profiles],
        [profile.phone for profile in profiles],
        [profile.locale for profile in profiles],
        [contact.revision for contact in contacts],
    )


def _split(keys: Sequence[Key]) -> tuple[list[UUID], list[UUID]]:
    return [firm_id for firm_id, _ in keys], [contact_id for _, contact_id in keys]


def _by_key(rows: Sequence[asyncpg.Record]) -> dict[Key, Contact]:
    return {contact.key: contact for contact in map(_contact, rows)}


def _contact(row: asyncpg.Record) -> Contact:
    profile = ContactProfile(row["name"], row["kind"], row["email"], row["phone"], row["locale"])
    return Contact(row["firm_id"], row["contact_id"], profile, row["revision"])
