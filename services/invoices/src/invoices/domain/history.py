"""One invoice's timeline: who did what, when, and what caused it (I7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

Kind = Literal[
    "created", "draft_changed", "finalised", "revised", "voided", "credited", "pdf_ready", "pdf_failed",
    "shared", "unshared", "share_suspended", "share_restored",
    "delivery_accepted", "delivery_failed",
    "payment_started", "charge_settled", "charge_declined", "charge_refunded", "refund_declined", "payment_concluded",
]  # fmt: skip

Plain: TypeAlias = str | int | bool | list[str] | None
Summary: TypeAlias = Mapping[str, Plain]
"""What happened in a few words: ids, numbers, and texts as they were written (reasons, messages, subjects of mails).

Contacts are in it by id alone, so that one can be erased and the history stay; a text may speak of them all the same.
"""


@dataclass(frozen=True, slots=True)
class Origin:
    """The event behind an entry. `causation_id` is the request, command or event it follows from.

    Where that was an event with an entry here, it is that entry's id.
    """

    event_id: UUID
    occurred_at: datetime
    actor: str
    correlation_id: UUID
    causation_id: UUID | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an invoice's timeline; its id is that of the event."""

    firm_id: UUID
    invoice_id: UUID
    kind: Kind
    origin: Origin
    summary: Summary
