"""`/v1/matters/{id}/communications`: messages that were written while sharing (mission S5)."""

from datetime import datetime
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from chassis.http.caller import Caller, not_found
from chassis.http.page import LIMIT_DEFAULT, After, Limit, Page, cut_page
from contracts.fields import Channel
from contracts.message import Part
from sharing.store.communications import list_communications
from sharing.store.matters import is_matter_known


class CommunicationBody(Part):
    """What was written to contacts while an invoice was shared with them."""

    communication_id: UUID
    invoice_id: UUID
    channel: Channel
    contact_ids: list[UUID]
    message: str
    logged_by: str
    logged_at: datetime


@get("/v1/matters/{matter_id:uuid}/communications")
async def get_communications(
    matter_id: FromPath[UUID], caller: NamedDependency[Caller], limit: Limit = LIMIT_DEFAULT, after: After = None
) -> Page[CommunicationBody]:
    """List what was written to contacts on a matter, newest first."""
    async with caller.reading("shares:read") as tx:
        if not await is_matter_known(tx, caller.firm_id, matter_id):
            raise not_found("matter")
        rows = await list_communications(tx, caller.firm_id, matter_id, after, limit + 1)
    items = [CommunicationBody.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return Page(items=items, next=cut_page([row.communication_id for row in rows], limit))
