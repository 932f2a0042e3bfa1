"""Shares as notify knows them: a message goes only while a share that it covers is in force."""

from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

Channel: TypeAlias = Literal["portal", "email", "link", "text"]
ShareState: TypeAlias = Literal["active", "suspended", "revoked"]


@dataclass(frozen=True, slots=True)
class Share:
    """One contact's share of an invoice. `generation` counts up when it is shared again after it was revoked."""

    firm_id: UUID
    share_id: UUID
    generation: int
    invoice_id: UUID
    contact_id: UUID
    channel: Channel
    state: ShareState
