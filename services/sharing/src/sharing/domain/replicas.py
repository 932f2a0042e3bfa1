"""What sharing knows of aggregates that invoices owns: as much as its decisions and its facts need."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias
from uuid import UUID

from sharing.domain.share import Channel, ItemKind

Key: TypeAlias = tuple[UUID, UUID]
"""A firm, and the id of something of its own."""

Member: TypeAlias = tuple[UUID, UUID, UUID]
"""A firm, a matter, and a contact on it."""

InvoiceStatus: TypeAlias = Literal["draft", "final", "partly_paid", "paid", "void"]

TYPED_IN_REVISION = 0
"""Revision of a contact that was typed in here: whatever invoices says of it is newer."""


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm: the channels it may use."""

    firm_id: UUID
    channels: frozenset[Channel]
    revision: int


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter: what the portal may show of it."""

    firm_id: UUID
    matter_id: UUID
    name: str
    portal_enabled: bool
    portal_kinds: frozenset[ItemKind]
    revision: int

    @property
    def key(self) -> Key:
        return self.firm_id, self.matter_id


@dataclass(frozen=True, slots=True)
class MatterContact:
    """A contact's roles on a matter."""

    firm_id: UUID
    matter_id: UUID
    contact_id: UUID
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or company, and how to reach them."""

    firm_id: UUID
    contact_id: UUID
    name: str
    kind: Literal["person", "company"]
    email: str | None
    phone: str | None
    locale: str
    revision: int

    @property
    def key(self) -> Key:
        return self.firm_id, self.contact_id


@dataclass(frozen=True, slots=True)
class Issue:
    """What an invoice has since it was finalised."""

    number: str
    version: int
    due_on: date


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as it is now. `issue` is None while it is a draft."""

    firm_id: UUID
    invoice_id: UUID
    matter_id: UUID
    status: InvoiceStatus
    currency: str
    total_minor: int
    issue: Issue | None
    revision: int

    @property
    def key(self) -> Key:
        return self.firm_id, self.invoice_id

    @property
    def matter_key(self) -> Key:
        return self.firm_id, self.matter_id


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that has arrived here and that the decisions of one call look at, of all firms in it."""

    firms: Mapping[UUID, Firm]
    matters: Mapping[Key, Matter]
    members: Set[Member]
    contacts: Mapping[Key, Contact]
