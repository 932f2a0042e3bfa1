"""Which edit is news to whom, and what counts as told: by revisions, never by clocks; once, and never lost."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import now
from chassis.database import Database, open_pool
from chassis.health import Progress
from chassis.intake.guard import Guard
from chassis.testing.records import record_of
from contracts.invoices import InvoiceRevised, InvoiceTotals, InvoiceVoided
from notify.handlers import FACTS
from notify.usecases.keep_firms import keep_firms
from notify.usecases.plan_notices import plan_notices

Mailroom = Any


def knowing(act: Any, revision: int | None, **more: Any) -> Any:
    """The same act, by a sharing that knew so much of the invoice."""
    data, cause = act
    return data.model_copy(update={"invoice_revision": revision} | more), cause


def voided(act: Any) -> InvoiceVoided:
    data, _ = act
    return InvoiceVoided(
        invoice_id=data.invoice_id,
        matter_id=data.matter_id,
        number=data.number,
        version=1,
        currency="USD",
        total_minor=data.total_minor,
        due_on=data.due_on,
        reason="Sent in error.",
    )


@pytest.mark.proves("I4")
@pytest.mark.parametrize(("known", "count"), [(2, 1), (3, 0), (None, 1)], ids=["unknown", "known", "not said"])
async def test_a_void_is_told_unless_sharing_knew_of_it_whatever_the_clocks_say(
    room: Mailroom, known: int | None, count: int
) -> None:
    act = knowing(room.act(), known)
    guard = Guard(room.database, FACTS, Progress())
    firm = room.firm.firm_id
    await room.plan(act)
    # By the clock of invoices it was voided long before it was shared.
    await guard.handle([record_of(voided(act), 1, firm=firm, revision=3, time=now() - timedelta(hours=1))])
    assert await room.close() == 1
    assert len(await room.notices()) == count


@pytest.mark.proves("I4", "N2")
async def test_a_second_share_of_a_contact_that_did_not_know_has_a_notice_of_its_own(room: Mailroom) -> None:
    act = room.act()
    await room.plan(act)
    await room.edit(room.change_of(act, 2, 100))
    await room.close()
    await room.plan(room.also(act, "link", version=1))
    assert await room.close() == 1
    notices = await room.notices()
    assert len(notices) == 2
    told = await room.rows("select share_id, delivery_id from told_changes")
    items = await room.rows("select share_id, delivery_id from delivery_items join deliveries using (delivery_id)")
    assert {tuple(row.values()) for row in told} <= {tuple(row.values()) for row in items}
    assert {row["delivery_id"] for row in told} == {row["delivery_id"] for row in notices}


@pytest.mark.proves("I4")
async def test_a_notice_names_the_edit_as_its_cause(room: Mailroom) -> None:
    act = room.act(None)
    await room.plan(act)
    change = room.change_of(act, 2, 100)
    await room.edit(change)
    await room.close()
    (notice,) = await room.notices()
    assert notice["caused_by"] == change.event_id != notice["occasion"]
    async with room.database.reading() as tx:
        payload = str(await tx.fetchval("select convert_from(payload, 'UTF8') from outbox order by outbox_id desc"))
    assert str(change.event_id) in payload


@pytest.mark.proves("I4", "S8")
@pytest.mark.parametrize("moment", ["planned", "claimed", "at the gate", "edited while hidden"])
async def test_what_was_not_told_while_a_share_was_hidden_is_told_when_it_is_back(room: Mailroom, moment: str) -> None:
    act = room.act()
    await room.plan(act)
    await room.send_due()
    if moment == "edited while hidden":
        await room.follow(act, "suspended")
    await room.edit(room.change_of(act, 2, 100))
    await room.close()
    if moment == "claimed":
        await room.write("update shares set state = 'suspended'")
        assert await room.send_due() == 0
    if moment == "at the gate":
        room.gate.ended = {act[0].shares[0].share_id}
        assert await room.send_due() == 1
        room.gate.ended = set()
    await room.follow(act, "suspended")
    assert len(room.server.mails) == 1
    await room.follow(act, "active")
    assert await room.close() == 1
    assert await room.send_due() == 1
    assert len(room.server.mails) == 2
    await room.follow(act, "suspended")
    await room.follow(act, "active")
    await room.close()
    assert await room.send_due() == 0


@pytest.mark.proves("I4")
@pytest.mark.parametrize(
    ("comments", "changed", "count"),
    [
        ("all", ("comments",), 1),
        ("none", ("comments",), 0),
        ("none", ("comments", "due_date"), 1),
        ("all", ("notes",), 0),
        ("none", ("comments", "notes"), 0),
        ("all", ("notes", "lines"), 1),
    ],
)
async def test_nobody_is_told_of_what_they_do_not_see(
    room: Mailroom, comments: str, changed: tuple[str, ...], count: int
) -> None:
    act = knowing(room.act(), 1, comments=comments)
    data, _ = act
    totals = InvoiceTotals(subtotal_minor=123_450, discount_minor=0, tax_minor=0, total_minor=123_450)
    fact = InvoiceRevised(
        invoice_id=data.invoice_id, matter_id=data.matter_id, number=data.number, version=2, currency="USD",
        totals=totals, previous_total_minor=123_450, issued_on=data.due_on, due_on=data.due_on, reason="So.",
        changed=list(changed),  # pyright: ignore[reportArgumentType]
    )  # fmt: skip
    await room.plan(act)
    guard = Guard(room.database, FACTS, Progress())
    await guard.handle([record_of(fact, 1, firm=room.firm.firm_id, revision=2)])
    await room.close()
    assert len(await room.notices()) == count


@pytest.mark.proves("I4")
async def test_a_notice_shows_what_holds_now_though_the_last_edit_is_no_news(room: Mailroom) -> None:
    act = room.act()
    await room.plan(act)
    edits = [
        room.change_of(act, 2, 100),
        room.change_of(act, 3, 100, changed=("notes",), old_total_minor=100, reason="Notes."),
    ]
    await room.edit(*edits)
    await room.close()
    (notice,) = await room.notices()
    assert (notice["version"], notice["caused_by"]) == (3, edits[0].event_id)
    assert "Notes." not in notice["news"]


@pytest.mark.proves("N2")
async def test_a_firms_own_quiet_window_goes_before_the_settings(room: Mailroom) -> None:
    act = room.act()
    await room.plan(act)
    async with room.database.transaction() as tx:
        await keep_firms(tx, [replace(room.firm, quiet_window_seconds=0, revision=2)])
    await room.edit(room.change_of(act, 2, 100))
    assert await room.close(600) == 1

    async with room.database.transaction() as tx:
        await keep_firms(tx, [replace(room.firm, quiet_window_seconds=1200, revision=3)])
    await room.edit(room.change_of(act, 3, 50))
    await room.write("update change_windows set changed_at = changed_at - interval '601 s'")
    assert await room.close(600) == 0
    await room.write("update change_windows set changed_at = changed_at - interval '600 s'")
    assert await room.close(600) == 1
    assert len(await room.notices()) == 2


async def test_an_idle_planner_commits_nothing(room: Mailroom) -> None:
    commits: list[None] = []
    pool = await open_pool(room.dsn, application="test", size_max=1)
    watched = Database(pool, lambda: commits.append(None))
    act = room.act()
    await room.plan(act)
    await room.edit(room.change_of(act, 2, 100))
    assert await plan_notices(watched, 100, 600) == 0
    assert commits == []
    assert await plan_notices(watched, 100, 0) == 1
    assert len(commits) == 1
    await watched.close()


@pytest.mark.proves("I4", "S7")
async def test_of_two_acts_the_one_that_comes_later_counts_whatever_the_clocks_say(room: Mailroom) -> None:
    act = room.act(channel="email")
    guard = Guard(room.database, FACTS, Progress())
    firm = room.firm.firm_id
    shared, _ = knowing(act, 1)
    again, _ = knowing(act, 2, comments="none")
    await guard.handle([record_of(shared, 1, firm=firm, time=now())])
    # Shared by another replica of sharing, whose clock is behind.
    await guard.handle([record_of(again, 2, firm=firm, time=now() - timedelta(milliseconds=300))])
    await room.edit(room.change_of(act, 3, 123_450, changed=("comments",)))
    await room.close()
    assert await room.notices() == []
    # Its generation is older: it comes late.
    await room.write("update share_acts set generation = 2")
    await guard.handle([record_of(shared, 3, firm=firm)])
    assert await room.rows("select comments, invoice_revision from share_acts") == [
        {"comments": "none", "invoice_revision": 2}
    ]
