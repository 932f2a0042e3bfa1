"""Shares by any channel: sent, linked, sent again, ended, and listed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from pydantic import Field

from chassis.http.caller import Caller, not_found
from chassis.http.openapi import asks
from chassis.http.page import LIMIT_DEFAULT, After, Limit, Page, cut_page
from contracts.fields import Channel, CommentChoice, SaidParagraphs
from contracts.message import Part
from contracts.sharing import EmailShareRequest, ResendShares, RevokeShares, ShareByEmail, ShareByLink
from sharing.domain.listing import ShareRow
from sharing.domain.share import ItemKind, ShareState
from sharing.store.contacts import find_contacts
from sharing.store.invoices import is_invoice_known
from sharing.store.listings import list_active_shares_of_contact, list_shares_of_invoice
from sharing.store.share_answers import LinkGiven, Sent
from sharing.usecases.resend_shares import resend_shares
from sharing.usecases.revoke_shares import SharesEnded, revoke_shares
from sharing.usecases.share_invoices import share_invoices


class LinkShareRequest(Part):
    """To whom a link to the invoice is given, copied or by text; it is off their payment page unless said (S11)."""

    contact_id: UUID
    channel: Literal["link", "text"]
    message: SaidParagraphs | None = None
    comments: CommentChoice = "all"
    on_payment_page: bool = False
    finalise_drafts: bool = False


class RevokeRequest(Part):
    """What to end: shares by these channels or by all, of these contacts or of everyone."""

    channels: list[Channel] | None = Field(default=None, max_length=4)
    contact_ids: list[UUID] | None = Field(default=None, max_length=500)


class ResendRequest(Part):
    """Whom to tell again of what they have by one channel."""

    channel: Channel
    contact_ids: list[UUID] = Field(min_length=1, max_length=500)
    message: SaidParagraphs | None = None


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
    comments: CommentChoice
    on_payment_page: bool
    shared_by: str
    first_shared_at: datetime
    shared_at: datetime
    ended_at: datetime | None


@post("/v1/invoices/{invoice_id:uuid}/email-shares", status_code=200, opt=asks(ShareByEmail, ends_later=True))
async def post_email_shares(
    invoice_id: FromPath[UUID], data: JSONBody[EmailShareRequest], caller: NamedDependency[Caller]
) -> Response[Sent]:
    """E-mail an invoice to contacts, with its PDF; again to those who had it."""
    return await caller.do(share_invoices, ShareByEmail(invoice_id=invoice_id, wanted=data))


@post("/v1/invoices/{invoice_id:uuid}/link-shares", status_code=200, opt=asks(ShareByLink, ends_later=True))
async def post_link_shares(
    invoice_id: FromPath[UUID], data: JSONBody[LinkShareRequest], caller: NamedDependency[Caller]
) -> Response[LinkGiven]:
    """Give a contact a link to an invoice."""
    return await caller.do(share_invoices, ShareByLink(invoice_id=invoice_id, **dict(data)))


@post("/v1/invoices/{invoice_id:uuid}/shares/revoke", status_code=200, opt=asks(RevokeShares))
async def post_shares_revoke(
    invoice_id: FromPath[UUID], data: JSONBody[RevokeRequest], caller: NamedDependency[Caller]
) -> Response[SharesEnded]:
    """End shares of an invoice; nobody is told."""
    return await caller.do(revoke_shares, RevokeShares(invoice_id=invoice_id, **dict(data)))


@post("/v1/invoices/{invoice_id:uuid}/shares/resend", status_code=200, opt=asks(ResendShares))
async def post_shares_resend(
    invoice_id: FromPath[UUID], data: JSONBody[ResendRequest], caller: NamedDependency[Caller]
) -> Response[Sent]:
    """Tell contacts again of an invoice that they have."""
    return await caller.do(resend_shares, ResendShares(invoice_id=invoice_id, **dict(data)))


@get("/v1/invoices/{invoice_id:uuid}/shares")
async def get_shares_of_invoice(
    invoice_id: FromPath[UUID], caller: NamedDependency[Caller], limit: Limit = LIMIT_DEFAULT, after: After = None
) -> Page[ShareBody]:
    """List all shares of an invoice by any channel, ended ones too."""
    async with caller.reading("shares:read") as tx:
        if not await is_invoice_known(tx, caller.firm_id, invoice_id):
            raise not_found("invoice")
        rows = await list_shares_of_invoice(tx, caller.firm_id, invoice_id, after, limit + 1)
    return _page(rows, limit)


@get("/v1/contacts/{contact_id:uuid}/shares")
async def get_shares_of_contact(
    contact_id: FromPath[UUID], caller: NamedDependency[Caller], limit: Limit = LIMIT_DEFAULT, after: After = None
) -> Page[ShareBody]:
    """List everything that is shared right now with a contact, by any channel."""
    async with caller.reading("shares:read") as tx:
        if not await find_contacts(tx, [(caller.firm_id, contact_id)]):
            raise not_found("contact")
        rows = await list_active_shares_of_contact(tx, caller.firm_id, contact_id, after, limit + 1)
    return _page(rows, limit)


def _page(rows: Sequence[ShareRow], limit: int) -> Page[ShareBody]:
    """Cut a page from one row more than it holds."""
    items = [ShareBody.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return Page(items=items, next=cut_page([row.share_id for row in rows], limit))
