"""The charger killed before, during or after its call: the charge is made once, and told once."""

import asyncio
import json
import os
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chassis.database import Database
from chassis.grants import make_key_pair
from chassis.ids import new_id
from chassis.outcome import Done
from chassis.testing import eventually
from chassis.testing.addresses import Stack
from chassis.testing.fixtures import opened
from stack.processor.running import running_processor

Firm = Any


async def started(firm: Firm, method_token: str) -> None:
    """A payment of one charge, ordered and not sent yet."""
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    wish = firm.wish(contact_id, {invoice_id: 10_000}, method_token=method_token)
    assert isinstance((await firm.pays(wish))[0], Done)


async def concluded(firm: Firm) -> dict[str, Any]:
    async def probe() -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = await firm.told("payment-concluded")
        return told

    (told,) = await eventually(probe, timeout_seconds=40)
    return told


def written(journal: Path) -> list[dict[str, Any]]:
    """What the processor has in its journal."""
    lines = journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
    return [json.loads(line) for line in lines]


def made(journal: Path) -> list[int]:
    """How often the processor has really charged by each key."""
    return list(Counter(entry["key"] for entry in written(journal) if entry["status"] == "succeeded").values())


@asynccontextmanager
async def charger_process(
    dsn: str, stack: Stack, processor_url: str, failpoint: str = ""
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The charger as it is run: a process of its own, with a lease of three seconds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        http_port = free.getsockname()[1]
    settings = {
        "DATABASE_DSN": dsn,
        "KAFKA_BOOTSTRAP": stack.kafka_bootstrap,
        "HTTP_PORT": str(http_port),
        "PROCESSOR_URL": processor_url,
        "PROCESSOR_TIMEOUT_SECONDS": "1",
        "CHARGER_LEASE_SECONDS": "3",
        "UNKNOWN_PAUSES_SECONDS": "0.1",
        "SHARING_URL": "http://127.0.0.1:9",
        "SERVICE_TOKEN": "x" * 40,
        "GRANT_PUBLIC_KEY": make_key_pair()[1],
        "FAILPOINT": failpoint,
    }
    environment = os.environ | {f"HANDBILL_{name}": value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "payments", "start", "charger", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.fault
@pytest.mark.proves("P9", "P11")
@pytest.mark.parametrize(
    ("failpoint", "method_token"),
    [
        ("charger.before_call:kill", "tok_ok"),
        ("charger.after_call:kill", "tok_ok"),
        ("during", "tok_slow"),
        ("during", "tok_timeout_after_charge"),
    ],
)
async def test_a_charger_killed_before_during_or_after_the_call_charges_once(
    new_database: Callable[[str], Awaitable[str]],
    stack: Stack,
    make_firm: Callable[[Database], Firm],
    tmp_path: Path,
    method_token: str,
    failpoint: str,
) -> None:
    """`during`: killed as soon as the processor has the charge in its journal, before or while it answers."""
    dsn, journal = await new_database("payments"), tmp_path / "journal.jsonl"

    async def is_in_the_journal() -> bool:
        return bool(written(journal))

    async with opened(dsn) as database, running_processor(journal, slow_seconds=0.05) as sandbox:
        firm = make_firm(database)
        await started(firm, method_token)
        async with charger_process(dsn, stack, sandbox.url, "" if failpoint == "during" else failpoint) as first:
            if failpoint == "during":
                await eventually(is_in_the_journal)
                first.kill()
            await asyncio.wait_for(first.wait(), 60)
        async with charger_process(dsn, stack, sandbox.url):
            told = await concluded(firm)
        assert told["paid_minor"] == 10_000
        assert made(journal) == [1]
        assert len(await firm.told("charge-settled")) == 1
        await firm.books_agree()
