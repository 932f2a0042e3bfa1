"""Edits of a shared invoice: one notice per contact, after the quiet window, of all that is news to them."""

from datetime import date, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast
from uuid import UUID

import pytest

from chassis.clock import now
from chassis.ids import new_id
from chassis.outcome import Cause
from contracts.fields import Channel
from contracts.sharing import InvoiceShared
from notify.domain.changes import ChangeKind, InvoiceChange
from notify.domain.share import Share
from notify.usecases.keep_changes import keep_changes
from notify.usecases.plan_notices import plan_notices
from notify.usecases.withdraw_deliveries import withdraw_deliveries

Mailroom = Any
Act = tuple[InvoiceShared, Cause]


def change_of(act: Act, version: int, total_minor: int, kind: ChangeKind = "revised", **more: Any) -> InvoiceChange:
    data, cause = act
    made_up: dict[str, Any] = {
        "firm_id": cause.firm_id,
        "invoice_id": data.invoice_id,
        "event_id": new_id(),
        "kind": kind,
        "number": data.number,
        "version": version,
        "currency": "USD",
        "old_total_minor": 123_450,
        "new_total_minor": total_minor,
        "credited_minor": 0,
        "due_on": date(2026, 12, 31),
        "reason": f"Reason {version}.",
        "changed_at": now() + timedelta(seconds=1),
        "actor": "staff:s-1",
        "correlation_id": new_id(),
        "traceparent": None,
    }
    return InvoiceChange(**(made_up | more))


def also(act: Act, channel: Channel, version: int = 1, contact_id: UUID | None = None) -> Act:
    """Share the same invoice with the same contact by another channel."""
    data, cause = act
    share = data.shares[0].model_copy(
        update={"share_id": new_id(), "contact_id": contact_id or data.shares[0].contact_id}
    )
    shared = data.model_copy(update={"channel": channel, "shares": [share], "version": version})
    return shared, Cause("notify", new_id(), cause.firm_id, cause.actor, cause.correlation_id)


async def edit(room: Mailroom, *changes: InvoiceChange) -> None:
    for change in changes:
        async with room.database.transaction() as tx:
            await keep_changes(tx, [change])


async def close(room: Mailroom, quiet_seconds: float = 0) -> int:
    async with room.database.transaction() as tx:
        return await plan_notices(tx, 100, quiet_seconds)


async def notices(room: Mailroom) -> list[dict[str, Any]]:
    return await room.rows("select * from deliveries where template = 'invoice_changed' order by recipient_email")


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
    await edit(room, *(change_of(act, n + 1, totals[n], old_total_minor=totals[n - 1]) for n in range(1, 6)))
    assert await close(room, 600) == 0
    assert await close(room) == 1
    await room.send_due()
    _, taken = room.server.mails
    mail = parsed(taken.content)
    assert mail["Subject"] == "Invoice 2026-0042 from Rook & Partners has changed"
    text = plain(mail)
    assert "Old total: $1,234.50" in text
    assert "New total: $800.00" in text
    assert [text.count(f"Reason {version}.") for version in range(2, 7)] == [1] * 5
    assert "$2,000.00" not in text
    assert await close(room) == 0
    assert len(await notices(room)) == 1


@pytest.mark.proves("N2")
async def test_a_window_is_over_when_the_firm_was_quiet_by_the_databases_clock(room: Mailroom) -> None:
    act = room.act()
    await room.plan(act)
    await edit(room, change_of(act, 2, 1))
    await room.write(
        "update change_windows set changed_at = changed_at - interval '590 s', opened_at = opened_at - interval '590 s'"
    )
    await edit(room, change_of(act, 3, 1))
    await room.write("update change_windows set changed_at = changed_at - interval '15 s'")
    assert await close(room, 600) == 0
    await room.write("update change_windows set changed_at = changed_at - interval '590 s'")
    assert await close(room, 600) == 1
    # A firm that never pauses is told of all the same.
    await edit(room, change_of(act, 4, 1))
    await room.write("update change_windows set opened_at = opened_at - interval '3601 s'")
    assert await close(room, 600) == 1
    assert len(await notices(room)) == 2


@pytest.mark.proves("I4", "N2")
async def test_portal_and_e_mail_to_one_contact_are_one_mail_with_the_new_pdf(room: Mailroom) -> None:
    act = room.act()
    await room.plan(act, also(act, "email"))
    await edit(room, change_of(act, 2, 100))
    await close(room)
    (notice,) = await notices(room)
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
    emailed = also(act, "email")
    await room.plan(act, emailed)
    await edit(room, change_of(act, 2, 100))
    await close(room)
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
    fresh = also(act, "portal", version=2, contact_id=new_id())
    await room.plan(act)
    await edit(room, change_of(act, 2, 100))
    await room.plan(fresh)
    await close(room)
    (notice,) = await notices(room)
    assert notice["contact_id"] == act[0].shares[0].contact_id
    await edit(room, change_of(act, 3, 50))
    await close(room)
    assert len(await notices(room)) == 3


@pytest.mark.proves("S7", "N2")
async def test_who_loses_it_in_the_window_is_not_told(room: Mailroom) -> None:
    act = room.act("gone@example.test", "ada@example.test")
    data, cause = act
    await room.plan(act)
    await room.send_due()
    await edit(room, change_of(act, 2, 100))
    gone = data.shares[0]
    ended = Share(cause.firm_id, gone.share_id, 1, data.invoice_id, gone.contact_id, "portal", "revoked")
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, [ended])
    await close(room)
    (notice,) = await notices(room)
    assert notice["recipient_email"] == "ada@example.test"


@pytest.mark.proves("S7", "N2")
async def test_a_planned_notice_is_withdrawn_when_its_share_ends(room: Mailroom) -> None:
    act = room.act()
    data, cause = act
    await room.plan(act)
    await room.send_due()
    await edit(room, change_of(act, 2, 100))
    await close(room)
    share = data.shares[0]
    ended = Share(cause.firm_id, share.share_id, 1, data.invoice_id, share.contact_id, "portal", "revoked")
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, [ended])
    (notice,) = await notices(room)
    assert (notice["state"], notice["reason"]) == ("withdrawn", "unshared")


@pytest.mark.proves("I4")
async def test_a_share_that_arrives_after_the_edit_it_did_not_know_of_is_told_of_it(room: Mailroom) -> None:
    act = room.act()
    await edit(room, change_of(act, 2, 100))
    await close(room)
    await room.plan(act)
    assert await close(room) == 1
    assert len(await notices(room)) == 1
    await room.plan(act)
    await close(room)
    assert len(await notices(room)) == 1


@pytest.mark.proves("I4")
async def test_a_credit_and_a_void_are_told_without_a_version_of_their_own(room: Mailroom) -> None:
    act = room.act()
    emailed = also(act, "email")
    await room.make_pdf(act)
    await room.plan(act, emailed)
    await edit(room, change_of(act, 1, 123_450, "credited", credited_minor=23_450, reason="Goodwill."))
    await close(room)
    await room.send_due()
    text = plain(parsed(room.server.mails[-1].content))
    for words in ("Total:     $1,234.50", "Credited:  $234.50", "Total less credits: $1,000.00", "Goodwill."):
        assert words in text
    await edit(room, change_of(act, 1, 123_450, "voided", reason="Sent in error."))
    await close(room)
    await room.send_due()
    mail = parsed(room.server.mails[-1].content)
    assert mail["Subject"] == "Invoice 2026-0042 from Rook & Partners is void"
    assert "Sent in error." in plain(mail)
    assert "/pay\n" not in plain(mail)
    assert list(mail.iter_attachments()) == []


@pytest.mark.proves("I4", "N5")
async def test_a_text_share_gets_no_mail_and_who_has_no_address_is_recorded(room: Mailroom) -> None:
    act = room.act(None)
    await room.plan(act, also(room.act(), "text"))
    await edit(room, change_of(act, 2, 100))
    await close(room)
    (notice,) = await notices(room)
    assert (notice["state"], notice["reason"]) == ("failed", "no_address")
