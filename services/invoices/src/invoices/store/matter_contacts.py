"""Table `matter_contacts`: who has which roles on a matter. The matter's row lock guards it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from invoices.domain.key import Key
from invoices.domain.matter import MatterContact, in_order

# Last line of defence: the index matter_contacts_billing_key lets no second billing contact in.
_UPSERT: LiteralString = """
insert into matter_contacts (firm_id, matter_id, contact_id, roles)
select firm_id, matter_id, contact_id, string_to_array(roles, ' ')
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) as assigned (firm_id, matter_id, contact_id, roles)
on conflict on constraint matter_contacts_pkey do update set roles = excluded.roles
"""
# The matter is locked by the caller, so nobody assigns the contact anew meanwhile.
_DELETE: LiteralString = """
delete from matter_contacts
where (firm_id, matter_id, contact_id) in (select * from unnest($1::uuid[], $2::uuid[], $3::uuid[]))
"""
_LIST: LiteralString = """
select firm_id, matter_id, contact_id, roles
from matter_contacts
where (firm_id, matter_id) in (select * from unnest($1::uuid[], $2::uuid[]))
order by firm_id, matter_id, contact_id
"""

Assignment = tuple[Key, MatterContact]
"""A matter and one contact's roles on it."""


async def save_matter_contacts(tx: Tx, assignments: Sequence[Assignment]) -> None:
    """Set roles; without roles the contact leaves the matter. Each contact of a matter once. Safe to repeat."""
    kept = [(key, contact) for key, contact in assignments if contact.roles]
    gone = [(key, contact) for key, contact in assignments if not contact.roles]
    if gone:
        await tx.execute(_DELETE, *_columns(gone))
    if kept:
        await tx.execute(_UPSERT, *_columns(kept), [" ".join(contact.roles) for _, contact in kept])


async def list_matter_contacts(tx: Tx, matters: Sequence[Key]) -> dict[Key, tuple[MatterContact, ...]]:
    """Who is on each of these matters, sorted by contact id; matters with nobody are missing."""
    firm_ids, matter_ids = [firm_id for firm_id, _ in matters], [matter_id for _, matter_id in matters]
    found: defaultdict[Key, list[MatterContact]] = defaultdict(list)
    for row in await tx.fetch(_LIST, firm_ids, matter_ids):
        found[row["firm_id"], row["matter_id"]].append(MatterContact(row["contact_id"], in_order(row["roles"])))
    return {key: tuple(contacts) for key, contacts in found.items()}


def _columns(assignments: Sequence[Assignment]) -> tuple[list[UUID], list[UUID], list[UUID]]:
    return (
        [firm_id for (firm_id, _), _ in assignments],
        [matter_id for (_, matter_id), _ in assignments],
        [contact.contact_id for _, contact in assignments],
    )
