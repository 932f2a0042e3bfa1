"""Passing the gate: which share lets a contact do something with an item."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

from sharing.domain.share import Channel

Purpose: TypeAlias = Literal["delivery", "payment"]

# Of several shares that would do, the one with the most rights speaks for all.
_ORDER: dict[Channel, int] = {"portal": 0, "email": 1, "link": 2, "text": 3}


@dataclass(frozen=True, slots=True)
class PassableShare:
    """A share in force, as the gate locked it."""

    share_id: UUID
    generation: int
    item_id: UUID
    channel: Channel


def choose_shares(shares: Iterable[PassableShare]) -> dict[UUID, PassableShare]:
    """Choose one share for each item."""
    chosen: dict[UUID, PassableShare] = {}
    for share in sorted(shares, key=lambda one: (_ORDER[one.channel], one.share_id)):
        chosen.setdefault(share.item_id, share)
    return chosen
