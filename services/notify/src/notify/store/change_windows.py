"""Windows in which edits of one invoice are gathered. All times are the database's."""

from collections.abc import Collection
from typing import LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.domain.changes import QuietTime

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
# Each firm's own quiet time goes before ours; a firm that never pauses is waited for `$3` times as long. Only open
# windows are in the table, so all of them are looked at.
_LIST_OVER: LiteralString = """
select edited.firm_id, edited.invoice_id
from change_windows as edited
left join firms on firms.firm_id = edited.firm_id
cross join lateral (select make_interval(secs => coalesce(firms.quiet_window_seconds, $2::double precision))) as quiet
    (pause)
where edited.changed_at <= statement_timestamp() - quiet.pause
    or edited.opened_at <= statement_timestamp() - quiet.pause * $3::integer
order by edited.changed_at limit $1
"""
# One that an edit has moved on meanwhile, or another planner has closed, is not over any more.
_CLOSE: LiteralString = """
delete from change_windows as edited
using unnest($1::uuid[], $2::uuid[]) as over (firm_id, invoice_id)
left join firms on firms.firm_id = over.firm_id
cross join lateral (select make_interval(secs => coalesce(firms.quiet_window_seconds, $3::double precision))) as quiet
    (pause)
where edited.firm_id = over.firm_id and edited.invoice_id = over.invoice_id and (
    edited.changed_at <= statement_timestamp() - quiet.pause
    or edited.opened_at <= statement_timestamp() - quiet.pause * $4::integer
)
returning edited.firm_id, edited.invoice_id
"""


async def lock_invoices(tx: Tx, invoices: Collection[InvoiceKey]) -> None:
    """Let nobody else tell of these invoices' shares or edits for the rest of the transaction."""
    await tx.execute(_LOCK, *_columns(invoices))


async def open_windows(tx: Tx, invoices: Collection[InvoiceKey]) -> None:
    """Note that invoices have edits that are to be told. Safe to repeat."""
    await tx.execute(_OPEN, *_columns(invoices))


async def list_windows_over(tx: Tx, limit: int, quiet: QuietTime) -> list[InvoiceKey]:
    """Look for up to `limit` invoices that were quiet for long enough, or edited for too long without a pause."""
    rows = await tx.fetch(_LIST_OVER, limit, quiet.quiet_seconds, quiet.windows_max)
    return [(row["firm_id"], row["invoice_id"]) for row in rows]


async def close_windows(tx: Tx, invoices: Collection[InvoiceKey], quiet: QuietTime) -> list[InvoiceKey]:
    """Take those of these windows that are over still. The caller holds the invoices' locks."""
    rows = await tx.fetch(_CLOSE, *_columns(invoices), quiet.quiet_seconds, quiet.windows_max)
    return [(row["firm_id"], row["invoice_id"]) for row in rows]


def _columns(invoices: Collection[InvoiceKey]) -> tuple[list[UUID], list[UUID]]:
    return [firm_id for firm_id, _ in invoices], [invoice_id for _, invoice_id in invoices]
