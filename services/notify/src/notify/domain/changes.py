"""Edits of an invoice, what each of its shares told last, and which edit is news to whom (I4)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias
from uuid import UUID

from notify.domain.pdf import CommentChoice
from notify.domain.share import Channel

ChangeKind: TypeAlias = Literal["revised", "voided", "credited"]
NEVER_TOLD = frozenset({"notes"})
"""What nobody is told of by itself."""


@dataclass(frozen=True, slots=True)
class QuietTime:
    """How long a firm must have been quiet before its edits are told, where it does not say so itself.

    A firm that never pauses for so long is told of after `windows_max` times as long.
    """

    quiet_seconds: float
    windows_max: int


@dataclass(frozen=True, slots=True)
class InvoiceChange:
    """One edit of a final invoice. Only a revision has totals that differ, and a version of its own.

    `credited_minor` is the sum of all credits after it, 0 where it says nothing of them. `revision` counts the
    invoice's facts. `changed` says what a contact sees differently by a revision; nothing where it is none.
    """

    firm_id: UUID
    invoice_id: UUID
    event_id: UUID
    kind: ChangeKind
    number: str
    version: int
    currency: str
    old_total_minor: int
    new_total_minor: int
    credited_minor: int
    due_on: date
    reason: str
    revision: int
    changed: tuple[str, ...]
    actor: str
    correlation_id: UUID
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class LastAct:
    """The newest act of one share: what its contact was told of then, and how they were addressed.

    `invoice_revision` is the newest revision that sharing knew of then; None where it did not say.
    """

    firm_id: UUID
    share_id: UUID
    generation: int
    invoice_id: UUID
    contact_id: UUID
    channel: Channel
    version: int
    matter_name: str
    comments: CommentChoice
    on_payment_page: bool
    invoice_revision: int | None
    name: str
    email: str | None
    locale: str
    shared_at: datetime


@dataclass(frozen=True, slots=True)
class ToldChange:
    """That a change was told by a share, in this generation."""

    firm_id: UUID
    share_id: UUID
    generation: int
    event_id: UUID


def is_news(change: InvoiceChange, share: LastAct) -> bool:
    """Tell whether the share's last act did not know of the change, and its contact sees any of it."""
    return _was_unknown(change, share) and _is_seen(change, share)


def _was_unknown(change: InvoiceChange, share: LastAct) -> bool:
    """Compare revisions, which one service counts; the clocks of two have no common order."""
    if share.invoice_revision is not None:
        return change.revision > share.invoice_revision
    # Voiding and crediting make no version: better told once too often than never.
    return change.version > share.version or (change.version == share.version and change.kind != "revised")


def _is_seen(change: InvoiceChange, share: LastAct) -> bool:
    if change.kind != "revised":
        return True
    hidden = NEVER_TOLD if share.comments == "all" else NEVER_TOLD | {"comments"}
    return not hidden.issuperset(change.changed)
