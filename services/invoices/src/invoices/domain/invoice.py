"""The invoice: draft, then final with a number and versions."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from invoices.domain.currency import is_currency
from invoices.domain.key import Key
from invoices.domain.refusal import Refusal
from invoices.domain.totals import Line, Totals, total_up

DUE_IN_DAYS_DEFAULT = 30
TEXT_LINES_MAX = 5000
"""Lines of notes and comments that a PDF shows: above a hundred pages, and set within a second or two."""

State = Literal["draft", "final", "void"]
"""What invoices decides. Partly paid and paid are not stored: they follow from the balance that payments announces."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A remark; an internal one is never shown to a contact."""

    text: str
    is_client_visible: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What an invoice says beside its lines and comments. Of `due_on` and `due_in_days` at most one is given."""

    currency: str
    discount_minor: int
    due_on: date | None
    due_in_days: int | None
    notes: str | None


@dataclass(frozen=True, slots=True)
class Content:
    """Lines and comments, in the order they were entered."""

    lines: tuple[Line, ...]
    comments: tuple[Comment, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """What finalising gives. `sequence` counts up by one per firm; `version` by one per change from then on."""

    sequence: int
    version: int
    issued_on: date
    due_on: date

    @property
    def number(self) -> str:
        """The number as it is printed: padded, so that numbers sort as text."""
        return f"INV-{self.sequence:06d}"


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice at a revision. `issue` is None exactly while it is a draft; `credited_minor` sums up its credits."""

    firm_id: UUID
    invoice_id: UUID
    matter_id: UUID
    state: State
    terms: Terms
    totals: Totals
    share_with: tuple[UUID, ...]
    issue: Issue | None
    revision: int
    credited_minor: int = 0

    @property
    def key(self) -> Key:
        return self.firm_id, self.invoice_id

    def says_the_same(self, other: "Invoice") -> bool:
        """Whether both were drafted alike: same matter, terms, totals and contacts to share with."""
        return (self.matter_id, self.terms, self.totals, self.share_with) == (
            other.matter_id,
            other.terms,
            other.totals,
            other.share_with,
        )


def change_draft(invoice: Invoice, terms: Terms, content: Content) -> Invoice | Refusal:
    """Give the draft other terms and lines."""
    if invoice.state != "draft":
        return Refusal.NOT_DRAFT
    totals = admit_terms(terms, content) or total_up(content.lines, terms.discount_minor)
    if isinstance(totals, Refusal):
        return totals
    return replace(invoice, terms=terms, totals=totals, revision=invoice.revision + 1)


def admit_terms(terms: Terms, content: Content) -> Refusal | None:
    """Why no draft can say this, if so."""
    return admit_text(terms, content) if is_currency(terms.currency) else Refusal.INVALID_CURRENCY


def admit_text(terms: Terms, content: Content) -> Refusal | None:
    """Why notes and comments cannot be printed, if so: a few kilobytes of line ends come to hundreds of pages."""
    shown = [comment.text for comment in content.comments if comment.is_client_visible]
    line_count = sum(len(text.splitlines()) for text in (terms.notes or "", *shown))
    return Refusal.TOO_MANY_LINES if line_count > TEXT_LINES_MAX else None


def admit_finalising(invoice: Invoice, line_count: int) -> Refusal | None:
    """Why this draft cannot become final, if so. Asked before a number is taken: a refused one uses none up."""
    if invoice.state == "void":
        return Refusal.VOID
    if line_count == 0:
        return Refusal.NO_LINES
    return None


def admit_due_day(terms: Terms, issued_on: date) -> Refusal | None:
    """Why an invoice of this day cannot have these terms, if so: it would be overdue before anybody has seen it."""
    return Refusal.DUE_BEFORE_ISSUE if due_day(terms, issued_on) < issued_on else None


def finalise(invoice: Invoice, sequence: int, issued_on: date) -> Invoice:
    """Make the draft its first version."""
    assert invoice.state == "draft"
    assert invoice.issue is None
    issue = Issue(sequence, version=1, issued_on=issued_on, due_on=due_day(invoice.terms, issued_on))
    return replace(invoice, state="final", issue=issue, revision=invoice.revision + 1)


def due_day(terms: Terms, issued_on: date) -> date:
    """Tell the day by which it is to be paid: as said, or so many days after it was issued."""
    if terms.due_on is not None:
        return terms.due_on
    days = DUE_IN_DAYS_DEFAULT if terms.due_in_days is None else terms.due_in_days
    return issued_on + timedelta(days=days)
