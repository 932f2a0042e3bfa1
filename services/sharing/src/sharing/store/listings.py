"""What people read of shares: queries over several tables, without locks."""

from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from sharing.domain.listing import PortalRow, ShareRow, WishRow

# Those on the matter, and those who left it while they had the invoice: a set that is saved must be able to name them.
_PORTAL: LiteralString = """
with member as (
    select matter_contacts.contact_id, matter_contacts.roles
    from invoices
    join matter_contacts using (firm_id, matter_id)
    where invoices.firm_id = $1 and invoices.invoice_id = $2
), holding as (
    select contact_id, max(state) filter (where channel = 'portal') as state,
        coalesce(array_agg(channel order by channel)
                 filter (where channel <> 'portal' and state in ('active', 'suspended')), '{}') as other_channels_open
    from shares
    where firm_id = $1 and item_kind = 'invoice' and item_id = $2
    group by contact_id
)
select contact_id, contact.name, coalesce(roles, '{}') as roles, holding.state,
    coalesce(other_channels_open, '{}') as other_channels_open
from member
full join holding using (contact_id)
left join (select contact_id, name from contacts where firm_id = $1) as contact using (contact_id)
where member.contact_id is not null or holding.state in ('active', 'suspended')
order by contact.name, contact_id
"""
_SHARES_OF_INVOICE: LiteralString = """
select share_id, item_kind, item_id, item_version, matter_id, contact_id, channel, state, generation, comments,
    on_payment_page, shared_by, first_shared_at, shared_at, ended_at
from shares
where firm_id = $1 and item_kind = 'invoice' and item_id = $2 and ($3::uuid is null or share_id < $3)
order by share_id desc limit $4
"""
_ACTIVE_SHARES_OF_CONTACT: LiteralString = """
select share_id, item_kind, item_id, item_version, matter_id, contact_id, channel, state, generation, comments,
    on_payment_page, shared_by, first_shared_at, shared_at, ended_at
from shares
where firm_id = $1 and contact_id = $2 and state = 'active' and ($3::uuid is null or share_id < $3)
order by share_id desc limit $4
"""
_WISHES: LiteralString = """
select contact_id, state, refusal, wished_by, wished_at, decided_at
from share_wishes where firm_id = $1 and invoice_id = $2 order by wished_at, contact_id
"""


async def list_portal_rows(tx: Tx, firm_id: UUID, invoice_id: UUID) -> list[PortalRow]:
    """Everyone who can be chosen for an invoice's portal set, by name."""
    return [PortalRow(**dict(row)) for row in await tx.fetch(_PORTAL, firm_id, invoice_id)]


async def list_shares_of_invoice(
    tx: Tx, firm_id: UUID, invoice_id: UUID, after: UUID | None, rows_max: int
) -> list[ShareRow]:
    """All shares of an invoice, ended ones too, by any channel; newest first, those older than `after`."""
    rows = await tx.fetch(_SHARES_OF_INVOICE, firm_id, invoice_id, after, rows_max)
    return [ShareRow(**dict(row)) for row in rows]


async def list_active_shares_of_contact(
    tx: Tx, firm_id: UUID, contact_id: UUID, after: UUID | None, rows_max: int
) -> list[ShareRow]:
    """Everything shared right now with a contact, by any channel; newest first, those older than `after`."""
    rows = await tx.fetch(_ACTIVE_SHARES_OF_CONTACT, firm_id, contact_id, after, rows_max)
    return [ShareRow(**dict(row)) for row in rows]


async def list_wishes(tx: Tx, firm_id: UUID, invoice_id: UUID) -> list[WishRow]:
    """All with whom an invoice was to be shared when it was drafted."""
    return [WishRow(**dict(row)) for row in await tx.fetch(_WISHES, firm_id, invoice_id)]
