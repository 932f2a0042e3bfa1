"""`/v1/invoices/{id}/history`: one timeline, oldest first: who, what, when, and what caused it."""

from datetime import datetime
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.http.caller import Caller, not_found
from chassis.http.page import LIMIT_DEFAULT, After, Limit, Page, cut_page
from contracts.message import Part
from invoices.domain.history import Kind, Plain
from invoices.store.history_entries import ListedEntry, list_entries
from invoices.store.invoices import find_invoices


class EntryView(Part):
    """One entry. `caused_by` is the request, command or event it follows from; where that is an entry, its id.

    All entries of one request have one `correlation_id`. `actor_name` is known for API keys alone.
    """

    entry_id: UUID
    occurred_at: datetime
    kind: Kind
    actor: str
    actor_name: str | None
    caused_by: UUID | None
    correlation_id: UUID
    summary: dict[str, Plain]


@get("/v1/invoices/{invoice_id:uuid}/history")
async def get_invoice_history(
    invoice_id: FromPath[UUID], caller: NamedDependency[Caller], limit: Limit = LIMIT_DEFAULT, after: After = None
) -> Page[EntryView]:
    """Show an invoice's timeline, oldest first."""
    key = (caller.firm_id, invoice_id)
    async with caller.reading("invoices:read") as tx:
        if not await find_invoices(tx, [key]):
            raise not_found("invoice")
        found = await list_entries(tx, key, limit + 1, after)
    ids = [listed.entry.origin.event_id for listed in found]
    return Page(items=[_view(listed) for listed in found[:limit]], next=cut_page(ids, limit))


def _view(listed: ListedEntry) -> EntryView:
    entry, origin = listed.entry, listed.entry.origin
    return EntryView(
        entry_id=origin.event_id,
        occurred_at=origin.occurred_at,
        kind=entry.kind,
        actor=origin.actor,
        actor_name=listed.actor_name,
        caused_by=origin.causation_id,
        correlation_id=origin.correlation_id,
        summary=dict(entry.summary),
    )
