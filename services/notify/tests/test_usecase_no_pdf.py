"""Mails that wait for a PDF: due when it is there, failed when it is given up, never looked at meanwhile."""

from typing import Any

import pytest

from chassis.health import Progress
from chassis.ids import new_id
from chassis.intake.guard import Guard
from chassis.outcome import Cause
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


STATES = "select template, state, reason from deliveries order by planned_at, delivery_id"


async def told_of_by_portal_and_mail(room: Mailroom) -> Any:
    """An invoice that Ada has by both channels and has been told of."""
    act = room.act()
    emailed = room.also(act, "email")
    await room.make_pdf(act)
    await room.plan(act, emailed)
    assert await room.send_due() == 2
    return act


@pytest.mark.proves("I4", "N5")
@pytest.mark.parametrize("order", ["before", "after"])
async def test_a_notice_goes_without_the_pdf_to_those_who_have_the_invoice_elsewhere(
    room: Mailroom, order: str
) -> None:
    act = await told_of_by_portal_and_mail(room)
    await room.edit(room.change_of(act, 2, 100))
    if order == "before":
        await give_up(room, act, version=2)
    await room.close()
    if order == "after":
        await give_up(room, act, version=2)
    assert await room.send_due() == 1
    assert b"application/pdf" not in room.server.mails[-1].content
    ends = [(kind, told["items"][0]["channel"]) for kind, told in (await room.facts())[-2:]]
    assert ends == [("delivery-failed", "email"), ("delivery-accepted", "portal")]
    told = await room.rows("select delivery_id from told_changes join delivery_items using (delivery_id, share_id)")
    assert len({row["delivery_id"] for row in told}) == 2

    await room.make_pdf(act, version=2)
    assert await room.send_due() == 1
    assert b"application/pdf" in room.server.mails[-1].content
    assert len(room.server.mails) == 4
    assert await room.close() == 0
    assert {row["state"] for row in await room.rows(STATES)} == {"accepted"}


@pytest.mark.proves("S3", "N5")
async def test_a_mail_that_failed_for_want_of_its_pdf_goes_when_it_is_made_after_all(room: Mailroom) -> None:
    act = room.act(channel="email")
    await room.plan(act)
    await give_up(room, act)
    await room.make_pdf(act, version=2)
    assert await room.send_due() == 0
    await room.make_pdf(act)
    assert await room.send_due() == 1
    assert await room.state() == ("accepted", None)
    assert [kind for kind, _ in await room.facts()] == ["delivery-failed", "delivery-accepted"]
    await room.make_pdf(act)
    assert await room.send_due() == 0


@pytest.mark.proves("S7", "N5")
async def test_what_was_unshared_since_it_failed_is_not_sent_when_the_pdf_is_made(room: Mailroom) -> None:
    act = room.act(channel="email")
    await room.plan(act)
    await give_up(room, act)
    await room.follow(act, "revoked", "email")
    await room.make_pdf(act)
    assert await room.send_due() == 0
    assert await room.state() == ("failed", "no_pdf")


@pytest.mark.proves("N2", "N5")
async def test_of_all_that_failed_for_want_of_a_pdf_a_contact_gets_the_newest(room: Mailroom) -> None:
    act = room.act(channel="email")
    await room.plan(act)
    await give_up(room, act)
    await room.plan((act[0], Cause("notify", new_id(), act[1].firm_id, act[1].actor, new_id())))
    await room.make_pdf(act)
    assert await room.send_due() == 1
    assert [row["state"] for row in await room.rows(STATES)] == ["failed", "accepted"]


@pytest.mark.proves("I4", "N5")
async def test_a_mail_whose_invoice_was_told_to_be_void_since_is_not_sent_any_more(room: Mailroom) -> None:
    act = room.act(channel="email")
    await room.plan(act)
    await give_up(room, act)
    await room.edit(room.change_of(act, 1, 123_450, "voided"))
    await room.close()
    assert await room.send_due() == 1
    await room.make_pdf(act)
    assert await room.send_due() == 0
    assert [row["state"] for row in await room.rows(STATES)] == ["failed", "accepted"]
