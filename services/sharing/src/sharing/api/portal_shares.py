"""`/v1/invoices/{id}/portal-shares`: who has an invoice in the portal, who could have it, and who was to have it."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from chassis.http.caller import Caller, not_found
from chassis.http.openapi import asks
from contracts.fields import Channel
from contracts.message import Part
from contracts.sharing import PortalShareSet, SavePortalShares
from sharing.domain.share import ShareState
from sharing.domain.wish import WishState
from sharing.store.invoices import is_invoice_known
from sharing.store.listings import list_portal_rows, list_wishes
from sharing.store.share_answers import PortalSharesSaved
from sharing.usecases.share_invoices import share_invoices


class PortalContactBody(Part):
    """A contact who has the invoice in the portal or can be given it.

    `has_portal_share` is true while they see it. `state` also tells of a share that is suspended (it comes back when
    the portal does, unless it is left out of a set that is saved) or ended; null where there never was one.
    """

    contact_id: UUID
    name: str | None
    roles: list[str]
    has_portal_share: bool
    state: ShareState | None
    other_channels_open: list[Channel]


class WishBody(Part):
    """A contact named when the invoice was drafted: whether they have it since it is final, or why not."""

    contact_id: UUID
    state: WishState
    refusal: str | None
    wished_by: str
    wished_at: datetime
    decided_at: datetime | None


class PortalSharesBody(Part):
    """Who has an invoice in the portal, who could have it, and who was to have it."""

    invoice_id: UUID
    contacts: list[PortalContactBody]
    wishes: list[WishBody]


@put("/v1/invoices/{invoice_id:uuid}/portal-shares", opt=asks(SavePortalShares, ends_later=True))
async def put_portal_shares(
    invoice_id: FromPath[UUID], data: JSONBody[PortalShareSet], caller: NamedDependency[Caller]
) -> Response[PortalSharesSaved]:
    """Make a set of contacts the ones who have the invoice in their portal."""
    return await caller.do(share_invoices, SavePortalShares(invoice_id=invoice_id, wanted=data))


@get("/v1/invoices/{invoice_id:uuid}/portal-shares")
async def get_portal_shares(invoice_id: FromPath[UUID], caller: NamedDependency[Caller]) -> PortalSharesBody:
    """List the matter's contacts with who has the invoice now."""
    async with caller.reading("shares:read") as tx:
        if not await is_invoice_known(tx, caller.firm_id, invoice_id):
            raise not_found("invoice")
        rows = await list_portal_rows(tx, caller.firm_id, invoice_id)
        wishes = await list_wishes(tx, caller.firm_id, invoice_id)
    contacts = [
        PortalContactBody(
            contact_id=row.contact_id,
            name=row.name,
            roles=row.roles,
            has_portal_share=row.state == "active",
            state=row.state,
            other_channels_open=row.other_channels_open,
        )
        for row in rows
    ]
    bodies = [WishBody.model_validate(wish, from_attributes=True) for wish in wishes]
    return PortalSharesBody(invoice_id=invoice_id, contacts=contacts, wishes=bodies)
