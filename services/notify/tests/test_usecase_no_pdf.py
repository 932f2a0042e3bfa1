"""Mails that wait for a PDF: due when it is there, failed when it is given up, never looked at meanwhile."""

from typing import Any

import pytest

from chassis.health import Progress
from chassis.intake.guard import Guard
from chassis.testing.records import record_of
from contracts.invoices import InvoicePdfFailed
from notify.handlers import FACTS

Mailroom = Any
WAITING = "select next_at = 'infinity' as waits from deliveries where state = 'planned'"


async def give_up(room: Mailroom, act: Any, version: int = 1) -> None:
    fact = InvoicePdfFailed(invoice_id=act[0].invoice_id, version=version, comments="all", reason="too_slow")
    await Guard(room.database, FACTS, Progress()).handle([record_of(fact, 1, firm=room.firm.firm_id)])


@pytest.mark.proves("S3", "N5")
@pytest.mark.parametrize("order", ["before", "after"])
async def test_a_mail_whose_pdf_is_given_up_fails_and_that_is_told(room: Mailroom, order: str) -> None:
    act = room.act(channel="email")
    if order == "before":
        await give_up(room, act)
    await room.plan(act)
    if order == "after":
        await give_up(room, act)
    assert await room.state() == ("failed", "no_pdf")
    ((kind, told),) = await room.facts()
    assert (kind, told["reason"], told["attempts"]) == ("delivery-failed", "no_pdf", 0)
    assert [item["share_id"] for item in told["items"]] == [str(act[0].shares[0].share_id)]
    assert await room.send_due() == 0
    await give_up(room, act)
    assert len(await room.facts()) == 1


@pytest.mark.proves("S3")
@pytest.mark.parametrize("order", ["before", "after"])
async def test_a_pdf_that_is_made_after_all_or_of_another_version_harms_nothing(room: Mailroom, order: str) -> None:
    act = room.act(channel="email")
    await give_up(room, act, version=2)
    if order == "before":
        await give_up(room, act)
        await room.make_pdf(act)
    await room.plan(act)
    if order == "after":
        await room.make_pdf(act)
        await give_up(room, act)
    assert await room.send_due() == 1
    assert (await room.state())[0] == "accepted"


@pytest.mark.proves("S3", "N5")
async def test_what_waits_for_a_pdf_is_not_due_until_it_is_there(room: Mailroom) -> None:
    act = room.act(channel="email")
    await room.plan(act)
    assert await room.rows(WAITING) == [{"waits": True}]
    await room.make_pdf(act, version=2)
    assert await room.rows(WAITING) == [{"waits": True}]
    await room.make_pdf(act)
    assert await room.rows(WAITING) == [{"waits": False}]


@pytest.mark.proves("S7", "N2")
async def test_a_notice_waits_no_more_when_only_the_share_with_the_pdf_ends(room: Mailroom) -> None:
    act = room.act()
    emailed = room.also(act, "email")
    await room.make_pdf(act)
    await room.plan(act, emailed)
    assert await room.send_due() == 2
    await room.edit(room.change_of(act, 2, 100))
    await room.close()
    assert await room.send_due() == 0
    await room.follow(emailed, "revoked", "email")
    assert await room.send_due() == 1
