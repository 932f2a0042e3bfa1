"""Who may pay what: a contact's share of an invoice by one channel, and whether it puts it on the payment page."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

LISTING_CHANNELS = frozenset({"portal", "email"})


class ShareState(StrEnum):
    """A suspended share may come back, a revoked one only as a new generation."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class PayableShare:
    """One share, at one generation: sharing again after revoking is a new one of the same id."""

    firm_id: UUID
    share_id: UUID
    generation: int
    invoice_id: UUID
    contact_id: UUID
    channel: str
    state: ShareState
    lists_on_page: bool


def lists_unless_said(channel: str) -> bool:
    """Whether a share of this channel puts the invoice on the contact's payment page, as long as nobody says (S11)."""
    return channel in LISTING_CHANNELS
