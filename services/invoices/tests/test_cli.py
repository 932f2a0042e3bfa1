"""The operator's command line, as a process."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable

import pytest

from chassis.api_keys import authenticate
from chassis.testing.fixtures import opened


async def _create(dsn: str, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "invoices", "firm", "create"),
        *arguments,
        env={**os.environ, "HANDBILL_DATABASE_DSN": dsn},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    return process.returncode or 0, out.decode(), error.decode()


@pytest.mark.proves("I1")
async def test_the_operator_makes_a_firm_and_sees_its_key_once(
    new_database: Callable[[str], Awaitable[str]],
) -> None:
    dsn = await new_database("invoices")
    said = ("--name", "Ibe & Daughters", "--reply-to", "office@firm.example", "--time-zone", "Europe/Vienna", "--json")
    status, out, error = await _create(dsn, *said)
    assert status == 0, error
    created = json.loads(out)
    async with opened(dsn) as database, database.reading() as tx:
        principal = await authenticate(tx, created["api_key"])
    assert principal is not None
    assert str(principal.firm_id) == created["firm_id"]


@pytest.mark.proves("I1")
async def test_a_firm_that_cannot_be_is_not_made(new_database: Callable[[str], Awaitable[str]]) -> None:
    dsn = await new_database("invoices")
    status, _, error = await _create(dsn, "--name", "X", "--reply-to", "x@firm.example", "--time-zone", "Mars/Olympus")
    assert (status, "invalid_time_zone" in error) == (1, True)
    status, _, error = await _create(dsn, "--name", "X", "--reply-to", "two@firm.example,more@firm.example")
    assert (status, "reply_to" in error) == (2, True)
