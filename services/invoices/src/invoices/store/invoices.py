"""Table `invoices`: each invoice without its lines and comments, which have tables of their own."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

import asyncpg

from chassis.database import Tx
from invoices.domain.invoice import Invoice, Issue, Terms
from invoices.domain.key import Key
from invoices.domain.totals import Totals

# Both keys arbitrate: this firm's own repeat and an id that another firm has; either inserts nothing.
_INSERT: LiteralString = """
insert into invoices (firm_id, invoice_id, matter_id, state, currency, terms_due_on, terms_due_in_days, notes,
                      subtotal_minor, discount_minor, tax_minor, total_minor, share_with, revision)
select firm_id, invoice_id, matter_id, 'draft', currency, terms_due_on, terms_due_in_days, notes,
       subtotal_minor, discount_minor, tax_minor, total_minor, string_to_array(share_with, ' ')::uuid[], revision
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::date[], $6::integer[], $7::text[],
            $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::integer[])
    as drafted (firm_id, invoice_id, matter_id, currency, terms_due_on, terms_due_in_days, notes,
                subtotal_minor, discount_minor, tax_minor, total_minor, share_with, revision)
order by invoice_id
on conflict do nothing
returning firm_id, invoice_id
"""
_FIND: LiteralString = """
select invoices.*
from invoices join unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, invoice_id) using (firm_id, invoice_id)
order by firm_id, invoice_id
"""
# The invoice's row stands for its lines and comments too: changes come one after the other, and a draft becomes final
# once. In id order, so that two batches cannot wait for each other.
_LOCK: LiteralString = f"{_FIND} for no key update of invoices"
# The rows are locked by the caller.
_UPDATE: LiteralString = """
update invoices
set state = changed.state, currency = changed.currency, terms_due_on = changed.terms_due_on,
    terms_due_in_days = changed.terms_due_in_days, notes = changed.notes, subtotal_minor = changed.subtotal_minor,
    discount_minor = changed.discount_minor, tax_minor = changed.tax_minor, total_minor = changed.total_minor,
    sequence = changed.sequence, version = changed.version, issued_on = changed.issued_on, due_on = changed.due_on,
    revision = changed.revision, credited_minor = changed.credited_minor
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::date[], $6::integer[], $7::text[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::integer[], $14::date[], $15::date[],
            $16::integer[], $17::bigint[])
    as changed (firm_id, invoice_id, state, currency, terms_due_on, terms_due_in_days, notes, subtotal_minor,
                discount_minor, tax_minor, total_minor, sequence, version, issued_on, due_on, revision, credited_minor)
where (invoices.firm_id, invoices.invoice_id) = (changed.firm_id, changed.invoice_id)
"""
# A keyset page: the row that `after` names gives the place to go on from.
_LIST: LiteralString = """
select * from invoices
where firm_id = $1 and ($3::uuid is null or (created_at, invoice_id) < (
    select created_at, invoice_id from invoices where firm_id = $1 and invoice_id = $3))
order by created_at desc, invoice_id desc
limit $2
"""


async def insert_invoices(tx: Tx, invoices: Sequence[Invoice]) -> set[Key]:
    """Insert drafts without lines and comments; returns those whose id was free."""
    rows = await tx.fetch(
        _INSERT,
        [invoice.firm_id for invoice in invoices],
        [invoice.invoice_id for invoice in invoices],
        [invoice.matter_id for invoice in invoices],
        *_terms(invoices),
        [" ".join(map(str, invoice.share_with)) for invoice in invoices],
        [invoice.revision for invoice in invoices],
    )
    return {(row["firm_id"], row["invoice_id"]) for row in rows}


async def find_invoices(tx: Tx, keys: Sequence[Key]) -> dict[Key, Invoice]:
    """Invoices by key; unknown ones are missing."""
    return {invoice.key: invoice for invoice in map(_invoice, await tx.fetch(_FIND, *_split(keys)))}


async def lock_invoices(tx: Tx, keys: Sequence[Key]) -> dict[Key, Invoice]:
    """Invoices by key, locked until the transaction ends; unknown ones are missing."""
    return {invoice.key: invoice for invoice in map(_invoice, await tx.fetch(_LOCK, *_split(keys)))}


async def update_invoices(tx: Tx, invoices: Sequence[Invoice]) -> None:
    """Write invoices as they are now; matter and share_with never change. The caller holds their locks."""
    if not invoices:
        return
    issues = [invoice.issue for invoice in invoices]
    await tx.execute(
        _UPDATE,
        [invoice.firm_id for invoice in invoices],
        [invoice.invoice_id for invoice in invoices],
        [invoice.state for invoice in invoices],
        *_terms(invoices),
        [issue and issue.sequence for issue in issues],
        [issue and issue.version for issue in issues],
        [issue and issue.issued_on for issue in issues],
        [issue and issue.due_on for issue in issues],
        [invoice.revision for invoice in invoices],
        [invoice.credited_minor for invoice in invoices],
    )


async def list_invoices(tx: Tx, firm_id: UUID, limit: int, after: UUID | None) -> list[Invoice]:
    """List a page of the firm's invoices, newest first."""
    return [_invoice(row) for row in await tx.fetch(_LIST, firm_id, limit, after)]


def _terms(invoices: Sequence[Invoice]) -> tuple[list[object], ...]:
    """Columns from currency to total_minor, as both statements name them."""
    terms = [invoice.terms for invoice in invoices]
    totals = [invoice.totals for invoice in invoices]
    return (
        [term.currency for term in terms],
        [term.due_on for term in terms],
        [term.due_in_days for term in terms],
        [term.notes for term in terms],
        [total.subtotal_minor for total in totals],
        [total.discount_minor for total in totals],
        [total.tax_minor for total in totals],
        [total.total_minor for total in totals],
    )


def _split(keys: Sequence[Key]) -> tuple[list[UUID], list[UUID]]:
    return [firm_id for firm_id, _ in keys], [invoice_id for _, invoice_id in keys]


def _invoice(row: asyncpg.Record) -> Invoice:
    is_issued = row["sequence"] is not None
    return Invoice(
        firm_id=row["firm_id"],
        invoice_id=row["invoice_id"],
        matter_id=row["matter_id"],
        state=row["state"],
        terms=Terms(
            currency=row["currency"],
            discount_minor=row["discount_minor"],
            due_on=row["terms_due_on"],
            due_in_days=row["terms_due_in_days"],
            notes=row["notes"],
        ),
        totals=Totals(row["subtotal_minor"], row["discount_minor"], row["tax_minor"], row["total_minor"]),
        share_with=tuple(row["share_with"]),
        issue=Issue(row["sequence"], row["version"], row["issued_on"], row["due_on"]) if is_issued else None,
        revision=row["revision"],
        credited_minor=row["credited_minor"],
    )
