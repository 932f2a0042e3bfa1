"""Invoices, as invoices last told of them. An invoice's row is locked by whoever changes its shares or wishes."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from chassis.database import Tx
from sharing.domain.replicas import Invoice, Issue, Key

# The row is locked even where an older revision changes nothing: what follows sees what any other fact of it brought.
_UPSERT: LiteralString = """
insert into invoices (firm_id, invoice_id, matter_id, status, currency, total_minor, number, version, due_on, revision)
select firm_id, invoice_id, matter_id, status, currency, total_minor, number, version, due_on, revision
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::integer[],
            $9::date[], $10::integer[])
    as invoice (firm_id, invoice_id, matter_id, status, currency, total_minor, number, version, due_on, revision)
order by firm_id, invoice_id
on conflict on constraint invoices_pkey do update
set matter_id = excluded.matter_id, status = excluded.status, currency = excluded.currency,
    total_minor = excluded.total_minor, number = excluded.number, version = excluded.version,
    due_on = excluded.due_on, revision = excluded.revision
where invoices.revision < excluded.revision
"""
# In id order, so that two batches wait for each other and never deadlock: the later one sees the earlier one's shares.
_LOCK: LiteralString = """
select firm_id, invoice_id, matter_id, status, currency, total_minor, number, version, due_on, revision
from invoices where (firm_id, invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
order by firm_id, invoice_id
for update
"""
_LOCK_FREE: LiteralString = _LOCK + "skip locked"
# Without a lock: the version is told as it was read.
_FIND_VERSIONS: LiteralString = """
select firm_id, invoice_id, version
from invoices where (firm_id, invoice_id) in (select * from unnest($1::uuid[], $2::uuid[])) and version is not null
"""
_EXISTS: LiteralString = "select exists (select from invoices where firm_id = $1 and invoice_id = $2)"


async def upsert_invoices(tx: Tx, invoices: Sequence[Invoice]) -> None:
    """Keep the newest state of each invoice and lock it. At most one entry per invoice. Safe to repeat."""
    issues = [invoice.issue for invoice in invoices]
    await tx.execute(
        _UPSERT,
        [invoice.firm_id for invoice in invoices],
        [invoice.invoice_id for invoice in invoices],
        [invoice.matter_id for invoice in invoices],
        [invoice.status for invoice in invoices],
        [invoice.currency for invoice in invoices],
        [invoice.total_minor for invoice in invoices],
        [issue.number if issue else None for issue in issues],
        [issue.version if issue else None for issue in issues],
        [issue.due_on if issue else None for issue in issues],
        [invoice.revision for invoice in invoices],
    )


async def lock_invoices(tx: Tx, keys: Collection[Key]) -> dict[Key, Invoice]:
    """Invoices by key, locked until the caller commits; those that have not arrived are missing."""
    rows = await tx.fetch(_LOCK, [firm_id for firm_id, _ in keys], [invoice_id for _, invoice_id in keys])
    invoices = [_invoice(row) for row in rows]
    return {invoice.key: invoice for invoice in invoices}


async def lock_free_invoices(tx: Tx, keys: Collection[Key]) -> dict[Key, Invoice]:
    """Invoices by key, locked until the caller commits; those that another process has are left to it."""
    rows = await tx.fetch(_LOCK_FREE, [firm_id for firm_id, _ in keys], [invoice_id for _, invoice_id in keys])
    invoices = [_invoice(row) for row in rows]
    return {invoice.key: invoice for invoice in invoices}


async def find_versions(tx: Tx, keys: Collection[Key]) -> dict[Key, int]:
    """Find the newest version of each invoice that has one."""
    rows = await tx.fetch(_FIND_VERSIONS, [firm_id for firm_id, _ in keys], [invoice_id for _, invoice_id in keys])
    return {(row["firm_id"], row["invoice_id"]): row["version"] for row in rows}


async def is_invoice_known(tx: Tx, firm_id: UUID, invoice_id: UUID) -> bool:
    """Whether anything of this invoice has arrived."""
    return bool(await tx.fetchval(_EXISTS, firm_id, invoice_id))


def _invoice(row: asyncpg.Record) -> Invoice:
    has_issue = row["number"] is not None
    return Invoice(
        firm_id=row["firm_id"],
        invoice_id=row["invoice_id"],
        matter_id=row["matter_id"],
        status=row["status"],
        currency=row["currency"],
        total_minor=row["total_minor"],
        issue=Issue(row["number"], row["version"], row["due_on"]) if has_issue else None,
        revision=row["revision"],
    )
