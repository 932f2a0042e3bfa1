"""What can become of a final invoice: revised into a new version, voided, credited (I4)."""

from dataclasses import dataclass, replace
from typing import Literal

from invoices.domain.invoice import Comment, Content, Invoice, Terms, admit_due_day, admit_text, due_day
from invoices.domain.refusal import Refusal
from invoices.domain.totals import total_up

Change = Literal["lines", "totals", "due_date", "comments", "notes"]
"""What a contact would see differently."""


@dataclass(frozen=True, slots=True)
class Revision:
    """The invoice as it is after it. Nothing that a contact sees has changed: no new version, and nobody is told."""

    invoice: Invoice
    changed: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Credit:
    """An amount taken off what an invoice asks for, and why."""

    amount_minor: int
    reason: str


def revise(
    invoice: Invoice, before: Content, terms: Terms, after: Content, base_version: int | None = None
) -> Revision | Refusal:
    """Give a final invoice other terms and content; a new version where a contact would see the difference.

    The day it was issued stays, and days to pay count from there. `base_version` is what the editor saw: where there is
    another by now, only what changes nothing is admitted.
    """
    refusal = _refuse_correction(invoice)
    if refusal:
        return refusal
    assert invoice.issue is not None
    says_the_same = (terms, after) == (invoice.terms, before)
    if base_version not in {None, invoice.issue.version} and not says_the_same:
        return Refusal.STALE_VERSION
    # One that was issued overdue, as was admitted once, can be revised in all else.
    due_on = due_day(terms, invoice.issue.issued_on)
    refusal = _refuse_terms(invoice, terms, after)
    if due_on != invoice.issue.due_on:
        refusal = refusal or admit_due_day(terms, invoice.issue.issued_on)
    if refusal:
        return refusal
    totals = total_up(after.lines, terms.discount_minor)
    if isinstance(totals, Refusal):
        return totals
    if totals.total_minor < invoice.credited_minor:
        # The rest of the credits would be owed to a payer who never paid it.
        return Refusal.CREDIT_EXCEEDS_TOTAL
    differs: dict[Change, bool] = {
        "lines": after.lines != before.lines,
        "totals": totals != invoice.totals,
        "due_date": due_on != invoice.issue.due_on,
        "comments": _shown(after) != _shown(before),
        "notes": terms.notes != invoice.terms.notes,
    }
    changed: tuple[Change, ...] = tuple(change for change, is_so in differs.items() if is_so)
    revised = replace(invoice, terms=terms, totals=totals)
    if changed:
        issue = replace(invoice.issue, version=invoice.issue.version + 1, due_on=due_on)
        revised = replace(revised, issue=issue, revision=invoice.revision + 1)
    return Revision(revised, changed)


def void(invoice: Invoice) -> Invoice | Refusal:
    """Declare a final invoice void; the very same invoice where it is void already."""
    if invoice.state == "void":
        return invoice
    return _refuse_correction(invoice) or replace(invoice, state="void", revision=invoice.revision + 1)


def credit(invoice: Invoice, amount_minor: int) -> Invoice | Refusal:
    """Take an amount off; what was paid already stays paid, so the payer may have money coming back (P12)."""
    refusal = _refuse_correction(invoice)
    if refusal:
        return refusal
    credited_minor = invoice.credited_minor + amount_minor
    if credited_minor > invoice.totals.total_minor:
        return Refusal.CREDIT_EXCEEDS_TOTAL
    return replace(invoice, credited_minor=credited_minor, revision=invoice.revision + 1)


def _refuse_correction(invoice: Invoice) -> Refusal | None:
    refusals = {"draft": Refusal.NOT_FINAL, "void": Refusal.VOID}
    return refusals.get(invoice.state)


def _refuse_terms(invoice: Invoice, terms: Terms, after: Content) -> Refusal | None:
    if terms.currency != invoice.terms.currency:
        return Refusal.CURRENCY_DIFFERS
    return admit_text(terms, after) if after.lines else Refusal.NO_LINES


def _shown(content: Content) -> tuple[Comment, ...]:
    return tuple(comment for comment in content.comments if comment.is_client_visible)
