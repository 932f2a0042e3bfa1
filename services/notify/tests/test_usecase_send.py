"""What becomes of a delivery, with real PostgreSQL and a real SMTP server."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest

from chassis.database import Database
from chassis.outcome import Cause
from chassis.testing.smtp_server import SmtpServer, TakenMail
from contracts.sharing import InvoiceShared
from notify.domain.replicas import Firm
from notify.domain.share import Share, ShareState
from notify.gateways.mail_templates import MailTemplates
from notify.gateways.rendering import Renderer
from notify.usecases.claim_deliveries import claim_deliveries
from notify.usecases.keep_firms import keep_firms
from notify.usecases.keep_restored_shares import keep_restored_shares
from notify.usecases.plan_deliveries import plan_deliveries
from notify.usecases.renew_claims import renew_claims
from notify.usecases.send_delivery import Desk, send_delivery
from notify.usecases.withdraw_deliveries import withdraw_deliveries

Act = tuple[InvoiceShared, Cause]
NewAct = Callable[..., Act]
Plan = Callable[..., Awaitable[None]]
Rows = Callable[[str], Awaitable[list[dict[str, Any]]]]
Facts = Callable[[], Awaitable[list[tuple[str, dict[str, Any]]]]]
Send = Callable[[], Awaitable[int]]
Pass = Callable[[], Awaitable[None]]


def parsed(mail: TakenMail) -> EmailMessage:
    return cast("EmailMessage", message_from_bytes(mail.content, policy=default))


def shares_of(act: Act, state: ShareState, generation: int = 1) -> list[Share]:
    data, cause = act
    return [
        Share(cause.firm_id, share.share_id, generation, data.invoice_id, share.contact_id, "portal", state)
        for share in data.shares
    ]


async def state_of_one(rows: Rows) -> tuple[str, str | None]:
    (row,) = await rows("select state, reason from deliveries")
    return row["state"], row["reason"]


@pytest.mark.proves("N1", "N4", "N5")
async def test_a_due_delivery_is_sent_kept_and_announced(
    new_act: NewAct, plan: Plan, send_due: Send, post_office: SmtpServer, rows: Rows, facts: Facts
) -> None:
    data, cause = new_act(message="Thank you.\nSee you <soon>.")
    await plan((data, cause))

    assert await send_due() == 1

    (taken,) = post_office.mails
    assert taken.recipients == ("ada@example.test",)
    mail = parsed(taken)
    (kept,) = await rows("select * from contents join deliveries using (firm_id, delivery_id)")
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
    assert (await rows("select outcome, server_code from attempts")) == [{"outcome": "accepted", "server_code": 250}]
    ((kind, told),) = await facts()
    assert kind == "delivery-accepted"
    assert (told["delivery_id"], told["subject"]) == (str(kept["delivery_id"]), kept["subject"])
    assert [item["share_id"] for item in told["items"]] == [str(data.shares[0].share_id)]
    assert await send_due() == 0


async def test_the_fact_names_the_act_as_its_cause(
    new_act: NewAct, plan: Plan, send_due: Send, database: Database
) -> None:
    data, cause = new_act()
    await plan((data, cause))
    await send_due()
    async with database.reading() as tx:
        payload = str(await tx.fetchval("select convert_from(payload, 'UTF8') from outbox"))
    for said in (str(cause.message_id), str(cause.correlation_id), cause.actor, str(cause.firm_id)):
        assert said in payload


@pytest.mark.proves("N5")
async def test_a_delivery_waits_for_its_firm_and_is_due_when_it_arrives(
    database: Database, firm: Firm, new_act: NewAct, send_due: Send, post_office: SmtpServer
) -> None:
    async with database.transaction() as tx:
        await plan_deliveries(tx, [new_act()])
    assert await send_due() == 0
    async with database.transaction() as tx:
        await keep_firms(tx, [firm])
    assert await send_due() == 1
    assert len(post_office.mails) == 1


async def test_the_firms_message_stands_in_for_one_of_the_sharer(
    new_act: NewAct, plan: Plan, database: Database, firm: Firm, send_due: Send, post_office: SmtpServer
) -> None:
    async with database.transaction() as tx:
        await keep_firms(tx, [replace(firm, share_message="With our compliments.", revision=2)])
    await plan(new_act(), new_act(message="From me."))
    await send_due()
    bodies = [parsed(mail).get_body(("plain",)) for mail in post_office.mails]
    texts = [body.get_content() for body in bodies if body]
    assert sorted("With our compliments." in text for text in texts) == [False, True]
    assert sorted("From me." in text for text in texts) == [False, True]


@pytest.mark.proves("S7", "S8")
@pytest.mark.parametrize("state", ["revoked", "suspended"])
async def test_what_is_unshared_before_it_was_sent_is_withdrawn(
    database: Database,
    new_act: NewAct,
    plan: Plan,
    send_due: Send,
    post_office: SmtpServer,
    rows: Rows,
    state: ShareState,
) -> None:
    act = new_act()
    await plan(act)
    async with database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, state))
    assert await state_of_one(rows) == ("withdrawn", "unshared")
    async with database.transaction() as tx:
        await keep_restored_shares(tx, shares_of(act, "active"))
    assert await send_due() == 0
    assert post_office.mails == []


@pytest.mark.proves("S7")
async def test_a_revocation_that_overtakes_its_share_still_withdraws(
    database: Database, new_act: NewAct, plan: Plan, send_due: Send, post_office: SmtpServer, rows: Rows
) -> None:
    act = new_act()
    async with database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, "revoked"))
    await plan(act)
    assert await send_due() == 0
    assert post_office.mails == []
    assert await state_of_one(rows) == ("withdrawn", "unshared")


@pytest.mark.proves("S7")
async def test_revoking_an_earlier_generation_leaves_the_present_one_alone(
    database: Database, new_act: NewAct, plan: Plan, send_due: Send
) -> None:
    act = new_act(generation=2)
    await plan(act)
    async with database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, "revoked", generation=1))
    assert await send_due() == 1


@pytest.mark.proves("S7", "N5")
async def test_what_is_unshared_while_it_is_on_its_way_is_not_tried_again(
    database: Database,
    desk: Desk,
    new_act: NewAct,
    plan: Plan,
    send_due: Send,
    pass_time: Pass,
    post_office: SmtpServer,
    rows: Rows,
) -> None:
    act = new_act()
    await plan(act)
    (claimed,) = await claim_deliveries(database, 1, 60)
    async with database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, "revoked"))
    post_office.script = ["defer"]
    await send_delivery(database, desk, claimed)
    assert await state_of_one(rows) == ("retry", "put_off")
    await pass_time()
    assert await send_due() == 0
    assert await state_of_one(rows) == ("withdrawn", "unshared")


@pytest.mark.proves("N5")
async def test_a_deferred_message_is_tried_again_after_its_pause_as_the_same_message(
    new_act: NewAct, plan: Plan, send_due: Send, pass_time: Pass, post_office: SmtpServer, rows: Rows, facts: Facts
) -> None:
    post_office.script = ["hang_up_before_message", "defer"]
    await plan(new_act())
    pause = "extract(epoch from next_at - clock_timestamp())::float as pause_seconds"

    assert await send_due() == 1
    (row,) = await rows(f"select state, {pause} from deliveries")
    assert row["state"] == "retry"
    assert 60 * 0.8 - 5 < row["pause_seconds"] < 60 * 1.2
    assert await send_due() == 0
    await pass_time()
    assert await send_due() == 1
    (row,) = await rows(f"select state, {pause} from deliveries")
    assert 300 * 0.8 - 5 < row["pause_seconds"] < 300 * 1.2
    (before,) = await rows("select message_id, html, rendered_at from contents")
    await pass_time()
    assert await send_due() == 1

    (mail,) = post_office.mails
    assert parsed(mail)["Message-ID"] == before["message_id"]
    assert await rows("select message_id, html, rendered_at from contents") == [before]
    outcomes = await rows("select outcome, server_code from attempts order by attempt")
    assert [(row["outcome"], row["server_code"]) for row in outcomes] == [
        ("temporary", None),
        ("temporary", 450),
        ("accepted", 250),
    ]
    ((kind, told),) = await facts()
    assert (kind, told["attempts"]) == ("delivery-accepted", 3)


@pytest.mark.proves("N5")
@pytest.mark.parametrize(("behaviour", "reason"), [("refuse", "refused: 554"), ("refuse_recipient", "refused: 550")])
async def test_a_refused_message_fails_at_once_and_is_announced(
    new_act: NewAct,
    plan: Plan,
    send_due: Send,
    post_office: SmtpServer,
    rows: Rows,
    facts: Facts,
    behaviour: Any,
    reason: str,
) -> None:
    post_office.script = [behaviour]
    await plan(new_act())
    await send_due()
    assert await state_of_one(rows) == ("failed", "refused")
    ((kind, told),) = await facts()
    assert (kind, told["attempts"]) == ("delivery-failed", 1)
    assert told["reason"].startswith(reason)


@pytest.mark.proves("N5")
async def test_retries_end(
    new_act: NewAct, plan: Plan, send_due: Send, pass_time: Pass, post_office: SmtpServer, rows: Rows, facts: Facts
) -> None:
    post_office.script = ["defer"] * 3
    await plan(new_act())
    for _ in range(3):
        assert await send_due() == 1
        await pass_time()
    assert await send_due() == 0
    assert await state_of_one(rows) == ("failed", "retries_ended")
    assert [kind for kind, _ in await facts()] == ["delivery-failed"]


@pytest.mark.proves("N5")
async def test_a_message_that_was_never_answered_is_sent_once_more_and_marked(
    new_act: NewAct, plan: Plan, send_due: Send, pass_time: Pass, post_office: SmtpServer, rows: Rows
) -> None:
    post_office.script = ["silent"]
    await plan(new_act())
    await send_due()
    (row,) = await rows("select state, extract(epoch from next_at - clock_timestamp())::float as pause from deliveries")
    assert row["state"] == "unknown"
    assert 890 < row["pause"] <= 900
    await pass_time()
    await send_due()
    first, second = post_office.mails
    assert first.content == second.content
    (row,) = await rows("select state, possibly_sent_twice from deliveries")
    assert row == {"state": "accepted", "possibly_sent_twice": True}


@pytest.mark.proves("N5")
async def test_a_second_silence_ends_it(
    new_act: NewAct, plan: Plan, send_due: Send, pass_time: Pass, post_office: SmtpServer, rows: Rows, facts: Facts
) -> None:
    post_office.script = ["silent", "hang_up_after_message"]
    await plan(new_act())
    for _ in range(2):
        await send_due()
        await pass_time()
    assert await send_due() == 0
    assert len(post_office.mails) == 2
    assert await state_of_one(rows) == ("failed", "outcome_unknown")
    assert [kind for kind, _ in await facts()] == ["delivery-failed"]


@pytest.mark.proves("N5")
async def test_several_senders_at_once_never_claim_the_same_delivery(
    database: Database, new_act: NewAct, plan: Plan
) -> None:
    await plan(*(new_act(f"a{number}@example.test") for number in range(60)))
    claims = await asyncio.gather(*(claim_deliveries(database, 10, 60) for _ in range(10)))
    claimed = [each.delivery.delivery_id for claim in claims for each in claim]
    while more := await claim_deliveries(database, 10, 60):
        claimed += [each.delivery.delivery_id for each in more]
    assert len(claimed) == len(set(claimed)) == 60


@pytest.mark.proves("N5")
async def test_a_sender_that_was_away_too_long_records_nothing(
    database: Database,
    desk: Desk,
    new_act: NewAct,
    plan: Plan,
    pass_time: Pass,
    post_office: SmtpServer,
    rows: Rows,
    facts: Facts,
) -> None:
    await plan(new_act())
    (late,) = await claim_deliveries(database, 1, 60)
    await pass_time()
    (present,) = await claim_deliveries(database, 1, 60)
    post_office.script = ["accept", "refuse"]
    await send_delivery(database, desk, present)
    await send_delivery(database, desk, late)
    (row,) = await rows("select state, attempts, possibly_sent_twice from deliveries")
    assert row == {"state": "accepted", "attempts": 2, "possibly_sent_twice": True}
    outcomes = await rows("select outcome from attempts order by attempt")
    assert [row["outcome"] for row in outcomes] == ["interrupted", "accepted"]
    assert [kind for kind, _ in await facts()] == ["delivery-accepted"]


async def test_a_renewed_lease_is_not_taken_for_abandoned(
    database: Database, new_act: NewAct, plan: Plan, pass_time: Pass
) -> None:
    await plan(new_act())
    (claimed,) = await claim_deliveries(database, 1, 60)
    await pass_time()
    await renew_claims(database, [claimed.claim], 60)
    assert await claim_deliveries(database, 1, 60) == []


@pytest.mark.proves("N5")
async def test_a_delivery_that_keeps_killing_its_sender_is_given_up(
    database: Database,
    new_act: NewAct,
    plan: Plan,
    send_due: Send,
    pass_time: Pass,
    post_office: SmtpServer,
    rows: Rows,
    facts: Facts,
) -> None:
    await plan(new_act())
    for _ in range(3):
        assert len(await claim_deliveries(database, 1, 60)) == 1
        await pass_time()
    await send_due()
    assert post_office.mails == []
    assert (await state_of_one(rows))[0] == "failed"
    assert [kind for kind, _ in await facts()] == ["delivery-failed"]


async def test_a_template_that_cannot_be_filled_in_is_tried_again_later(
    database: Database, desk: Desk, new_act: NewAct, plan: Plan, tmp_path: Path, post_office: SmtpServer, rows: Rows
) -> None:
    (tmp_path / "invoice_shared.mjml").write_text("<mjml><mj-body></mj-body></mjml>")
    (tmp_path / "invoice_shared.txt.j2").write_text("{{ nobody_knows_this }}")
    (tmp_path / "invoice_shared.subject.j2").write_text("Hello")
    broken = replace(desk, renderer=Renderer(MailTemplates(tmp_path), "no-reply@handbill.test", "https://pay.example"))
    await plan(new_act())
    (claimed,) = await claim_deliveries(database, 1, 60)
    await send_delivery(database, broken, claimed)
    assert await state_of_one(rows) == ("retry", "put_off")
    assert post_office.mails == []
    assert await rows("select from contents") == []
