"""Final invoices as invoices tells of them."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from payments.domain.invoice import Invoice

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


async def upsert_invoices(tx: Tx, invoices: Sequence[Invoice]) -> set[tuple[UUID, UUID]]:
    """Keep the newest state of each invoice; returns firm and id of those that were new or newer.

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
