"""A fault of ours in one delivery: it is counted and set back, and the others go on as if nothing had been."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast
from unittest.mock import patch

import pytest

from chassis.health import Progress
from chassis.jobs import JobLoop
from chassis.testing import eventually
from notify.domain.attempt import Attempted
from notify.gateways.mailer import Mailer
from notify.gateways.rendering import Renderer
from notify.jobs import SenderLimits, sender_job
from notify.usecases import send_delivery as sending

Mailroom = Any
STATES = "select recipient_email, state, reason, attempts from deliveries order by recipient_email"
ADA, BOB = "ada@example.test", "bob@example.test"


class FaultyMailer(Mailer):
    """Has the server take every message, and then fails for Ada."""

    async def send(self, sender: str, recipient: str, message: bytes) -> Attempted:
        attempted = await super().send(sender, recipient, message)
        if recipient == ADA:
            raise KeyError(recipient)
        return attempted


class FaultyRenderer:
    """Renders nothing for Ada."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def render(self, claimed: Any, at: Any) -> Any:
        if claimed.delivery.recipient_email == ADA:
            raise TypeError(ADA)
        return self._renderer.render(claimed, at)


async def run_sender(room: Mailroom, desk: Any) -> None:
    """Run the job until nothing is due any more, without its ending by itself."""
    loop = JobLoop(sender_job(lambda: desk, SenderLimits(4, 60)), room.database, Progress())
    running = asyncio.create_task(loop.run())

    async def is_idle() -> bool:
        due = "select from deliveries where state = 'claimed' or next_at <= clock_timestamp()"
        return running.done() or not await room.rows(due)

    await eventually(is_idle)
    assert not running.done()
    loop.stop()
    await running


@pytest.mark.proves("N5")
async def test_a_fault_before_the_message_left_puts_it_off(room: Mailroom) -> None:
    desk = replace(room.desk, renderer=cast("Renderer", FaultyRenderer(room.desk.renderer)))
    await room.plan(room.act(ADA), room.act(BOB))
    await run_sender(room, desk)
    assert await room.rows(STATES) == [
        {"recipient_email": ADA, "state": "retry", "reason": "put_off", "attempts": 1},
        {"recipient_email": BOB, "state": "accepted", "reason": None, "attempts": 1},
    ]
    (row,) = await room.rows("select server_answer from attempts where outcome = 'temporary'")
    assert row == {"server_answer": "a fault of ours: TypeError"}
    assert {mail.recipients for mail in room.server.mails} == {(BOB,)}


@pytest.mark.proves("N5")
async def test_a_fault_after_the_message_left_is_unknown_and_ends_after_a_second_copy(room: Mailroom) -> None:
    room.desk = replace(room.desk, mailer=FaultyMailer(room.desk.mailer._server))
    await room.plan(room.act(ADA), room.act(BOB))
    await room.send_due()
    assert [row["state"] for row in await room.rows(STATES)] == ["unknown", "accepted"]
    await room.pass_time()
    await run_sender(room, room.desk)
    assert (await room.rows(STATES))[0] == {
        "recipient_email": ADA,
        "state": "failed",
        "reason": "outcome_unknown",
        "attempts": 2,
    }
    (_, (kind, told)) = await room.facts()
    assert (kind, told["reason"]) == ("delivery-failed", "outcome_unknown: a fault of ours: KeyError")
    assert sorted(mail.recipients for mail in room.server.mails) == [(ADA,), (ADA,), (BOB,)]


@contextmanager
def nothing_can_be_recorded() -> Iterator[None]:
    async def fail(*_: Any, **__: Any) -> None:
        raise ValueError(ADA)

    with patch.object(sending, "record_verdict", fail):
        yield


@pytest.mark.proves("N5")
async def test_what_cannot_even_be_set_back_is_left_to_its_lease_and_the_sender_goes_on(
    room: Mailroom, caplog: pytest.LogCaptureFixture
) -> None:
    await room.plan(room.act(ADA))
    loop = JobLoop(sender_job(lambda: room.desk, SenderLimits(4, 60)), room.database, Progress())
    with nothing_can_be_recorded():
        running = asyncio.create_task(loop.run())
        await room.server.has_taken(1)
        loop.stop()
        await running
    assert (await room.rows(STATES))[0]["state"] == "claimed"
    assert ADA not in caplog.text
