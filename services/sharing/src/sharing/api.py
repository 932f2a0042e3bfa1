"""HTTP in: saving who has an invoice, and reading who has what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from chassis.http.caller import Caller, not_found
from contracts.fields import Channel
from contracts.message import Part
from contracts.sharing import PortalShareSet, SavePortalShares
from sharing.domain.listing import ShareRow
from sharing.domain.share import ItemKind, ShareState
from sharing.domain.wish import WishState
from sharing.store.contacts import find_contacts
from sharing.store.invoices import is_invoice_known
from sharing.store.listings import (
    list_active_shares_of_contact,
    list_portal_rows,
    list_shares_of_invoice,
    list_wishes,
)
from sharing.usecases.save_portal_shares import save_portal_shares

Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many to list at most.")]
After = Annotated[UUID | None, QueryParameter(description="`next_after` of the page before.")]


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


class ShareBody(Part):
    """One contact's access to one item by one channel; `item_version` is the version that was shared."""

    share_id: UUID
    item_kind: ItemKind
    item_id: UUID
    item_version: int
    matter_id: UUID
    contact_id: UUID
    channel: Channel
    state: ShareState
    generation: int
    shared_by: str
    first_shared_at: datetime
    shared_at: datetime
    ended_at: datetime | None


class SharesPage(Part):
    """Shares, newest first. `next_after` is null on the last page."""

    shares: list[ShareBody]
    next_after: UUID | None


@put("/v1/invoices/{invoice_id:uuid}/portal-shares")
async def put_portal_shares(
    invoice_id: FromPath[UUID], data: JSONBody[PortalShareSet], caller: NamedDependency[Caller]
) -> Response[bytes]:
    """Make a set of contacts the ones who have the invoice in their portal."""
    return await caller.do(save_portal_shares, SavePortalShares(invoice_id=invoice_id, wanted=data))


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


@get("/v1/invoices/{invoice_id:uuid}/shares")
async def get_shares_of_invoice(
    invoice_id: FromPath[UUID], caller: NamedDependency[Caller], limit: Limit = 50, after: After = None
) -> SharesPage:
    """List all shares of an invoice by any channel, ended ones too."""
    async with caller.reading("shares:read") as tx:
        if not await is_invoice_known(tx, caller.firm_id, invoice_id):
            raise not_found("invoice")
        rows = await list_shares_of_invoice(tx, caller.firm_id, invoice_id, after, limit + 1)
    return _page(rows, limit)


@get("/v1/contacts/{contact_id:uuid}/shares")
async def get_shares_of_contact(
    contact_id: FromPath[UUID], caller: NamedDependency[Caller], limit: Limit = 50, after: After = None
) -> SharesPage:
    """List everything that is shared right now with a contact, by any channel."""
    async with caller.reading("shares:read") as tx:
        if not await find_contacts(tx, [(caller.firm_id, contact_id)]):
            raise not_found("contact")
        rows = await list_active_shares_of_contact(tx, caller.firm_id, contact_id, after, limit + 1)
    return _page(rows, limit)


ROUTES: Sequence[ControllerRouterHandler] = (
    put_portal_shares,
    get_portal_shares,
    get_shares_of_invoice,
    get_shares_of_contact,
)


def _page(rows: Sequence[ShareRow], limit: int) -> SharesPage:
    """Cut a page from one row more than it holds."""
    shares = [ShareBody.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return SharesPage(shares=shares, next_after=shares[-1].share_id if len(rows) > limit else None)
