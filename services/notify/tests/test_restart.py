"""A real sender process that is killed or stopped in mid-send: nothing is lost, at most one copy too many."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from typing import Any

import pytest

from chassis.testing import eventually
from chassis.testing.addresses import Stack

pytestmark = pytest.mark.fault

LEASE_SECONDS = 3
TOKEN = "a token that services share, long enough"
Mailroom = Any


@asynccontextmanager
async def sender(room: Mailroom, stack: Stack, failpoint: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        http_port = free.getsockname()[1]
    settings = {
        "DATABASE_DSN": room.dsn,
        "KAFKA_BOOTSTRAP": stack.kafka_bootstrap,
        "HTTP_PORT": str(http_port),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(room.server.port),
        "SMTP_SECURITY": "none",
        "PORTAL_URL": "https://pay.example",
        "SHARING_URL": room.gate.url,
        "SERVICE_TOKEN": TOKEN,
        "BLOB_URL": room.blob_path.as_uri(),
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


async def accepted(room: Mailroom) -> dict[str, Any]:
    async def probe() -> dict[str, Any] | None:
        found = await room.rows("select attempts, possibly_sent_twice from deliveries where state = 'accepted'")
        return found[0] if found else None

    found = await eventually(probe)
    assert found is not None
    return found


@pytest.mark.proves("N5")
@pytest.mark.parametrize(("failpoint", "copies"), [("sender.before_smtp", 1), ("sender.after_smtp", 2)])
async def test_a_sender_killed_in_mid_send_is_followed_by_one_that_sends_the_same_message(
    room: Mailroom, stack: Stack, failpoint: str, copies: int
) -> None:
    await room.plan(room.act())
    async with sender(room, stack, f"{failpoint}:kill:1") as doomed:
        assert await asyncio.wait_for(doomed.wait(), 30) == -signal.SIGKILL
    async with sender(room, stack):
        row = await accepted(room)
    assert row == {"attempts": 2, "possibly_sent_twice": True}
    assert len(room.server.mails) == copies
    assert len({message_from_bytes(mail.content)["Message-ID"] for mail in room.server.mails}) == 1


@pytest.mark.proves("N5")
async def test_a_sender_asked_to_stop_finishes_the_message_on_its_way(room: Mailroom, stack: Stack) -> None:
    room.server.script = ["silent"]
    await room.plan(room.act())
    async with sender(room, stack) as stopping:
        await room.server.has_taken(1)
        stopping.terminate()
        room.server.released.set()
        assert await asyncio.wait_for(stopping.wait(), 30) == 0
    assert await accepted(room) == {"attempts": 1, "possibly_sent_twice": False}
    assert len(room.server.mails) == 1
