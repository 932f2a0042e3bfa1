"""Who may pay what, as sharing tells of it, and what a contact's payment page lists by it."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from payments.domain.payable_share import PayableShare
from payments.domain.payment_page import PayableInvoice

# One opening per share and generation: what is known of that generation already, perhaps its end, is newer than it.
# Sent again within a generation, a share may be put on the page or taken off it.
# A share that a fact names twice is taken once; rows come in the order of their key, so that writers never deadlock.
_OPEN: LiteralString = """
insert into payable_shares
    (firm_id, share_id, generation, invoice_id, contact_id, channel, state, lists_on_page)
select distinct on (firm_id, share_id)
    firm_id, share_id, generation, invoice_id, contact_id, channel, state, lists_on_page
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::boolean[])
    as share (firm_id, share_id, generation, invoice_id, contact_id, channel, state, lists_on_page)
order by firm_id, share_id, generation desc
on conflict on constraint payable_shares_pkey do update
set generation = excluded.generation, lists_on_page = excluded.lists_on_page,
    state = case when payable_shares.generation < excluded.generation then excluded.state else payable_shares.state end
where payable_shares.generation <= excluded.generation
"""
# As above, but within a generation the later word counts, until the generation is revoked: that is for good.
_MOVE: LiteralString = """
insert into payable_shares
    (firm_id, share_id, generation, invoice_id, contact_id, channel, state, lists_on_page)
select distinct on (firm_id, share_id)
    firm_id, share_id, generation, invoice_id, contact_id, channel, state, lists_on_page
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::boolean[])
    as share (firm_id, share_id, generation, invoice_id, contact_id, channel, state, lists_on_page)
order by firm_id, share_id, generation desc
on conflict on constraint payable_shares_pkey do update
set generation = excluded.generation, state = excluded.state,
    lists_on_page = case when payable_shares.generation < excluded.generation
                         then excluded.lists_on_page else payable_shares.lists_on_page end
where payable_shares.generation < excluded.generation
   or (payable_shares.generation = excluded.generation and payable_shares.state <> 'revoked')
"""
# Begins at the contact's own shares (payable_shares_page_idx), so it costs by what is shared with the contact, not by
# what the firm has. However many channels share an invoice, it comes once. Each row is looked up by its whole key: as
# plain joins, on tables that have grown since their statistics, the planner went through all of the firm's for each.
LIST_PAYABLE: LiteralString = """
select balance.invoice_id, invoice.number, invoice.matter_id, matter.number as matter_number,
       matter.name as matter_name, invoice.due_on, balance.version, balance.currency, balance.total_minor,
       balance.open_minor, balance.payable_minor
from (
    select distinct invoice_id from payable_shares
    where firm_id = $1 and contact_id = $2 and state = 'active' and lists_on_page
) as shared
cross join lateral (
    select * from balances where firm_id = $1 and invoice_id = shared.invoice_id limit 1
) as balance
cross join lateral (
    select * from invoices where firm_id = $1 and invoice_id = shared.invoice_id limit 1
) as invoice
left join lateral (
    select * from matters where firm_id = $1 and matter_id = invoice.matter_id limit 1
) as matter on true
where balance.open_minor > 0
"""


async def open_payable_shares(tx: Tx, shares: Sequence[PayableShare]) -> None:
    """Keep shares that were made; one whose generation is known already stays as it is. Safe to repeat."""
    await _write(tx, _OPEN, shares)


async def move_payable_shares(tx: Tx, shares: Sequence[PayableShare]) -> None:
    """Bring shares to another state; one that has not arrived yet is kept in that state. Safe to repeat."""
    await _write(tx, _MOVE, shares)


async def list_payable_invoices(tx: Tx, firm_id: UUID, contact_id: UUID) -> list[PayableInvoice]:
    """List invoices that owe something and are shared with the contact, now, by a channel that lists; in no order."""
    return [PayableInvoice(**dict(row)) for row in await tx.fetch(LIST_PAYABLE, firm_id, contact_id)]


async def _write(tx: Tx, statement: LiteralString, shares: Sequence[PayableShare]) -> None:
    await tx.execute(
        statement,
        [share.firm_id for share in shares],
        [share.share_id for share in shares],
        [share.generation for share in shares],
        [share.invoice_id for share in shares],
        [share.contact_id for share in shares],
        [share.channel for share in shares],
        [share.state for share in shares],
        [share.lists_on_page for share in shares],
    )
