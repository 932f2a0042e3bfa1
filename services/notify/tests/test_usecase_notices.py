"""Edits of a shared invoice: one notice per contact, after the quiet window, of all that is news to them."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest

from chassis.ids import new_id
from notify.domain.share import Share
from notify.usecases.withdraw_deliveries import withdraw_deliveries

Mailroom = Any


def parsed(content: bytes) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(content, policy=default))


def plain(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return body.get_content()


@pytest.mark.proves("I4", "N2")
async def test_five_edits_are_one_notice_from_what_was_known_to_what_holds(room: Mailroom) -> None:
    act = room.act()
    await room.plan(act)
    await room.send_due()
    totals = [123_450, 200_000, 150_000, 100_000, 90_000, 80_000]
    await room.edit(*(room.change_of(act, n + 1, totals[n], old_total_minor=totals[n - 1]) for n in range(1, 6)))
    assert await room.close(600) == 0
    assert await room.close() == 1
    await room.send_due()
    _, taken = room.server.mails
    mail = parsed(taken.content)
    assert mail["Subject"] == "Invoice 2026-0042 from Rook & Partners has changed"
    text = plain(mail)
    assert "Old total: $1,234.50" in text
    assert "New total: $800.00" in text
    assert [text.count(f"Reason {version}.") for version in range(2, 7)] == [1] * 5
    assert "$2,000.00" not in text
    assert await room.close() == 0
    assert len(await room.notices()) == 1


@pytest.mark.proves("N2")
async def test_a_window_is_over_when_the_firm_was_quiet_by_the_databases_clock(room: Mailroom) -> None:
    act = room.act()
    await room.plan(act)
    await room.edit(room.change_of(act, 2, 1))
    await room.write(
        "update change_windows set changed_at = changed_at - interval '590 s', opened_at = opened_at - interval '590 s'"
    )
    await room.edit(room.change_of(act, 3, 1))
    await room.write("update change_windows set changed_at = changed_at - interval '15 s'")
    assert await room.close(600) == 0
    await room.write("update change_windows set changed_at = changed_at - interval '590 s'")
    assert await room.close(600) == 1
    # A firm that never pauses is told of all the same.
    await room.edit(room.change_of(act, 4, 1))
    await room.write("update change_windows set opened_at = opened_at - interval '3601 s'")
    assert await room.close(600) == 1
    assert len(await room.notices()) == 2


@pytest.mark.proves("I4", "N2")
async def test_portal_and_e_mail_to_one_contact_are_one_mail_with_the_new_pdf(room: Mailroom) -> None:
    act = room.act()
    await room.plan(act, room.also(act, "email"))
    await room.edit(room.change_of(act, 2, 100))
    await room.close()
    (notice,) = await room.notices()
    assert await room.send_due() == 1, "the portal share's mail; the others wait for their PDFs"
    await room.make_pdf(act, b"the new version", version=2)
    assert await room.send_due() == 1
    mail = parsed(room.server.mails[-1].content)
    (attached,) = mail.iter_attachments()
    assert attached.get_content() == b"the new version"
    assert mail["X-Entity-Ref-ID"] == str(notice["delivery_id"])


@pytest.mark.proves("S7", "I4")
async def test_where_only_the_e_mail_share_has_ended_the_notice_goes_without_the_pdf(room: Mailroom) -> None:
    act = room.act()
    emailed = room.also(act, "email")
    await room.plan(act, emailed)
    await room.edit(room.change_of(act, 2, 100))
    await room.close()
    await room.make_pdf(act, version=2)
    room.gate.ended = {emailed[0].shares[0].share_id}
    assert await room.send_due() == 2
    for taken in room.server.mails:
        mail = parsed(taken.content)
        assert list(mail.iter_attachments()) == []
        assert "attached" not in plain(mail)
    told = [fact for _, fact in await room.facts()]
    assert [len(fact["items"]) for fact in told] == [1, 1]


@pytest.mark.proves("I4", "N2")
async def test_what_is_shared_in_the_window_is_not_told_of_older_versions(room: Mailroom) -> None:
    act = room.act("old@example.test")
    fresh = room.also(act, "portal", version=2, contact_id=new_id())
    await room.plan(act)
    await room.edit(room.change_of(act, 2, 100))
    await room.plan(fresh)
    await room.close()
    (notice,) = await room.notices()
    assert notice["contact_id"] == act[0].shares[0].contact_id
    await room.edit(room.change_of(act, 3, 50))
    await room.close()
    assert len(await room.notices()) == 3


@pytest.mark.proves("S7", "N2")
async def test_who_loses_it_in_the_window_is_not_told(room: Mailroom) -> None:
    act = room.act("gone@example.test", "ada@example.test")
    data, cause = act
    await room.plan(act)
    await room.send_due()
    await room.edit(room.change_of(act, 2, 100))
    gone = data.shares[0]
    ended = Share(cause.firm_id, gone.share_id, 1, data.invoice_id, gone.contact_id, "portal", "revoked")
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, [ended])
    await room.close()
    (notice,) = await room.notices()
    assert notice["recipient_email"] == "ada@example.test"


@pytest.mark.proves("S7", "N2")
async def test_a_planned_notice_is_withdrawn_when_its_share_ends(room: Mailroom) -> None:
    act = room.act()
    data, cause = act
    await room.plan(act)
    await room.send_due()
    await room.edit(room.change_of(act, 2, 100))
    await room.close()
    share = data.shares[0]
    ended = Share(cause.firm_id, share.share_id, 1, data.invoice_id, share.contact_id, "portal", "revoked")
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, [ended])
    (notice,) = await room.notices()
    assert (notice["state"], notice["reason"]) == ("withdrawn", "unshared")


@pytest.mark.proves("I4")
async def test_a_share_that_arrives_after_the_edit_it_did_not_know_of_is_told_of_it(room: Mailroom) -> None:
    act = room.act()
    await room.edit(room.change_of(act, 2, 100))
    await room.close()
    await room.plan(act)
    assert await room.close() == 1
    assert len(await room.notices()) == 1
    await room.plan(act)
    await room.close()
    assert len(await room.notices()) == 1


@pytest.mark.proves("I4")
async def test_a_credit_and_a_void_are_told_without_a_version_of_their_own(room: Mailroom) -> None:
    act = room.act()
    emailed = room.also(act, "email")
    await room.make_pdf(act)
    await room.plan(act, emailed)
    await room.edit(room.change_of(act, 1, 123_450, "credited", credited_minor=23_450, reason="Goodwill."))
    await room.close()
    await room.send_due()
    text = plain(parsed(room.server.mails[-1].content))
    for words in ("Total:     $1,234.50", "Credited:  $234.50", "Total less credits: $1,000.00", "Goodwill."):
        assert words in text
    await room.edit(room.change_of(act, 1, 123_450, "voided", reason="Sent in error."))
    await room.close()
    await room.send_due()
    mail = parsed(room.server.mails[-1].content)
    assert mail["Subject"] == "Invoice 2026-0042 from Rook & Partners is void"
    assert "Sent in error." in plain(mail)
    assert "/pay\n" not in plain(mail)
    assert list(mail.iter_attachments()) == []


@pytest.mark.proves("I4", "N5")
async def test_a_text_share_gets_no_mail_and_who_has_no_address_is_recorded(room: Mailroom) -> None:
    act = room.act(None)
    await room.plan(act, room.also(room.act(), "text"))
    await room.edit(room.change_of(act, 2, 100))
    await room.close()
    (notice,) = await room.notices()
    assert (notice["state"], notice["reason"]) == ("failed", "no_address")
