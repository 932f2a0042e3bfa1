"""A PDF that is to be made: what is asked for, and what becomes of one attempt."""

from dataclasses import dataclass
from typing import Literal, TypeAlias
from uuid import UUID

from invoices.domain.document import CommentChoice
from invoices.domain.history import Origin
from invoices.domain.key import Key
from invoices.domain.version import Version

ATTEMPTS_MAX = 5
"""Attempts that were begun: one that kills the process is counted too, and found. So many kills cost the PDF."""
UNAVAILABLE_PAUSE_SECONDS = 10.0

DocumentState = Literal["pending", "ready", "failed"]
DocumentKey: TypeAlias = tuple[UUID, UUID, int, CommentChoice]
"""Firm, invoice, version, choice of comments."""
Fault = Literal["refused", "too_slow", "interrupted", "unavailable"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The PDF of one version and choice of comments, wanted because of `origin`."""

    firm_id: UUID
    invoice_id: UUID
    version: int
    comments: CommentChoice
    origin: Origin

    @property
    def invoice_key(self) -> Key:
        return self.firm_id, self.invoice_id

    @property
    def key(self) -> DocumentKey:
        return self.firm_id, self.invoice_id, self.version, self.comments


@dataclass(frozen=True, slots=True)
class Claimed:
    """A PDF that this process makes until its lease ends. `attempt` counts from 1, this one included.

    `printed` is there where it was made before: only what cannot be read any more is made again.
    """

    version: Version
    comments: CommentChoice
    attempt: int
    printed: "Printed | None"
    lease_token: UUID
    actor: str
    correlation_id: UUID
    causation_id: UUID
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF in the blob store."""

    sha256: str
    size_bytes: int
    file_name: str


@dataclass(frozen=True, slots=True)
class Setback:
    """No PDF this time. Without a pause there never will be one; an attempt that does not count was not its fault."""

    fault: Fault
    pause_seconds: float | None
    counts: bool = True


def judge(fault: Fault, attempt: int) -> Setback:
    """Decide what follows from a fault. A store that cannot be reached says nothing about the document."""
    if fault == "unavailable":
        return Setback(fault, UNAVAILABLE_PAUSE_SECONDS, counts=False)
    if fault == "too_slow" and attempt < ATTEMPTS_MAX:
        return Setback(fault, 15.0 * 2**attempt)
    return Setback(fault, None)
