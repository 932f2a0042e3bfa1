"""Edits of final invoices, as invoices tells of them."""

from collections.abc import Collection, Sequence
from typing import Any, LiteralString
from uuid import UUID

from chassis.database import Tx
from notify.domain.changes import InvoiceChange

_INSERT: LiteralString = """
insert into invoice_changes (
    firm_id, invoice_id, event_id, kind, number, version, currency, old_total_minor, new_total_minor, credited_minor,
    due_on, reason, revision, changed, actor, correlation_id, traceparent
)
select firm_id, invoice_id, event_id, kind, number, version, currency, old_total_minor, new_total_minor, credited_minor,
    due_on, reason, revision, string_to_array(changed, ' '), actor, correlation_id, traceparent
from unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::integer[], $7::text[], $8::bigint[], $9::bigint[],
    $10::bigint[], $11::date[], $12::text[], $13::integer[], $14::text[], $15::text[], $16::uuid[], $17::text[]
) as change (
    firm_id, invoice_id, event_id, kind, number, version, currency, old_total_minor, new_total_minor, credited_minor,
    due_on, reason, revision, changed, actor, correlation_id, traceparent
)
on conflict on constraint invoice_changes_pkey do nothing
"""
_LIST: LiteralString = """
select firm_id, invoice_id, event_id, kind, number, version, currency, old_total_minor, new_total_minor, credited_minor,
    due_on, reason, revision, changed, actor, correlation_id, traceparent
from invoice_changes
where (firm_id, invoice_id) in (select * from unnest($1::uuid[], $2::uuid[]))
order by firm_id, invoice_id, revision
"""


async def insert_changes(tx: Tx, changes: Sequence[InvoiceChange]) -> None:
    """Keep edits. Safe to repeat."""
    await tx.execute(
        _INSERT,
        [change.firm_id for change in changes],
        [change.invoice_id for change in changes],
        [change.event_id for change in changes],
        [change.kind for change in changes],
        [change.number for change in changes],
        [change.version for change in changes],
        [change.currency for change in changes],
        [change.old_total_minor for change in changes],
        [change.new_total_minor for change in changes],
        [change.credited_minor for change in changes],
        [change.due_on for change in changes],
        [change.reason for change in changes],
        [change.revision for change in changes],
        [" ".join(change.changed) for change in changes],
        [change.actor for change in changes],
        [change.correlation_id for change in changes],
        [change.traceparent for change in changes],
    )


async def list_changes(tx: Tx, invoices: Collection[tuple[UUID, UUID]]) -> list[InvoiceChange]:
    """List every edit of invoices (firm and id)."""
    rows = await tx.fetch(_LIST, [firm_id for firm_id, _ in invoices], [invoice_id for _, invoice_id in invoices])
    return [_change(dict(row)) for row in rows]


def _change(columns: dict[str, Any]) -> InvoiceChange:
    columns["changed"] = tuple(columns["changed"])
    return InvoiceChange(**columns)
