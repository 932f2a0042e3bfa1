"""Contacts as invoices tells of them."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from payments.domain.replicas import Contact

# An older revision never overwrites a newer one; rows come in the order of their key, so that writers never deadlock.
_UPSERT: LiteralString = """
insert into contacts (firm_id, contact_id, name, revision)
select firm_id, contact_id, name, revision
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::integer[]) as contact (firm_id, contact_id, name, revision)
order by firm_id, contact_id
on conflict on constraint contacts_pkey do update
set name = excluded.name, revision = excluded.revision
where contacts.revision < excluded.revision
"""
_FIND: LiteralString = """
select firm_id, contact_id, name, revision from contacts where firm_id = $1 and contact_id = $2
"""


async def upsert_contacts(tx: Tx, contacts: Sequence[Contact]) -> None:
    """Keep the newest state of each contact. At most one entry per contact. Safe to repeat."""
    await tx.execute(
        _UPSERT,
        [contact.firm_id for contact in contacts],
        [contact.contact_id for contact in contacts],
        [contact.name for contact in contacts],
        [contact.revision for contact in contacts],
    )


async def find_contact(tx: Tx, firm_id: UUID, contact_id: UUID) -> Contact | None:
    """Find a contact of the firm; None until it has arrived."""
    row = await tx.fetchrow(_FIND, firm_id, contact_id)
    return Contact(**dict(row)) if row else None
