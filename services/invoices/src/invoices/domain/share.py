"""What invoices must know of shares: enough for the indicator and the history."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from invoices.domain.history import Entry
from invoices.domain.printing import Wanted

ShareState = Literal["active", "suspended", "revoked"]


@dataclass(frozen=True, slots=True)
class ShareRef:
    """One contact's share; `generation` counts up when it is shared again after being revoked."""

    share_id: UUID
    generation: int
    contact_id: UUID


@dataclass(frozen=True, slots=True)
class ShareChange:
    """Shares of one invoice by one channel that came into a state together, and the entry that tells of it.

    `document` is the PDF that new ones were promised.
    """

    channel: str
    state: ShareState
    shares: tuple[ShareRef, ...]
    entry: Entry
    document: Wanted | None = None
