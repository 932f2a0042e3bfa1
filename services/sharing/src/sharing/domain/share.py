"""A share: one contact's access to one item by one channel."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

Channel: TypeAlias = Literal["portal", "email", "link", "text"]
ItemKind: TypeAlias = Literal["invoice", "event", "task", "note", "document", "message", "form"]
CommentChoice: TypeAlias = Literal["all", "none"]
"""Which client-visible comments a share shows; internal ones are never shown."""
ShareState: TypeAlias = Literal["active", "suspended", "revoked", "expired"]


@dataclass(frozen=True, slots=True)
class Share:
    """A share as it is now. `generation` counts up when it is shared again after it ended; old links stay dead.

    `on_payment_page`: whether it puts the item on the contact's payment page.
    """

    firm_id: UUID
    share_id: UUID
    item_kind: ItemKind
    item_id: UUID
    contact_id: UUID
    channel: Channel
    state: ShareState
    generation: int
    comments: CommentChoice = "all"
    on_payment_page: bool = True

    @property
    def is_open(self) -> bool:
        """Whether it has not ended: a suspended share comes back by itself."""
        return self.state in {"active", "suspended"}


@dataclass(frozen=True, slots=True)
class NewShare:
    """A share to be made, or to be made active again under its old id. `share_id` is for the first case."""

    firm_id: UUID
    share_id: UUID
    item_kind: ItemKind
    item_id: UUID
    item_version: int
    matter_id: UUID
    contact_id: UUID
    channel: Channel
    message: str | None
    comments: CommentChoice
    on_payment_page: bool
    shared_by: str
    shared_at: datetime


@dataclass(frozen=True, slots=True)
class SharedAgain:
    """An active share of which its contact is told again: same generation, so the same link, at the item's version."""

    share: Share
    item_version: int
    message: str | None
    comments: CommentChoice
    on_payment_page: bool
    shared_by: str
    shared_at: datetime


def holders(shares: Iterable[Share], channel: Channel) -> dict[UUID, Share]:
    """Pick the shares of one item by one channel that have not ended, by contact."""
    return {share.contact_id: share for share in shares if share.channel == channel and share.is_open}


def channels_still_open(shares: Iterable[Share], contact_id: UUID, closed: Channel) -> list[Channel]:
    """Tell by which channels one item stays open to a contact when one of them is closed."""
    return sorted(
        share.channel
        for share in shares
        if share.contact_id == contact_id and share.channel != closed and share.is_open
    )
