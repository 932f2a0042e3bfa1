"""What becomes of a final invoice: what counts as a change, and what is refused."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from invoices.domain.correction import Revision, credit, revise, void
from invoices.domain.invoice import Comment, Content, Invoice, Issue, Terms
from invoices.domain.printing import ATTEMPTS_MAX, judge
from invoices.domain.refusal import Refusal
from invoices.domain.totals import Line, Totals

ID = UUID(int=1)
ADVICE = Line("time", "Advice", Decimal("2.5000"), 4_000, Decimal(0))
FEE = Line("expense", "Court fee", Decimal(1), 500, Decimal(0))
THANKS = Comment("Thank you.", is_client_visible=True)
ASIDE = Comment("Slow payer", is_client_visible=False)
TERMS = Terms("USD", 0, None, 30, None)
CONTENT = Content((ADVICE, FEE), (THANKS, ASIDE))
ISSUE = Issue(7, version=3, issued_on=date(2026, 11, 22), due_on=date(2026, 12, 22))
FINAL = Invoice(ID, ID, ID, "final", TERMS, Totals(10_500, 0, 0, 10_500), (), ISSUE, revision=6)
DRAFT = replace(FINAL, state="draft", issue=None)
VOID = replace(FINAL, state="void")


@pytest.mark.proves("I4")
@pytest.mark.parametrize(
    ("terms", "content", "changed"),
    [
        pytest.param(TERMS, CONTENT, (), id="nothing"),
        pytest.param(TERMS, replace(CONTENT, comments=(THANKS,)), (), id="an internal comment less"),
        pytest.param(TERMS, replace(CONTENT, comments=(ASIDE, THANKS, ASIDE)), (), id="internal ones elsewhere"),
        pytest.param(replace(TERMS, due_in_days=None), CONTENT, (), id="the same day by default"),
        pytest.param(replace(TERMS, due_in_days=None, due_on=ISSUE.due_on), CONTENT, (), id="the same day by date"),
        pytest.param(TERMS, replace(CONTENT, comments=(ASIDE,)), ("comments",), id="a visible comment less"),
        pytest.param(
            TERMS,
            replace(CONTENT, comments=(THANKS, replace(ASIDE, is_client_visible=True))),
            ("comments",),
            id="an internal one becomes visible",
        ),
        pytest.param(replace(TERMS, notes="By wire."), CONTENT, ("notes",), id="notes"),
        pytest.param(replace(TERMS, due_in_days=14), CONTENT, ("due_date",), id="due date"),
        pytest.param(replace(TERMS, discount_minor=500), CONTENT, ("totals",), id="discount"),
        pytest.param(TERMS, replace(CONTENT, lines=(FEE, ADVICE)), ("lines",), id="order of lines"),
        pytest.param(TERMS, replace(CONTENT, lines=(ADVICE,)), ("lines", "totals"), id="a line less"),
        pytest.param(
            replace(TERMS, discount_minor=1, due_in_days=0, notes="New."),
            Content((FEE,), ()),
            ("lines", "totals", "due_date", "comments", "notes"),
            id="everything",
        ),
    ],
)
def test_a_version_comes_of_what_a_contact_would_see(terms: Terms, content: Content, changed: tuple[str, ...]) -> None:
    revision = revise(FINAL, CONTENT, terms, content)
    assert isinstance(revision, Revision)
    assert revision.changed == changed
    invoice, is_new = revision.invoice, bool(changed)
    assert invoice.issue is not None
    assert (invoice.terms, invoice.revision, invoice.issue.version) == (terms, 6 + is_new, 3 + is_new)
    assert (invoice.issue.number, invoice.issue.issued_on) == (ISSUE.number, ISSUE.issued_on)


@pytest.mark.proves("I4")
@pytest.mark.parametrize(
    ("invoice", "terms", "content", "refusal"),
    [
        pytest.param(DRAFT, TERMS, CONTENT, Refusal.NOT_FINAL, id="draft"),
        pytest.param(VOID, TERMS, CONTENT, Refusal.VOID, id="void"),
        pytest.param(FINAL, replace(TERMS, currency="EUR"), CONTENT, Refusal.CURRENCY_DIFFERS, id="currency"),
        pytest.param(FINAL, TERMS, Content((), ()), Refusal.NO_LINES, id="no lines"),
        pytest.param(
            FINAL,
            replace(TERMS, due_in_days=None, due_on=date(2026, 11, 21)),
            CONTENT,
            Refusal.DUE_BEFORE_ISSUE,
            id="due before it was issued",
        ),
        pytest.param(
            FINAL, replace(TERMS, discount_minor=10_501), CONTENT, Refusal.DISCOUNT_EXCEEDS_SUBTOTAL, id="discount"
        ),
        pytest.param(
            replace(FINAL, credited_minor=501),
            TERMS,
            Content((FEE,), ()),
            Refusal.CREDIT_EXCEEDS_TOTAL,
            id="below what was credited",
        ),
    ],
)
def test_what_cannot_be_revised(invoice: Invoice, terms: Terms, content: Content, refusal: Refusal) -> None:
    assert revise(invoice, CONTENT, terms, content) is refusal


@pytest.mark.proves("I4")
def test_an_invoice_that_was_issued_overdue_can_be_revised_in_all_else() -> None:
    terms = replace(TERMS, due_in_days=None, due_on=date(2026, 1, 1))
    overdue = replace(FINAL, terms=terms, issue=replace(ISSUE, due_on=date(2026, 1, 1)))
    assert isinstance(revise(overdue, CONTENT, replace(terms, notes="Paid late."), CONTENT), Revision)


@pytest.mark.proves("I4")
def test_a_final_invoice_is_voided_once_and_a_draft_never() -> None:
    voided = void(FINAL)
    assert isinstance(voided, Invoice)
    assert (voided.state, voided.revision, voided.issue) == ("void", 7, ISSUE)
    assert void(voided) is voided
    assert void(DRAFT) is Refusal.NOT_FINAL


@pytest.mark.proves("I4", "P12")
def test_credits_add_up_to_the_total_and_not_beyond() -> None:
    first = credit(FINAL, 10_000)
    assert isinstance(first, Invoice)
    assert (first.credited_minor, first.revision, first.totals) == (10_000, 7, FINAL.totals)
    assert credit(first, 501) is Refusal.CREDIT_EXCEEDS_TOTAL
    whole = credit(first, 500)
    assert isinstance(whole, Invoice)
    assert whole.credited_minor == 10_500
    assert credit(DRAFT, 1) is Refusal.NOT_FINAL
    assert credit(VOID, 1) is Refusal.VOID


@pytest.mark.proves("I5")
def test_a_pdf_that_takes_too_long_is_given_up_in_the_end_and_an_unreachable_store_is_nobodys_fault() -> None:
    pauses = [judge("too_slow", attempt).pause_seconds for attempt in range(1, ATTEMPTS_MAX + 1)]
    assert pauses == [30.0, 60.0, 120.0, 240.0, None]
    assert judge("refused", 1).pause_seconds is None
    assert judge("interrupted", ATTEMPTS_MAX + 1).pause_seconds is None
    unavailable = judge("unavailable", ATTEMPTS_MAX)
    assert (unavailable.counts, unavailable.pause_seconds is None) == (False, False)
