"""What becomes of a delivery that is sent, with real PostgreSQL and a real SMTP server."""

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest

from chassis.testing.smtp_server import TakenMail
from notify.gateways.mail_templates import MailTemplates
from notify.gateways.rendering import Renderer
from notify.usecases.claim_deliveries import claim_deliveries
from notify.usecases.keep_firms import keep_firms
from notify.usecases.send_delivery import send_delivery

Mailroom = Any


def parsed(mail: TakenMail) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(mail.content, policy=default))


@pytest.mark.proves("N1", "N4", "N5")
async def test_a_due_delivery_is_sent_kept_and_announced(room: Mailroom) -> None:
    data, cause = room.act(message="Thank you.\nSee you <soon>.")
    await room.plan((data, cause))

    assert await room.send_due() == 1

    (taken,) = room.server.mails
    assert taken.recipients == ("ada@example.test",)
    mail = parsed(taken)
    (kept,) = await room.rows("select * from contents join deliveries using (firm_id, delivery_id)")
    assert mail["Subject"] == kept["subject"] == "Invoice 2026-0042 from Rook & Partners"
    assert mail["From"] == "Rook & Partners <no-reply@handbill.test>"
    assert mail["Reply-To"] == "Rook & Partners <office@rook.test>"
    assert mail["Message-ID"] == kept["message_id"]
    assert mail["X-Entity-Ref-ID"] == str(kept["delivery_id"])
    assert mail["Auto-Submitted"] == "auto-generated"
    for form, written in (("plain", "See you <soon>."), ("html", "See you &lt;soon&gt;.")):
        body = mail.get_body((form,))
        assert body is not None
        for words in (written, "$1,234.50", "December 24, 2026", "https://pay.example/portal"):
            assert words in body.get_content()
    assert (kept["state"], kept["attempts"], kept["possibly_sent_twice"]) == ("accepted", 1, False)
    assert (await room.rows("select outcome, server_code from attempts")) == [
        {"outcome": "accepted", "server_code": 250}
    ]
    ((kind, told),) = await room.facts()
    assert kind == "delivery-accepted"
    assert (told["delivery_id"], told["subject"]) == (str(kept["delivery_id"]), kept["subject"])
    assert [item["share_id"] for item in told["items"]] == [str(data.shares[0].share_id)]
    assert await room.send_due() == 0


async def test_the_fact_names_the_act_as_its_cause(room: Mailroom) -> None:
    data, cause = room.act()
    await room.plan((data, cause))
    await room.send_due()
    async with room.database.reading() as tx:
        payload = str(await tx.fetchval("select convert_from(payload, 'UTF8') from outbox"))
    for said in (str(cause.message_id), str(cause.correlation_id), cause.actor, str(cause.firm_id)):
        assert said in payload


async def test_the_firms_message_stands_in_for_one_of_the_sharer(room: Mailroom) -> None:
    async with room.database.transaction() as tx:
        await keep_firms(tx, [replace(room.firm, share_message="With our compliments.", revision=2)])
    await room.plan(room.act(), room.act(message="From me."))
    await room.send_due()
    bodies = [parsed(mail).get_body(("plain",)) for mail in room.server.mails]
    texts = [body.get_content() for body in bodies if body]
    assert sorted("With our compliments." in text for text in texts) == [False, True]
    assert sorted("From me." in text for text in texts) == [False, True]


@pytest.mark.proves("N5")
async def test_a_deferred_message_is_tried_again_after_its_pause_as_the_same_message(room: Mailroom) -> None:
    room.server.script = ["hang_up_before_message", "defer"]
    await room.plan(room.act())
    pause = "select state, extract(epoch from next_at - clock_timestamp())::float as pause_seconds from deliveries"
    assert await room.send_due() == 1
    (row,) = await room.rows(pause)
    assert row["state"] == "retry"
    assert 60 * 0.8 - 5 < row["pause_seconds"] < 60 * 1.2
    assert await room.send_due() == 0
    await room.pass_time()
    assert await room.send_due() == 1
    (row,) = await room.rows(pause)
    assert 300 * 0.8 - 5 < row["pause_seconds"] < 300 * 1.2
    (before,) = await room.rows("select message_id, html, rendered_at from contents")
    await room.pass_time()
    assert await room.send_due() == 1

    (mail,) = room.server.mails
    assert parsed(mail)["Message-ID"] == before["message_id"]
    assert await room.rows("select message_id, html, rendered_at from contents") == [before]
    outcomes = await room.rows("select outcome, server_code from attempts order by attempt")
    assert [(row["outcome"], row["server_code"]) for row in outcomes] == [
        ("temporary", None),
        ("temporary", 450),
        ("accepted", 250),
    ]
    ((kind, told),) = await room.facts()
    assert (kind, told["attempts"]) == ("delivery-accepted", 3)


@pytest.mark.proves("N5")
@pytest.mark.parametrize(("behaviour", "reason"), [("refuse", "refused: 554"), ("refuse_recipient", "refused: 550")])
async def test_a_refused_message_fails_at_once_and_is_announced(room: Mailroom, behaviour: Any, reason: str) -> None:
    room.server.script = [behaviour]
    await room.plan(room.act())
    await room.send_due()
    assert await room.state() == ("failed", "refused")
    ((kind, told),) = await room.facts()
    assert (kind, told["attempts"]) == ("delivery-failed", 1)
    assert told["reason"].startswith(reason)


@pytest.mark.proves("N5")
async def test_retries_end(room: Mailroom) -> None:
    room.server.script = ["defer"] * 3
    await room.plan(room.act())
    for _ in range(3):
        assert await room.send_due() == 1
        await room.pass_time()
    assert await room.send_due() == 0
    assert await room.state() == ("failed", "retries_ended")
    assert [kind for kind, _ in await room.facts()] == ["delivery-failed"]


@pytest.mark.proves("N5")
async def test_a_message_that_was_never_answered_is_sent_once_more_and_marked(room: Mailroom) -> None:
    room.server.script = ["silent"]
    await room.plan(room.act())
    await room.send_due()
    (row,) = await room.rows(
        "select state, extract(epoch from next_at - clock_timestamp())::float as pause from deliveries"
    )
    assert row["state"] == "unknown"
    assert 890 < row["pause"] <= 900
    await room.pass_time()
    await room.send_due()
    first, second = room.server.mails
    assert first.content == second.content
    (row,) = await room.rows("select state, possibly_sent_twice from deliveries")
    assert row == {"state": "accepted", "possibly_sent_twice": True}


@pytest.mark.proves("N5")
async def test_a_second_silence_ends_it(room: Mailroom) -> None:
    room.server.script = ["silent", "hang_up_after_message"]
    await room.plan(room.act())
    for _ in range(2):
        await room.send_due()
        await room.pass_time()
    assert await room.send_due() == 0
    assert len(room.server.mails) == 2
    assert await room.state() == ("failed", "outcome_unknown")
    assert [kind for kind, _ in await room.facts()] == ["delivery-failed"]


async def test_a_template_that_cannot_be_filled_in_is_tried_again_later(room: Mailroom, tmp_path: Path) -> None:
    (tmp_path / "invoice_shared.mjml").write_text("<mjml><mj-body></mj-body></mjml>")
    (tmp_path / "invoice_shared.txt.j2").write_text("{{ nobody_knows_this }}")
    (tmp_path / "invoice_shared.subject.j2").write_text("Hello")
    broken = replace(
        room.desk, renderer=Renderer(MailTemplates(tmp_path), "no-reply@handbill.test", "https://pay.example")
    )
    await room.plan(room.act())
    (claimed,) = await claim_deliveries(room.database, 1, 60)
    await send_delivery(room.database, broken, claimed)
    assert await room.state() == ("retry", "put_off")
    assert room.server.mails == []
    assert await room.rows("select from contents") == []


@pytest.mark.proves("N5")
@pytest.mark.parametrize(
    "wrong", [{"locale": "no locale at all"}, {"email": "adä@example.test"}], ids=["words", "address header"]
)
async def test_a_delivery_that_cannot_be_written_fails_alone(room: Mailroom, wrong: dict[str, str]) -> None:
    data, cause = room.act()
    bad = data.shares[0].model_copy(update=wrong)
    await room.plan((data.model_copy(update={"shares": [bad]}), cause), room.act("bob@example.test"))

    assert await room.send_due() == 2

    (mail,) = room.server.mails
    assert mail.recipients == ("bob@example.test",)
    states = await room.rows("select contact_id, state, reason from deliveries order by state desc")
    assert states[0] == {"contact_id": bad.contact_id, "state": "retry", "reason": "put_off"}
    assert states[1]["state"] == "accepted"
    for _ in range(2):
        await room.pass_time()
        await room.send_due()
    ((_, _), (kind, told)) = await room.facts()
    assert (kind, told["reason"]) == ("delivery-failed", "retries_ended: the message could not be rendered")
