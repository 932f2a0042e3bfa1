"""Contacts as invoices tells of them."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from payments.domain.payment import Key, key_columns
from payments.domain.replicas import Contact

# An older revision never overwrites a newer one; rows come in the order of their key, so that writers never deadlock.
_UPSERT: LiteralString = """
insert into contacts (firm_id, contact_id, name, email, locale, revision)
select firm_id, contact_id, name, email, locale, revision
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::integer[])
    as contact (firm_id, contact_id, name, email, locale, revision)
order by firm_id, contact_id
on conflict on constraint contacts_pkey do update
set name = excluded.name, email = excluded.email, locale = excluded.locale, revision = excluded.revision
where contacts.revision < excluded.revision
"""
_LIST: LiteralString = """
select contact.firm_id, contact.contact_id, name, email, locale, revision
from contacts as contact
join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, contact_id)
    on wanted.firm_id = contact.firm_id and wanted.contact_id = contact.contact_id
"""
_FIND: LiteralString = """
select firm_id, contact_id, name, email, locale, revision from contacts where firm_id = $1 and contact_id = $2
"""


async def upsert_contacts(tx: Tx, contacts: Sequence[Contact]) -> None:
    """Keep the newest state of each contact. At most one entry per contact. Safe to repeat."""
    await tx.execute(
        _UPSERT,
        [contact.firm_id for contact in contacts],
        [contact.contact_id for contact in contacts],
        [contact.name for contact in contacts],
        [contact.email for contact in contacts],
        [contact.locale for contact in contacts],
        [contact.revision for contact in contacts],
    )


async def find_contact(tx: Tx, firm_id: UUID, contact_id: UUID) -> Contact | None:
    """Find a contact of the firm; None until it has arrived."""
    row = await tx.fetchrow(_FIND, firm_id, contact_id)
    return Contact(**dict(row)) if row else None


async def list_contacts(tx: Tx, keys: Collection[Key]) -> dict[Key, Contact]:
    """Contacts by firm and id; those that have not arrived are missing."""
    rows = await tx.fetch(_LIST, *key_columns(keys))
    return {(row["firm_id"], row["contact_id"]): Contact(**dict(row)) for row in rows}
