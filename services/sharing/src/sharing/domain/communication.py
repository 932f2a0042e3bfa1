"""A communication: that somebody wrote to contacts while sharing with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sharing.domain.share import Channel


@dataclass(frozen=True, slots=True)
class Communication:
    """One act of sharing with a message of its own; the firm's default message makes none."""

    firm_id: UUID
    communication_id: UUID
    matter_id: UUID
    invoice_id: UUID
    channel: Channel
    contact_ids: Sequence[UUID]
    message: str
    logged_by: str
    logged_at: datetime
