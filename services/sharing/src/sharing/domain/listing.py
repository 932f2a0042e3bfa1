"""What is listed of shares for people to read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sharing.domain.share import Channel, CommentChoice, ShareState
from sharing.domain.wish import WishState


@dataclass(frozen=True, slots=True)
class PortalRow:
    """A contact to choose for an invoice's portal set. `name` is None while nothing of the contact has arrived.

    `state` is None for one who never had the invoice in the portal; `roles` is empty for one who has left the matter.
    """

    contact_id: UUID
    name: str | None
    roles: list[str]
    state: ShareState | None
    other_channels_open: list[Channel]


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A share with its history so far."""

    share_id: UUID
    item_kind: str
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


@dataclass(frozen=True, slots=True)
class WishRow:
    """A wish and what became of it."""

    contact_id: UUID
    state: WishState
    refusal: str | None
    wished_by: str
    wished_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class CommandState:
    """A command that was accepted: what became of it. `result` and `about` are JSON."""

    command_id: UUID
    state: Literal["waiting", "done", "rejected"]
    result: str | None
    slug: str | None
    detail: str | None
    about: str | None
