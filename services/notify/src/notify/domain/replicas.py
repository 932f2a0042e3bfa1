"""What notify knows of firms and contacts: as much as a message needs. `revision` is their owner's."""

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Firm:
    """The tenant, as its messages show it. `share_message` stands in where the sharer wrote none.

    `quiet_window_seconds`: how long it wants to have been quiet before its edits are told; None: as all others.
    """

    firm_id: UUID
    name: str
    brand_colour: str
    reply_to: str
    time_zone: str
    locale: str
    share_message: str | None
    revision: int
    online_payments: bool = True
    quiet_window_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who gets messages."""

    firm_id: UUID
    contact_id: UUID
    name: str
    email: str | None
    locale: str
    revision: int


ContactKey: TypeAlias = tuple[UUID, UUID]
"""Firm and contact."""
