"""A real sender process that is killed or stopped in mid-send: nothing is lost, at most one copy too many."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes
from typing import Any

import pytest
import pytest_asyncio

from chassis.database import Database
from chassis.testing import eventually
from chassis.testing.addresses import Stack
from chassis.testing.fixtures import opened
from chassis.testing.smtp_server import SmtpServer
from notify.domain.replicas import Firm
from notify.usecases.keep_firms import keep_firms
from notify.usecases.plan_deliveries import plan_deliveries

pytestmark = pytest.mark.fault

LEASE_SECONDS = 3


@pytest_asyncio.fixture
async def dsn(new_database: Callable[[str], Awaitable[str]]) -> str:
    """Notify's database, for processes."""
    return await new_database("notify")


@pytest_asyncio.fixture
async def shared_database(dsn: str) -> AsyncIterator[Database]:
    """The same database, for the test."""
    async with opened(dsn) as database:
        yield database


@asynccontextmanager
async def sender(
    dsn: str, stack: Stack, smtp_port: int, failpoint: str = ""
) -> AsyncIterator[asyncio.subprocess.Process]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        http_port = free.getsockname()[1]
    settings = {
        "DATABASE_DSN": dsn,
        "KAFKA_BOOTSTRAP": stack.kafka_bootstrap,
        "HTTP_PORT": str(http_port),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(smtp_port),
        "SMTP_SECURITY": "none",
        "PORTAL_URL": "https://pay.example",
        "SENDER_LEASE_SECONDS": str(LEASE_SECONDS),
        "FAILPOINT": failpoint,
    }
    environment = os.environ | {f"HANDBILL_{name}": value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "notify", "start", "sender", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def plan_one(database: Database, firm: Firm, act: Any) -> None:
    async with database.transaction() as tx:
        await keep_firms(tx, [firm])
        await plan_deliveries(tx, [act])


async def accepted(database: Database) -> dict[str, Any]:
    async def probe() -> dict[str, Any] | None:
        async with database.reading() as tx:
            row = await tx.fetchrow("select attempts, possibly_sent_twice from deliveries where state = 'accepted'")
        return dict(row) if row else None

    found = await eventually(probe)
    assert found is not None
    return found


@pytest.mark.proves("N5")
@pytest.mark.parametrize(("failpoint", "copies"), [("sender.before_smtp", 1), ("sender.after_smtp", 2)])
async def test_a_sender_killed_in_mid_send_is_followed_by_one_that_sends_the_same_message(
    dsn: str,
    stack: Stack,
    shared_database: Database,
    firm: Firm,
    new_act: Callable[..., Any],
    post_office: SmtpServer,
    failpoint: str,
    copies: int,
) -> None:
    await plan_one(shared_database, firm, new_act())
    async with sender(dsn, stack, post_office.port, f"{failpoint}:kill:1") as doomed:
        assert await asyncio.wait_for(doomed.wait(), 30) == -signal.SIGKILL
    async with sender(dsn, stack, post_office.port):
        row = await accepted(shared_database)
    assert row == {"attempts": 2, "possibly_sent_twice": True}
    assert len(post_office.mails) == copies
    assert len({message_from_bytes(mail.content)["Message-ID"] for mail in post_office.mails}) == 1


@pytest.mark.proves("N5")
async def test_a_sender_asked_to_stop_finishes_the_message_on_its_way(
    dsn: str,
    stack: Stack,
    shared_database: Database,
    firm: Firm,
    new_act: Callable[..., Any],
    post_office: SmtpServer,
) -> None:
    post_office.script = ["silent"]
    await plan_one(shared_database, firm, new_act())
    async with sender(dsn, stack, post_office.port) as stopping:
        await post_office.has_taken(1)
        stopping.terminate()
        post_office.released.set()
        assert await asyncio.wait_for(stopping.wait(), 30) == 0
    assert await accepted(shared_database) == {"attempts": 1, "possibly_sent_twice": False}
    assert len(post_office.mails) == 1
