"""Contacts, as invoices last told of them or as they were typed in here."""

from collections.abc import Collection, Sequence
from typing import LiteralString

from chassis.database import Tx
from sharing.domain.replicas import Contact, Key

# An older revision never overwrites a newer one; what was typed in here has revision 0.
_UPSERT: LiteralString = """
insert into contacts (firm_id, contact_id, name, kind, email, phone, locale, revision)
select firm_id, contact_id, name, kind, email, phone, locale, revision
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[])
    as contact (firm_id, contact_id, name, kind, email, phone, locale, revision)
order by firm_id, contact_id
on conflict on constraint contacts_pkey do update
set name = excluded.name, kind = excluded.kind, email = excluded.email, phone = excluded.phone,
    locale = excluded.locale, revision = excluded.revision
where contacts.revision < excluded.revision
"""
# Without a lock: what a contact says is told as it was read.
_FIND: LiteralString = """
select firm_id, contact_id, name, kind, email, phone, locale, revision
from contacts where (firm_id, contact_id) in (select * from unnest($1::uuid[], $2::uuid[]))
"""


async def upsert_contacts(tx: Tx, contacts: Sequence[Contact]) -> None:
    """Keep the newest state of each contact. At most one entry per contact. Safe to repeat."""
    await tx.execute(
        _UPSERT,
        [contact.firm_id for contact in contacts],
        [contact.contact_id for contact in contacts],
        [contact.name for contact in contacts],
        [contact.kind for contact in contacts],
        [contact.email for contact in contacts],
        [contact.phone for contact in contacts],
        [contact.locale for contact in contacts],
        [contact.revision for contact in contacts],
    )


async def find_contacts(tx: Tx, keys: Collection[Key]) -> dict[Key, Contact]:
    """Contacts by key; those of whom nothing has arrived are missing."""
    rows = await tx.fetch(_FIND, [firm_id for firm_id, _ in keys], [contact_id for _, contact_id in keys])
    contacts = [
        Contact(
            firm_id=row["firm_id"],
            contact_id=row["contact_id"],
            name=row["name"],
            kind=row["kind"],
            email=row["email"],
            phone=row["phone"],
            locale=row["locale"],
            revision=row["revision"],
        )
        for row in rows
    ]
    return {contact.key: contact for contact in contacts}
