"""Draft to final; days; the status that is shown."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from invoices.domain.balance import Balance, Status, shown_status
from invoices.domain.firm import day_at, is_time_zone
from invoices.domain.invoice import (
    Comment,
    Content,
    Invoice,
    State,
    Terms,
    admit_finalising,
    admit_text,
    change_draft,
    due_day,
    finalise,
)
from invoices.domain.refusal import Refusal
from invoices.domain.scopes import ALL_SCOPES, covers
from invoices.domain.totals import Totals

ID = UUID(int=1)
TERMS = Terms("USD", 0, None, None, None)
DRAFT = Invoice(ID, ID, ID, "draft", TERMS, Totals(0, 0, 0, 0), (), None, revision=4)
DAY = date(2026, 11, 22)


@pytest.mark.proves("I3")
def test_finalising_gives_number_version_and_days() -> None:
    final = finalise(DRAFT, 7, DAY)
    assert final.issue is not None
    assert (final.state, final.revision) == ("final", 5)
    assert (final.issue.number, final.issue.version) == ("INV-000007", 1)
    assert (final.issue.issued_on, final.issue.due_on) == (DAY, date(2026, 12, 22))


@pytest.mark.proves("I3")
@pytest.mark.parametrize(
    ("state", "line_count", "refusal"),
    [("draft", 1, None), ("draft", 0, Refusal.NO_LINES), ("void", 1, Refusal.VOID)],
)
def test_who_may_become_final(state: State, line_count: int, refusal: Refusal | None) -> None:
    assert admit_finalising(replace(DRAFT, state=state), line_count) is refusal


@pytest.mark.proves("I2")
@pytest.mark.parametrize(
    ("terms", "due"),
    [
        (TERMS, date(2026, 12, 22)),
        (replace(TERMS, due_in_days=0), DAY),
        (replace(TERMS, due_in_days=14), date(2026, 12, 6)),
        (replace(TERMS, due_on=date(2027, 1, 31)), date(2027, 1, 31)),
    ],
    ids=["default", "at once", "terms", "date"],
)
def test_the_due_day_is_as_said_or_thirty_days_on(terms: Terms, due: date) -> None:
    assert due_day(terms, DAY) == due


@pytest.mark.proves("I3")
def test_a_final_invoice_does_not_change_as_a_draft() -> None:
    assert change_draft(finalise(DRAFT, 1, DAY), TERMS, Content((), ())) is Refusal.NOT_DRAFT


@pytest.mark.parametrize(
    ("time_zone", "day"), [("UTC", DAY), ("Pacific/Auckland", date(2026, 11, 23)), ("America/New_York", DAY)]
)
def test_the_day_is_that_of_the_firm(time_zone: str, day: date) -> None:
    assert day_at(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), time_zone) == day


@pytest.mark.parametrize(("name", "known"), [("Europe/Vienna", True), ("Mars/Olympus", False), ("../etc", False)])
def test_time_zones_are_those_of_the_database(name: str, *, known: bool) -> None:
    assert is_time_zone(name) is known


@pytest.mark.parametrize(
    ("state", "sums", "status"),
    [
        pytest.param("draft", None, "draft", id="draft"),
        pytest.param("final", None, "final", id="payments has not spoken"),
        pytest.param("final", (100, 0, 0), "final", id="nothing paid"),
        pytest.param("final", (70, 0, 0), "final", id="credited"),
        pytest.param("final", (99, 1, 0), "partly_paid", id="paid in part"),
        pytest.param("final", (70, 60, 30), "partly_paid", id="refunded in part"),
        pytest.param("final", (100, 60, 60), "final", id="refunded"),
        pytest.param("final", (0, 100, 0), "paid", id="paid"),
        pytest.param("final", (0, 120, 0), "paid", id="overpaid"),
        pytest.param("final", (0, 60, 30), "paid", id="paid and refunded in part, the rest credited"),
        pytest.param("final", (0, 0, 0), "final", id="credited in full"),
        pytest.param("final", (0, 100, 100), "final", id="refunded, then credited in full"),
        pytest.param("void", (0, 100, 0), "void", id="void"),
    ],
)
def test_the_status_follows_from_the_balance(state: State, sums: tuple[int, int, int] | None, status: Status) -> None:
    balance = None
    if sums is not None:
        open_minor, settled_minor, refunded_minor = sums
        balance = Balance(ID, ID, 1, "USD", 100, open_minor, open_minor, settled_minor, refunded_minor, 0, revision=1)
    assert shown_status(state, balance) == status


def test_an_invoice_that_asks_for_nothing_is_paid() -> None:
    assert shown_status("final", Balance(ID, ID, 1, "USD", 0, 0, 0, 0, 0, 0, revision=1)) == "paid"


@pytest.mark.proves("I5")
@pytest.mark.parametrize(
    ("notes", "comments", "refusal"),
    [
        pytest.param(None, [], None, id="none"),
        pytest.param("\n" * 2_000, ["\n" * 3_000], None, id="as many as can be printed"),
        pytest.param("\n" * 2_000, ["\n" * 3_001], Refusal.TOO_MANY_LINES, id="one more"),
        pytest.param(None, ["\r" * 2_501, "\u2028" * 2_500], Refusal.TOO_MANY_LINES, id="other ends of lines"),
        pytest.param(None, ["word " * 1_000] * 200, None, id="much text in few lines"),
    ],
)
def test_text_has_no_more_lines_than_can_be_printed(
    notes: str | None, comments: list[str], refusal: Refusal | None
) -> None:
    said = tuple(Comment(text, is_client_visible=True) for text in comments)
    internal = Comment("\n" * 5_000, is_client_visible=False)
    terms = Terms("USD", 0, None, None, notes)
    assert admit_text(terms, Content((), (*said, internal))) == refusal


@pytest.mark.proves("I1")
def test_nobody_hands_out_a_scope_that_they_lack() -> None:
    mine = frozenset({"matters:read", "keys:write"})
    assert covers(mine.__contains__, ["matters:read"])
    assert not covers(mine.__contains__, ["matters:read", "matters:write"])
    assert len(ALL_SCOPES) == 18
