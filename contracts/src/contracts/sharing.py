"""What sharing owns: who may see what, by which channel. Commands to it, facts from it."""

from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from contracts import topics
from contracts.fields import (
    Channel,
    CommentChoice,
    Currency,
    EmailAddress,
    Label,
    Locale,
    Minor,
    Name,
    Paragraphs,
    SaidParagraphs,
)
from contracts.invoices import ContactProfile
from contracts.message import Command, Fact, Part


class NewContact(Part):
    """A contact typed in while sharing: it joins the matter as `other` (S1)."""

    contact_id: UUID
    profile: ContactProfile


class PortalShareSet(Part):
    """Who is to have an invoice in their portal, and what to tell those who did not have it."""

    contact_ids: list[UUID] = Field(max_length=500)
    new_contacts: list[NewContact] = Field(default=[], max_length=50)
    message: SaidParagraphs | None = None
    comments: CommentChoice = "all"
    finalise_drafts: bool = False


class SavePortalShares(Command, to="sharing", key="invoice_id", scope="shares:write", outward=True):
    """Make this set of contacts the ones who have the invoice in their portal (S1).

    Contacts that had it and are not named lose it; an unchanged set tells nobody.
    """

    invoice_id: UUID
    wanted: PortalShareSet


class EmailShareRequest(Part):
    """Whom to e-mail an invoice to, with its PDF attached (S3). Sending again sends again.

    `contact_ids` and `new_contacts` together name at least one contact.
    """

    contact_ids: list[UUID] = Field(max_length=500)
    new_contacts: list[NewContact] = Field(default=[], max_length=50)
    message: SaidParagraphs | None = None
    comments: CommentChoice = "all"
    finalise_drafts: bool = False

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not self.contact_ids and not self.new_contacts:
            raise ValueError("name at least one contact, in contact_ids or new_contacts")
        return self


class ShareByEmail(Command, to="sharing", key="invoice_id", scope="shares:write", outward=True):
    """Share an invoice with contacts by e-mail (S3, S5, S6)."""

    invoice_id: UUID
    wanted: EmailShareRequest


class ShareByLink(Command, to="sharing", key="invoice_id", scope="shares:write", outward=True):
    """Give one contact a link to one invoice, copied or texted (S10, S11). As data: its page comes later."""

    invoice_id: UUID
    contact_id: UUID
    channel: Literal["link", "text"]
    message: SaidParagraphs | None = None
    comments: CommentChoice = "all"
    on_payment_page: bool = False
    finalise_drafts: bool = False


class RevokeShares(Command, to="sharing", key="invoice_id", scope="shares:write", outward=True):
    """End shares of an invoice now (S7): of these channels, or of all; of these contacts, or of everyone."""

    invoice_id: UUID
    channels: list[Channel] | None = Field(default=None, max_length=4)
    contact_ids: list[UUID] | None = Field(default=None, max_length=500)


class ResendShares(Command, to="sharing", key="invoice_id", scope="shares:write", outward=True):
    """Tell contacts again of shares that are in force (S7): same generation, so the same link."""

    invoice_id: UUID
    channel: Channel
    contact_ids: list[UUID] = Field(min_length=1, max_length=500)
    message: SaidParagraphs | None = None


class Shared(Part):
    """One contact's share. `generation` counts up each time it is shared again after being revoked."""

    share_id: UUID
    generation: int = Field(ge=1)
    contact_id: UUID
    name: Name
    email: EmailAddress | None
    locale: Locale


class InvoiceShared(Fact, topic=topics.SHARE, key="invoice_id"):
    """An invoice was shared by one channel with some contacts, all by one act: each of them is told once.

    Amounts and number are those of the version shared. `invoice_revision` is the newest revision of the invoice's facts
    that sharing knew of: what is later is news to these contacts.
    """

    invoice_id: UUID
    matter_id: UUID
    matter_name: Name
    number: Label
    version: int = Field(ge=1)
    currency: Currency
    total_minor: Minor
    due_on: date
    channel: Channel
    message: Paragraphs | None
    comments: CommentChoice = "all"
    on_payment_page: bool = True
    is_resend: bool = False
    invoice_revision: int | None = Field(default=None, ge=1)
    shares: list[Shared] = Field(min_length=1)


class ShareRef(Part):
    """One contact's share, by id and generation."""

    share_id: UUID
    generation: int = Field(ge=1)
    contact_id: UUID


class SharesRevoked(Fact, topic=topics.SHARE, key="invoice_id"):
    """Shares of an invoice by one channel ended for good; from this moment it is gone there (S7)."""

    invoice_id: UUID
    channel: Channel
    shares: list[ShareRef] = Field(min_length=1)


class SharesSuspended(Fact, topic=topics.SHARE, key="invoice_id"):
    """Portal shares are hidden because the matter's portal, or invoices in it, were switched off (S8)."""

    invoice_id: UUID
    channel: Literal["portal"]
    shares: list[ShareRef] = Field(min_length=1)


class SharesRestored(Fact, topic=topics.SHARE, key="invoice_id"):
    """Suspended portal shares are in force again; nobody is told (S8)."""

    invoice_id: UUID
    channel: Literal["portal"]
    shares: list[ShareRef] = Field(min_length=1)


class CommunicationLogged(Fact, topic=topics.COMMUNICATION, key="matter_id"):
    """A share with a message of its own was noted on the matter (S5)."""

    matter_id: UUID
    communication_id: UUID
    invoice_id: UUID
    channel: Channel
    contact_ids: list[UUID]
    message: Paragraphs
