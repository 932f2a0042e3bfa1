"""Final invoices as invoices tells of them."""

from collections.abc import Collection, Sequence
from typing import LiteralString

import asyncpg

from chassis.database import Tx
from payments.domain.invoice import Invoice, InvoiceStatus
from payments.domain.payment import InvoiceTitle, Key, key_columns

# An older revision never overwrites a newer one. Its row locks, taken in the order of the key, last to the end of the
# transaction: of two versions of one invoice the later writer sees the balance that the earlier one made.
_UPSERT: LiteralString = """
insert into invoices
    (firm_id, invoice_id, matter_id, number, status, version, currency, total_minor, due_on, revision)
select firm_id, invoice_id, matter_id, number, status, version, currency, total_minor, due_on, revision
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::integer[], $7::text[], $8::bigint[],
            $9::date[], $10::integer[])
    as invoice (firm_id, invoice_id, matter_id, number, status, version, currency, total_minor, due_on, revision)
order by firm_id, invoice_id
on conflict on constraint invoices_pkey do update
set matter_id = excluded.matter_id, number = excluded.number, status = excluded.status, version = excluded.version,
    currency = excluded.currency, total_minor = excluded.total_minor, due_on = excluded.due_on,
    revision = excluded.revision
where invoices.revision < excluded.revision
returning firm_id, invoice_id
"""

# Credits only add up, so the highest sum ever told is the present one, whichever fact tells it and whenever.
_RAISE_CREDITED: LiteralString = """
update invoices set credited_minor = told.credited_minor
from (
    select firm_id, invoice_id, credited_minor from unnest($1::uuid[], $2::uuid[], $3::bigint[])
        as told (firm_id, invoice_id, credited_minor)
    order by firm_id, invoice_id
) as told
where invoices.firm_id = told.firm_id and invoices.invoice_id = told.invoice_id
    and invoices.credited_minor < told.credited_minor
returning invoices.firm_id, invoices.invoice_id
"""
_LIST: LiteralString = """
select invoice.firm_id, invoice.invoice_id, matter_id, number, status, version, currency, total_minor, due_on, revision,
       credited_minor
from invoices as invoice
join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, invoice_id)
    on wanted.firm_id = invoice.firm_id and wanted.invoice_id = invoice.invoice_id
"""

_LIST_TITLES: LiteralString = """
select invoice.firm_id, invoice.invoice_id, invoice.number, matter.name as matter_name
from invoices as invoice
join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, invoice_id)
    on wanted.firm_id = invoice.firm_id and wanted.invoice_id = invoice.invoice_id
left join matters as matter on matter.firm_id = invoice.firm_id and matter.matter_id = invoice.matter_id
"""


async def upsert_invoices(tx: Tx, invoices: Sequence[Invoice]) -> set[Key]:
    """Keep the newest state of each invoice, but for its credits; returns firm and id of those that were new or newer.

    At most one entry per invoice. Safe to repeat.
    """
    rows = await tx.fetch(
        _UPSERT,
        [invoice.firm_id for invoice in invoices],
        [invoice.invoice_id for invoice in invoices],
        [invoice.matter_id for invoice in invoices],
        [invoice.number for invoice in invoices],
        [invoice.status for invoice in invoices],
        [invoice.version for invoice in invoices],
        [invoice.currency for invoice in invoices],
        [invoice.total_minor for invoice in invoices],
        [invoice.due_on for invoice in invoices],
        [invoice.revision for invoice in invoices],
    )
    return {(row["firm_id"], row["invoice_id"]) for row in rows}


async def raise_credited(tx: Tx, invoices: Sequence[Invoice]) -> set[Key]:
    """Keep the highest sum of credits told of each invoice; returns firm and id of those where it rose.

    At most one entry per invoice, each of them kept already. Safe to repeat.
    """
    rows = await tx.fetch(
        _RAISE_CREDITED,
        [invoice.firm_id for invoice in invoices],
        [invoice.invoice_id for invoice in invoices],
        [invoice.credited_minor for invoice in invoices],
    )
    return {(row["firm_id"], row["invoice_id"]) for row in rows}


async def list_invoices(tx: Tx, keys: Collection[Key]) -> dict[Key, Invoice]:
    """List invoices by firm and id; unknown ones are missing."""
    rows = await tx.fetch(_LIST, *key_columns(keys))
    return {(row["firm_id"], row["invoice_id"]): _invoice(row) for row in rows}


async def list_titles(tx: Tx, keys: Collection[Key]) -> dict[Key, InvoiceTitle]:
    """Tell what invoices are called, by firm and id; unknown ones are missing."""
    rows = await tx.fetch(_LIST_TITLES, *key_columns(keys))
    return {(row["firm_id"], row["invoice_id"]): InvoiceTitle(row["number"], row["matter_name"]) for row in rows}


def _invoice(row: asyncpg.Record) -> Invoice:
    columns = dict(row)
    columns["status"] = InvoiceStatus(columns["status"])
    return Invoice(**columns)
