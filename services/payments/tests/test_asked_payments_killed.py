"""The worker that carries out commands to pay, killed at each of its lines: one effect and one answer all the same."""

import asyncio
import os
import signal
import sys
from typing import Any

import pytest

from chassis.ids import new_id
from chassis.intake.apply import apply_batch
from chassis.intake.reading import read
from chassis.testing.addresses import Stack
from payments.gateways.sharing_gate import SharingGate
from payments.handlers import COMMANDS
from payments.jobs.asked_payments import asked_payments_job

Firm = Any
STEPS = """
import asyncio, sys
from chassis.database import Database, open_pool
from chassis.grants import read_public_key
from payments.gateways.sharing_gate import SharingGate
from payments.jobs.asked_payments import asked_payments_job

async def main():
    dsn, url, token, public_key = sys.argv[1:]
    database = Database(await open_pool(dsn, application="killed", size_max=2))
    gate = SharingGate(url, token, read_public_key(public_key), timeout_seconds=5)
    async with asked_payments_job(gate, lease_seconds=1).open_step() as step:
        while await step(database):
            pass

asyncio.run(main())
"""


@pytest.mark.fault
@pytest.mark.proves("X1", "P2", "P9")
@pytest.mark.parametrize(
    ("place", "is_done"), [("after_gate", False), ("before_commit", False), ("after_commit", True)]
)
async def test_a_killed_worker_leaves_all_or_nothing_and_the_next_answers_once(
    firm: Firm, sharing_gate: SharingGate, gate_arguments: tuple[str, ...], stack: Stack, place: str, *, is_done: bool
) -> None:
    """The process kills itself as kill -9 would; another one goes on when the lease has ended."""
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    record = firm.record(firm.wish(contact_id, {invoice_id: 600}), actor="service:accounting")
    async with firm.database.transaction() as tx:
        await apply_batch(tx, COMMANDS, [read(COMMANDS, record)])
        dsn = stack.postgres_dsn(await tx.fetchval("select current_database()"))
    environment = os.environ | {"HANDBILL_FAILPOINT": f"asked.{place}:kill"}
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", STEPS, dsn, *gate_arguments, env=environment)
    assert await process.wait() == -signal.SIGKILL
    assert len(await firm.told("command-done")) == is_done
    assert (await firm.balance(invoice_id)).held_minor == (600 if is_done else 0)
    async with firm.database.transaction() as tx:
        await tx.execute("update asked_payments set next_at = clock_timestamp()")
    async with asked_payments_job(sharing_gate).open_step() as step:
        while await step(firm.database):
            pass
    assert len(await firm.told("command-done")) == 1
    assert len(await firm.told("payment-started")) == 1
    assert (await firm.balance(invoice_id)).held_minor == 600
    await firm.books_agree()
