"""Who is on a matter, in which roles. Written under the matter's lock."""

from collections.abc import Collection, Sequence
from typing import LiteralString

from chassis.database import Tx
from sharing.domain.replicas import Key, MatterContact, Member

# A contact typed in here stays until invoices has told of it: news of the matter from before would drop it.
_DELETE_OTHERS: LiteralString = """
delete from matter_contacts
where (firm_id, matter_id) in (select * from unnest($1::uuid[], $2::uuid[]))
and (firm_id, matter_id, contact_id) not in (select * from unnest($3::uuid[], $4::uuid[], $5::uuid[]))
and not is_typed_in
"""
_UPSERT: LiteralString = """
insert into matter_contacts (firm_id, matter_id, contact_id, roles, is_typed_in)
select firm_id, matter_id, contact_id, string_to_array(roles, ' '), false
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) as member (firm_id, matter_id, contact_id, roles)
order by firm_id, matter_id, contact_id
on conflict on constraint matter_contacts_pkey do update
set roles = excluded.roles, is_typed_in = false
where matter_contacts.roles <> excluded.roles or matter_contacts.is_typed_in
"""
# Two who type the same contact in at once: the later one waits, and finds it there.
_INSERT_TYPED_IN: LiteralString = """
insert into matter_contacts (firm_id, matter_id, contact_id, roles, is_typed_in)
select distinct firm_id, matter_id, contact_id, array['other'], true
from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as member (firm_id, matter_id, contact_id)
order by firm_id, matter_id, contact_id
on conflict on constraint matter_contacts_pkey do nothing
"""
_FIND: LiteralString = """
select firm_id, matter_id, contact_id from matter_contacts
where (firm_id, matter_id, contact_id) in (select * from unnest($1::uuid[], $2::uuid[], $3::uuid[]))
"""


async def replace_matter_contacts(tx: Tx, matter_keys: Collection[Key], contacts: Sequence[MatterContact]) -> None:
    """Make these the contacts of these matters, besides those typed in that invoices has not told of yet."""
    firm_ids = [contact.firm_id for contact in contacts]
    matter_ids = [contact.matter_id for contact in contacts]
    contact_ids = [contact.contact_id for contact in contacts]
    await tx.execute(
        _DELETE_OTHERS,
        [firm_id for firm_id, _ in matter_keys],
        [matter_id for _, matter_id in matter_keys],
        firm_ids,
        matter_ids,
        contact_ids,
    )
    roles = [" ".join(contact.roles) for contact in contacts]
    await tx.execute(_UPSERT, firm_ids, matter_ids, contact_ids, roles)


async def insert_typed_in(tx: Tx, members: Sequence[Member]) -> None:
    """Put contacts on matters as `other`. Safe to repeat."""
    await tx.execute(_INSERT_TYPED_IN, *_columns(members))


async def find_members(tx: Tx, candidates: Collection[Member]) -> set[Member]:
    """Those of the candidates that are on their matter."""
    rows = await tx.fetch(_FIND, *_columns(candidates))
    return {(row["firm_id"], row["matter_id"], row["contact_id"]) for row in rows}


def _columns(members: Collection[Member]) -> tuple[list[object], list[object], list[object]]:
    return [member[0] for member in members], [member[1] for member in members], [member[2] for member in members]
