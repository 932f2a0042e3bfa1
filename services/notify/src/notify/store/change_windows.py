"""Windows in which edits of one invoice are gathered. All times are the database's."""

from collections.abc import Collection
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx

InvoiceKey = tuple[UUID, UUID]
"""Firm and invoice."""

# Taken in the order of the ids. Whoever tells of a share and whoever tells of an edit of the same invoice must not both
# look before the other has written: then nobody would see that the share does not know of the edit.
_LOCK: LiteralString = """
select pg_advisory_xact_lock(hashtextextended('invoice' || firm_id || invoice_id, 0))
from (
    select distinct firm_id, invoice_id from unnest($1::uuid[], $2::uuid[]) as wanted (firm_id, invoice_id)
    order by firm_id, invoice_id
) as wanted
"""
# An edit in an open window makes it begin anew.
_OPEN: LiteralString = """
insert into change_windows (firm_id, invoice_id)
select distinct firm_id, invoice_id from unnest($1::uuid[], $2::uuid[]) as edited (firm_id, invoice_id)
order by firm_id, invoice_id
on conflict on constraint change_windows_pkey do update set changed_at = excluded.changed_at
"""
# A window that an edit has moved on meanwhile is looked at again by the lock, and left; one that another planner holds
# is left to it.
_CLOSE: LiteralString = """
with due as (
    select firm_id, invoice_id from change_windows
    where changed_at <= clock_timestamp() - make_interval(secs => $2)
        or opened_at <= clock_timestamp() - make_interval(secs => $3)
    order by changed_at limit $1
    for update skip locked
)
delete from change_windows using due
where change_windows.firm_id = due.firm_id and change_windows.invoice_id = due.invoice_id
returning change_windows.firm_id, change_windows.invoice_id
"""


async def lock_invoices(tx: Tx, invoices: Collection[InvoiceKey]) -> None:
    """Let nobody else tell of these invoices' shares or edits for the rest of the transaction."""
    await tx.execute(_LOCK, *_columns(invoices))


async def open_windows(tx: Tx, invoices: Collection[InvoiceKey]) -> None:
    """Note that invoices have edits that are to be told. Safe to repeat."""
    await tx.execute(_OPEN, *_columns(invoices))


async def close_windows(tx: Tx, limit: int, quiet_seconds: float, open_seconds_max: float) -> list[InvoiceKey]:
    """Take up to `limit` invoices that were quiet for long enough, or edited for too long without a pause."""
    rows = await tx.fetch(_CLOSE, limit, quiet_seconds, open_seconds_max)
    return [(row["firm_id"], row["invoice_id"]) for row in rows]


def _columns(invoices: Collection[InvoiceKey]) -> tuple[list[UUID], list[UUID]]:
    return [firm_id for firm_id, _ in invoices], [invoice_id for _, invoice_id in invoices]
