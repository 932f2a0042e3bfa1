"""The sender's loop: several messages at once, none cancelled, none held up by another."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from chassis.database import Database
from chassis.health import Progress
from chassis.jobs import JobLoop
from chassis.testing import eventually
from chassis.testing.smtp_server import SmtpServer
from notify.gateways.mailer import Mailer
from notify.gateways.smtp_connection import SmtpServer as ServerAddress
from notify.jobs import SenderLimits, sender_job
from notify.usecases.claim_deliveries import claim_deliveries
from notify.usecases.send_delivery import Desk

NewAct = Callable[..., Any]
Plan = Callable[..., Awaitable[None]]
Rows = Callable[[str], Awaitable[list[dict[str, Any]]]]


@pytest.fixture
def patient_desk(desk: Desk, server_address: ServerAddress) -> Desk:
    """Waits long for the server's answer."""
    return replace(desk, mailer=Mailer(replace(server_address, final_timeout_seconds=60)))


def loop_of(desk: Desk, database: Database, *, concurrency: int, lease_seconds: float = 60) -> JobLoop:
    return JobLoop(sender_job(desk, SenderLimits(concurrency, lease_seconds)), database, Progress())


async def counted(rows: Rows, state: str, count: int) -> None:
    async def reached() -> bool:
        found = await rows("select state from deliveries")
        return sum(row["state"] == state for row in found) == count

    await eventually(reached)


@pytest.mark.proves("N5", "N8")
async def test_a_slow_answer_holds_up_its_own_message_only(
    database: Database, patient_desk: Desk, new_act: NewAct, plan: Plan, post_office: SmtpServer, rows: Rows
) -> None:
    post_office.script = ["silent"]
    await plan(*(new_act() for _ in range(12)))
    loop = loop_of(patient_desk, database, concurrency=2)
    running = asyncio.create_task(loop.run())

    await counted(rows, "accepted", 11)
    await counted(rows, "claimed", 1)
    assert post_office.connections == 2

    post_office.released.set()
    await counted(rows, "accepted", 12)
    loop.stop()
    await running
    assert len(post_office.mails) == 12


async def test_no_more_messages_are_on_their_way_at_once_than_allowed(
    database: Database, patient_desk: Desk, new_act: NewAct, plan: Plan, post_office: SmtpServer, rows: Rows
) -> None:
    post_office.script = ["silent"] * 3
    await plan(*(new_act() for _ in range(9)))
    loop = loop_of(patient_desk, database, concurrency=3)
    running = asyncio.create_task(loop.run())
    await post_office.has_taken(3)
    assert len(await rows("select from deliveries where state = 'claimed'")) == 3
    assert len(await rows("select from deliveries where state = 'planned'")) == 6
    post_office.released.set()
    await counted(rows, "accepted", 9)
    loop.stop()
    await running


@pytest.mark.proves("N5")
async def test_stopping_waits_for_what_is_on_its_way(
    database: Database, patient_desk: Desk, new_act: NewAct, plan: Plan, post_office: SmtpServer, rows: Rows
) -> None:
    post_office.script = ["silent"]
    await plan(new_act())
    loop = loop_of(patient_desk, database, concurrency=4)
    running = asyncio.create_task(loop.run())
    await post_office.has_taken(1)
    loop.stop()
    await plan(new_act())
    assert not running.done()
    post_office.released.set()
    await running
    await counted(rows, "accepted", 1)
    await counted(rows, "planned", 1)


@pytest.mark.proves("N5")
async def test_a_long_send_keeps_its_lease(
    database: Database, patient_desk: Desk, new_act: NewAct, plan: Plan, post_office: SmtpServer, rows: Rows
) -> None:
    post_office.script = ["silent"]
    await plan(new_act())
    loop = loop_of(patient_desk, database, concurrency=1, lease_seconds=1)
    running = asyncio.create_task(loop.run())

    await post_office.has_taken(1)
    taken_over: list[Any] = []

    async def is_well_past_its_first_lease() -> bool:
        taken_over.extend(await claim_deliveries(database, 1, 60))
        return bool(await rows("select from deliveries where planned_at < clock_timestamp() - interval '2.5 seconds'"))

    await eventually(is_well_past_its_first_lease)
    assert taken_over == []
    post_office.released.set()
    await counted(rows, "accepted", 1)
    loop.stop()
    await running
    assert len(post_office.mails) == 1
