"""The sender's loop: several messages at once, none cancelled, none held up by another."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chassis.database import Database
from chassis.health import Progress
from chassis.ids import new_id
from chassis.jobs import JobLoop
from chassis.testing import eventually
from notify.domain.delivery import Claimed, Delivery
from notify.domain.news import RefundNews
from notify.domain.planning import Plan
from notify.gateways.mailer import Mailer
from notify.gateways.smtp_connection import SmtpServer as ServerAddress
from notify.jobs import SenderLimits, sender_job
from notify.usecases.claim_deliveries import claim_deliveries
from notify.usecases.plan_payment_mails import plan_payment_mails
from notify.usecases.send_delivery import Desk, send_delivery

Mailroom = Any
ASKING = "select count(*) from deliveries where state = 'claimed' and covers_shares"


@pytest.fixture
def patient_desk(room: Mailroom, server_address: ServerAddress) -> Desk:
    """Waits long for the server's answer."""
    return replace(room.desk, mailer=Mailer(replace(server_address, final_timeout_seconds=60)))


def loop_of(desk: Desk, database: Database, *, concurrency: int, lease_seconds: float = 60) -> JobLoop:
    return JobLoop(sender_job(lambda: desk, SenderLimits(concurrency, lease_seconds)), database, Progress())


async def claim_and_send(room: Mailroom, limit: int) -> list[Claimed]:
    claimed = await claim_deliveries(room.database, limit, 60)
    for each in claimed:
        await send_delivery(room.database, room.desk, each)
    return claimed


def refund_mail(room: Mailroom) -> Plan:
    """Covers no share."""
    news = RefundNews(new_id(), "R-1", "USD", 100, "Billed twice", "Rook R-1")
    return Plan(
        Delivery(
            room.firm.firm_id, new_id(), "email", "charge_refunded", new_id(), "Ada", "ada@example.test", "en-US",
            new_id(), 1, new_id(), None, "staff:s-1", new_id(), None, news,
        ),
        (),
    )  # fmt: skip


async def counted(room: Mailroom, state: str, count: int) -> None:
    async def reached() -> bool:
        found = await room.rows("select state from deliveries")
        return sum(row["state"] == state for row in found) == count

    await eventually(reached)


@pytest.mark.proves("N5", "N8")
async def test_a_slow_answer_holds_up_its_own_message_only(room: Mailroom, patient_desk: Desk) -> None:
    room.server.script = ["silent"]
    await room.plan(*(room.act() for _ in range(12)))
    loop = loop_of(patient_desk, room.database, concurrency=2)
    running = asyncio.create_task(loop.run())

    await counted(room, "accepted", 11)
    await counted(room, "claimed", 1)
    assert room.server.connections == 2

    room.server.released.set()
    await counted(room, "accepted", 12)
    loop.stop()
    await running
    assert len(room.server.mails) == 12


async def test_no_more_messages_are_on_their_way_at_once_than_allowed(room: Mailroom, patient_desk: Desk) -> None:
    room.server.script = ["silent"] * 3
    await room.plan(*(room.act() for _ in range(9)))
    loop = loop_of(patient_desk, room.database, concurrency=3)
    running = asyncio.create_task(loop.run())
    await room.server.has_taken(3)
    assert len(await room.rows("select from deliveries where state = 'claimed'")) == 3
    assert len(await room.rows("select from deliveries where state = 'planned'")) == 6
    room.server.released.set()
    await counted(room, "accepted", 9)
    loop.stop()
    await running


@pytest.mark.proves("N5")
async def test_stopping_waits_for_what_is_on_its_way(room: Mailroom, patient_desk: Desk) -> None:
    room.server.script = ["silent"]
    await room.plan(room.act())
    loop = loop_of(patient_desk, room.database, concurrency=4)
    running = asyncio.create_task(loop.run())
    await room.server.has_taken(1)
    loop.stop()
    await room.plan(room.act())
    assert not running.done()
    room.server.released.set()
    await running
    await counted(room, "accepted", 1)
    await counted(room, "planned", 1)


@pytest.mark.proves("N5")
async def test_a_long_send_keeps_its_lease(room: Mailroom, patient_desk: Desk) -> None:
    room.server.script = ["silent"]
    await room.plan(room.act())
    loop = loop_of(patient_desk, room.database, concurrency=1, lease_seconds=1)
    running = asyncio.create_task(loop.run())

    await room.server.has_taken(1)
    taken_over: list[Any] = []

    async def is_well_past_its_first_lease() -> bool:
        taken_over.extend(await claim_deliveries(room.database, 1, 60))
        return bool(
            await room.rows("select from deliveries where planned_at < clock_timestamp() - interval '2.5 seconds'")
        )

    await eventually(is_well_past_its_first_lease)
    assert taken_over == []
    room.server.released.set()
    await counted(room, "accepted", 1)
    loop.stop()
    await running
    assert len(room.server.mails) == 1


@pytest.mark.proves("N5", "P2")
async def test_while_the_gate_is_silent_one_delivery_asks_it_and_payment_mails_go_on(room: Mailroom) -> None:
    await room.plan(*(room.act() for _ in range(20)))
    room.gate.faults = [500]
    assert len(await claim_and_send(room, 1)) == 1
    assert not room.desk.gate.is_answering
    answering = asyncio.Event()
    asking: list[int] = []

    async def keep_silent() -> None:
        asking.extend(row["count"] for row in await room.rows(ASKING))
        await answering.wait()

    room.gate.meanwhile = keep_silent
    async with room.database.transaction() as tx:
        await plan_payment_mails(tx, [refund_mail(room) for _ in range(5)])
    loop = loop_of(room.desk, room.database, concurrency=4)
    running = asyncio.create_task(loop.run())
    await counted(room, "accepted", 5)
    assert set(asking) == {1}
    answering.set()
    await counted(room, "accepted", 25)
    loop.stop()
    await running
