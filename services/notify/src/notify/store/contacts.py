"""Contacts as invoices tells of them."""

from collections.abc import Sequence
from typing import LiteralString

from chassis.database import Tx
from notify.domain.replicas import Contact, ContactKey

# An older revision never overwrites a newer one; rows are taken in the order of their key, so that no writers block.
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
_FIND: LiteralString = """
select firm_id, contact_id, name, email, locale, revision
from contacts
where (firm_id, contact_id) in (select * from unnest($1::uuid[], $2::uuid[]))
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


async def find_contacts(tx: Tx, keys: Sequence[ContactKey]) -> dict[ContactKey, Contact]:
    """Contacts by firm and id; those that have not arrived are missing."""
    rows = await tx.fetch(_FIND, [firm_id for firm_id, _ in keys], [contact_id for _, contact_id in keys])
    return {(row["firm_id"], row["contact_id"]): Contact(**dict(row)) for row in rows}
