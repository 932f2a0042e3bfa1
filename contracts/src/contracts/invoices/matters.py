"""Matters, contacts, and who is on which matter."""

from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from contracts import topics
from contracts.fields import ContactRole, EmailAddress, ItemKind, Label, Locale, Name, Phone
from contracts.message import Command, Part, State


class MatterProfile(Part):
    """What a matter says of itself, and what the portal may show of it (S8)."""

    number: Label
    name: Name
    portal_enabled: bool = True
    portal_kinds: list[ItemKind] = Field(
        default=["invoice", "event", "task", "note", "document", "message", "form"], max_length=7
    )


class MatterContact(Part):
    """A contact's roles on a matter: at least one, each once."""

    contact_id: UUID
    roles: list[ContactRole] = Field(min_length=1, max_length=4)


class MatterChanged(State, topic=topics.MATTER, key="matter_id"):
    """The matter as it is now, with everyone on it."""

    matter_id: UUID
    profile: MatterProfile
    contacts: list[MatterContact]


class OpenMatter(Command, to="invoices", key="matter_id", scope="matters:write"):
    """Open a matter, with contacts that are known already."""

    matter_id: UUID
    profile: MatterProfile
    contacts: list[MatterContact] = Field(default=[], max_length=500)


class ChangeMatter(Command, to="invoices", key="matter_id", scope="matters:write"):
    """Replace the matter's profile; its contacts stay."""

    matter_id: UUID
    profile: MatterProfile


class AssignMatterContact(Command, to="invoices", key="matter_id", scope="matters:write"):
    """Set a contact's roles on a matter; no roles takes the contact off it. At most one contact has `billing`."""

    matter_id: UUID
    contact_id: UUID
    roles: list[ContactRole] = Field(max_length=4)


class ContactProfile(Part):
    """A person or company and how to reach them."""

    name: Name
    kind: Literal["person", "company"] = "person"
    email: EmailAddress | None = None
    phone: Phone | None = None
    locale: Locale = "en-US"


class ContactChanged(State, topic=topics.CONTACT, key="contact_id"):
    """The contact as it is now."""

    contact_id: UUID
    profile: ContactProfile


class AddContact(Command, to="invoices", key="contact_id", scope="contacts:write"):
    """Add a contact, and put it on a matter where one is named. The same contact added again changes nothing."""

    contact_id: UUID
    profile: ContactProfile
    matter_id: UUID | None = None
    roles: list[ContactRole] = Field(default=[], max_length=4)

    @model_validator(mode="after")
    def roles_belong_to_a_matter(self) -> "AddContact":
        if bool(self.roles) != (self.matter_id is not None):
            raise ValueError("matter_id and roles come together")
        return self


class ChangeContact(Command, to="invoices", key="contact_id", scope="contacts:write"):
    """Replace what a contact says."""

    contact_id: UUID
    profile: ContactProfile
