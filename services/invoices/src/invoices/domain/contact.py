"""A person or company with addresses."""

from dataclasses import dataclass
from uuid import UUID

from invoices.domain.key import Key


@dataclass(frozen=True, slots=True)
class ContactProfile:
    """What a contact says: how to name and reach them. `phone` is E.164."""

    name: str
    kind: str
    email: str | None
    phone: str | None
    locale: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact of a firm, at a revision."""

    firm_id: UUID
    contact_id: UUID
    profile: ContactProfile
    revision: int

    @property
    def key(self) -> Key:
        return self.firm_id, self.contact_id
