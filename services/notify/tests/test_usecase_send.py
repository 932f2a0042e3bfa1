"""What becomes of a delivery, with real PostgreSQL and a real SMTP server."""

import asyncio
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest

from chassis.outcome import Cause
from chassis.testing.smtp_server import TakenMail
from contracts.sharing import InvoiceShared
from notify.domain.share import Share, ShareState
from notify.gateways.mail_templates import MailTemplates
from notify.gateways.rendering import Renderer
from notify.usecases.claim_deliveries import claim_deliveries
from notify.usecases.keep_firms import keep_firms
from notify.usecases.keep_restored_shares import keep_restored_shares
from notify.usecases.plan_deliveries import plan_deliveries
from notify.usecases.renew_claims import renew_claims
from notify.usecases.send_delivery import send_delivery
from notify.usecases.withdraw_deliveries import withdraw_deliveries

Mailroom = Any
Act = tuple[InvoiceShared, Cause]


def parsed(mail: TakenMail) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(mail.content, policy=default))


def shares_of(act: Act, state: ShareState, generation: int = 1) -> list[Share]:
    data, cause = act
    return [
        Share(cause.firm_id, share.share_id, generation, data.invoice_id, share.contact_id, "portal", state)
        for share in data.shares
    ]


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


@pytest.mark.proves("N5")
async def test_a_delivery_waits_for_its_firm_and_is_due_when_it_arrives(room: Mailroom) -> None:
    async with room.database.transaction() as tx:
        await plan_deliveries(tx, [room.act()])
    assert await room.send_due() == 0
    async with room.database.transaction() as tx:
        await keep_firms(tx, [room.firm])
    assert await room.send_due() == 1
    assert len(room.server.mails) == 1


async def test_the_firms_message_stands_in_for_one_of_the_sharer(room: Mailroom) -> None:
    async with room.database.transaction() as tx:
        await keep_firms(tx, [replace(room.firm, share_message="With our compliments.", revision=2)])
    await room.plan(room.act(), room.act(message="From me."))
    await room.send_due()
    bodies = [parsed(mail).get_body(("plain",)) for mail in room.server.mails]
    texts = [body.get_content() for body in bodies if body]
    assert sorted("With our compliments." in text for text in texts) == [False, True]
    assert sorted("From me." in text for text in texts) == [False, True]


@pytest.mark.proves("S7", "S8")
@pytest.mark.parametrize("state", ["revoked", "suspended"])
async def test_what_is_unshared_before_it_was_sent_is_withdrawn(room: Mailroom, state: ShareState) -> None:
    act = room.act()
    await room.plan(act)
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, state))
    assert await room.state() == ("withdrawn", "unshared")
    async with room.database.transaction() as tx:
        await keep_restored_shares(tx, shares_of(act, "active"))
    assert await room.send_due() == 0
    assert room.server.mails == []


@pytest.mark.proves("S7")
async def test_a_revocation_that_overtakes_its_share_still_withdraws(room: Mailroom) -> None:
    act = room.act()
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, "revoked"))
    await room.plan(act)
    assert await room.send_due() == 0
    assert room.server.mails == []
    assert await room.state() == ("withdrawn", "unshared")


@pytest.mark.proves("S7")
async def test_revoking_an_earlier_generation_leaves_the_present_one_alone(room: Mailroom) -> None:
    act = room.act(generation=2)
    await room.plan(act)
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, "revoked", generation=1))
    assert await room.send_due() == 1


@pytest.mark.proves("S7", "N5")
async def test_what_is_unshared_while_it_is_on_its_way_is_not_tried_again(room: Mailroom) -> None:
    act = room.act()
    await room.plan(act)
    (claimed,) = await claim_deliveries(room.database, 1, 60)
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, "revoked"))
    room.server.script = ["defer"]
    await send_delivery(room.database, room.desk, claimed)
    assert await room.state() == ("retry", "put_off")
    await room.pass_time()
    assert await room.send_due() == 0
    assert await room.state() == ("withdrawn", "unshared")


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


@pytest.mark.proves("N5")
async def test_several_senders_at_once_never_claim_the_same_delivery(room: Mailroom) -> None:
    await room.plan(*(room.act(f"a{number}@example.test") for number in range(60)))
    claims = await asyncio.gather(*(claim_deliveries(room.database, 10, 60) for _ in range(10)))
    claimed = [each.delivery.delivery_id for claim in claims for each in claim]
    while more := await claim_deliveries(room.database, 10, 60):
        claimed += [each.delivery.delivery_id for each in more]
    assert len(claimed) == len(set(claimed)) == 60


@pytest.mark.proves("N5")
async def test_a_sender_that_was_away_too_long_records_nothing(room: Mailroom) -> None:
    await room.plan(room.act())
    (late,) = await claim_deliveries(room.database, 1, 60)
    await room.pass_time()
    (present,) = await claim_deliveries(room.database, 1, 60)
    room.server.script = ["accept", "refuse"]
    await send_delivery(room.database, room.desk, present)
    await send_delivery(room.database, room.desk, late)
    (row,) = await room.rows("select state, attempts, possibly_sent_twice from deliveries")
    assert row == {"state": "accepted", "attempts": 2, "possibly_sent_twice": True}
    outcomes = await room.rows("select outcome from attempts order by attempt")
    assert [row["outcome"] for row in outcomes] == ["interrupted", "accepted"]
    assert [kind for kind, _ in await room.facts()] == ["delivery-accepted"]


async def test_a_renewed_lease_is_not_taken_for_abandoned(room: Mailroom) -> None:
    await room.plan(room.act())
    (claimed,) = await claim_deliveries(room.database, 1, 60)
    await room.pass_time()
    await renew_claims(room.database, [claimed.claim], 60)
    assert await claim_deliveries(room.database, 1, 60) == []


@pytest.mark.proves("N5")
async def test_a_delivery_that_keeps_killing_its_sender_is_given_up(room: Mailroom) -> None:
    await room.plan(room.act())
    for _ in range(3):
        assert len(await claim_deliveries(room.database, 1, 60)) == 1
        await room.pass_time()
    await room.send_due()
    assert room.server.mails == []
    assert (await room.state())[0] == "failed"
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
