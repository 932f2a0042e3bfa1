"""What sharing owns: who may see what, by which channel. Commands to it, facts from it."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts import topics
from contracts.fields import Channel, Currency, EmailAddress, Label, Locale, Minor, Name, Paragraphs
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
    message: Paragraphs | None = None


class SavePortalShares(Command, to="sharing", key="invoice_id", scope="shares:write", outward=True):
    """Make this set of contacts the ones who have the invoice in their portal (S1).

    Contacts that had it and are not named lose it; an unchanged set tells nobody.
    """

    invoice_id: UUID
    wanted: PortalShareSet


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

    Amounts and number are those of the version shared.
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
