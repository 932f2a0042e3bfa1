"""The ledger as it is verified: invoice by invoice, each with its transactions and the head that its balance keeps."""

from collections.abc import Sequence
from itertools import groupby
from typing import LiteralString
from uuid import UUID

import asyncpg

from chassis.database import Tx
from payments.domain.ledger import Entry, JournalTransaction
from payments.domain.ledger_chain import START, Chain, Link, Place

# One statement, so that heads and transactions are of one moment. The ids of the page are found one after the other,
# whether they have a balance, are booked, or both; what stands at each is then looked up by its key: a lateral that is
# ordered or limited stays one. So the page costs by what is on it, whatever the planner believes of the firm.
LIST_CHAINS: LiteralString = """
with recursive page (invoice_id, place, is_passed) as (
    select coalesce($3, '00000000-0000-0000-0000-000000000000'::uuid), 0, $3 is not null
    union all
    select following.invoice_id, page.place + 1, true
    from page
    cross join lateral (
        select least(
            (
                select invoice_id from balances
                where firm_id = $1 and invoice_id >= page.invoice_id
                  and (invoice_id > page.invoice_id or not page.is_passed)
                order by invoice_id limit 1
            ),
            (
                select invoice_id from journal
                where firm_id = $1 and invoice_id >= page.invoice_id
                  and (invoice_id > page.invoice_id or not page.is_passed)
                order by invoice_id limit 1
            )
        ) as invoice_id
    ) as following
    where page.place < $2 and following.invoice_id is not null
)
select page.invoice_id, balance.ledger_position, balance.ledger_sha256, written.*
from page
left join lateral (
    select ledger_position, ledger_sha256 from balances where firm_id = $1 and invoice_id = page.invoice_id limit 1
) as balance on true
left join lateral (
    select journal_id, kind, source_id, sequence, currency, recorded_at, position, chain_sha256, accounts, currencies,
           amounts_minor
    from journal
    cross join lateral (
        select array_agg(account order by account) as accounts, array_agg(currency order by account) as currencies,
               array_agg(amount_minor order by account) as amounts_minor
        from entries where entries.firm_id = $1 and entries.journal_id = journal.journal_id
    ) as entry
    where firm_id = $1 and invoice_id = page.invoice_id
    order by position, recorded_at, journal_id
) as written on true
where page.place > 0
order by page.invoice_id, written.position nulls last, written.recorded_at, written.journal_id
"""


async def list_chains(tx: Tx, firm_id: UUID, limit: int, after: UUID | None) -> list[Chain]:
    """List the chains of the firm's invoices in the order of their ids, from the one that follows `after`."""
    rows = await tx.fetch(LIST_CHAINS, firm_id, limit, after)
    return [
        _chain(firm_id, invoice_id, list(of_invoice))
        for invoice_id, of_invoice in groupby(rows, lambda row: row["invoice_id"])
    ]


def _chain(firm_id: UUID, invoice_id: UUID, rows: Sequence[asyncpg.Record]) -> Chain:
    written = [row for row in rows if row["journal_id"] is not None]
    head = START
    if rows[0]["ledger_position"] is not None:
        head = Place(rows[0]["ledger_position"], rows[0]["ledger_sha256"])
    return Chain(
        invoice_id=invoice_id,
        links=[
            Link(_transaction(firm_id, row), Place(row["position"], row["chain_sha256"]))
            for row in written
            if row["position"] is not None
        ],
        unchained_ids=[row["journal_id"] for row in written if row["position"] is None],
        head=head,
    )


def _transaction(firm_id: UUID, row: asyncpg.Record) -> JournalTransaction:
    lines = zip(row["accounts"] or (), row["currencies"] or (), row["amounts_minor"] or (), strict=True)
    return JournalTransaction(
        firm_id=firm_id,
        journal_id=row["journal_id"],
        kind=row["kind"],
        source_id=row["source_id"],
        sequence=row["sequence"],
        invoice_id=row["invoice_id"],
        currency=row["currency"],
        recorded_at=row["recorded_at"],
        entries=[Entry(*line) for line in lines],
    )
