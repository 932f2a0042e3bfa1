"""E-mail shares: with the PDF, only with it, and never lost for want of it."""

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest

from chassis.ids import new_id
from chassis.outcome import Cause
from notify.usecases.keep_firms import keep_firms

Mailroom = Any


def parsed(content: bytes) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(content, policy=default))


@pytest.mark.proves("S3", "N1")
async def test_a_mail_waits_for_its_pdf_and_then_goes_with_it(room: Mailroom) -> None:
    act = room.act(channel="email", message="As discussed.")
    await room.plan(act)
    assert await room.send_due() == 0
    assert await room.state() == ("planned", None)
    await room.make_pdf(act, b"another version", version=2)
    assert await room.send_due() == 0

    content = bytes(range(256)) * 1000
    pdf = await room.make_pdf(act, content)
    assert await room.send_due() == 1

    (taken,) = room.server.mails
    mail = parsed(taken.content)
    (attached,) = mail.iter_attachments()
    assert attached.get_content() == content
    assert (attached.get_content_type(), attached.get_filename()) == ("application/pdf", "2026-0042.pdf")
    for form in ("plain", "html"):
        body = mail.get_body((form,))
        assert body is not None
        for words in ("As discussed.", "$1,234.50", "https://pay.example/pay"):
            assert words in body.get_content()
    (kept,) = await room.rows("select attachments from contents")
    assert pdf.sha256 in kept["attachments"]


@pytest.mark.proves("S3")
async def test_a_pdf_that_is_ready_before_its_share_is_attached(room: Mailroom) -> None:
    act = room.act(channel="email")
    await room.make_pdf(act)
    await room.plan(act)
    assert await room.send_due() == 1


@pytest.mark.proves("S3")
async def test_one_pdf_is_encoded_once_for_all_its_recipients(room: Mailroom) -> None:
    act = room.act(*(f"a{number}@example.test" for number in range(20)), channel="email")
    await room.plan(act)
    await room.make_pdf(act)
    assert await room.send_due() == 20
    assert room.desk.attachments.encoded_count == 1
    for taken in room.server.mails:
        (attached,) = parsed(taken.content).iter_attachments()
        assert attached.get_content() == b"%PDF-1.7 of nobody"


@pytest.mark.proves("S3", "S7")
async def test_sending_again_sends_again(room: Mailroom) -> None:
    data, cause = room.act(channel="email")
    await room.make_pdf((data, cause))
    again = data.model_copy(update={"is_resend": True})
    await room.plan((data, cause))
    await room.plan((again, Cause("notify", new_id(), cause.firm_id, cause.actor, cause.correlation_id)))
    assert await room.send_due() == 2
    assert len({parsed(mail.content)["Message-ID"] for mail in room.server.mails}) == 2


@pytest.mark.proves("S3")
async def test_without_online_payments_there_is_no_pay_button(room: Mailroom) -> None:
    act = room.act(channel="email")
    await room.plan(act)
    await room.make_pdf(act)
    async with room.database.transaction() as tx:
        await keep_firms(tx, [replace(room.firm, online_payments=False, revision=2)])
    await room.send_due()
    assert b"pay.example" not in room.server.mails[0].content


@pytest.mark.proves("N5")
async def test_a_lost_file_is_tried_again_and_a_store_that_is_away_is_no_attempt(room: Mailroom) -> None:
    act = room.act(channel="email")
    await room.plan(act)
    pdf = await room.make_pdf(act)
    (path,) = (path for path in room.blob_path.rglob("*") if path.name == pdf.sha256)
    path.unlink()
    await room.send_due()
    assert await room.state() == ("retry", "put_off")

    path.symlink_to(path)
    await room.pass_time()
    await room.send_due()
    assert await room.state() == ("retry", "files_unavailable")
    assert await room.rows("select attempts from deliveries") == [{"attempts": 1}]

    path.unlink()
    await room.make_pdf(act)
    await room.pass_time()
    await room.send_due()
    assert (await room.state())[0] == "accepted"
