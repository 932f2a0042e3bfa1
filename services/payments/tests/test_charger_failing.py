"""Faults of ours while an order is settled: it waits with a case, and no other order waits for it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chassis.database import Database
from chassis.ids import new_id
from chassis.outcome import Done
from chassis.testing import eventually
from payments.gateways.processor import SandboxProcessor
from payments.jobs.charger import Charger, ChargerLimits, Till
from payments.usecases.postpone_order import Patience
from stack.processor.running import running_processor

Firm = Any
# What a fault of ours looks like to the settling transaction: an error that no waiting mends.
BROKEN = "alter table charges add constraint broken check (state <> 'succeeded' or number <> '2026-000001') not valid"
WHOLLY_BROKEN = "alter table cases add constraint broken check (kind <> 'settling_failed')"


@pytest_asyncio.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    async with running_processor(tmp_path / "journal.jsonl", slow_seconds=0.05) as sandbox:

        def open_processor() -> SandboxProcessor:
            return SandboxProcessor(sandbox.url, connect_timeout_seconds=5, timeout_seconds=5)

        yield Till(open_processor, Patience((0.05,), 3600), ChargerLimits(4, 0.5, 3600))


async def work(charger: Charger, database: Database, until: Any) -> None:
    """Let the charger work until there is what is waited for; what its steps raise ends the test."""

    async def probe() -> bool:
        await charger.step(database)
        await asyncio.wait_for(charger.finish(), 10)
        return bool(await until())

    await eventually(probe)


async def alter(firm: Firm, statement: str) -> None:
    async with firm.database.transaction() as tx:
        await tx.execute(statement)


@pytest.mark.proves("P9", "P11")
async def test_an_order_that_cannot_be_settled_waits_with_a_case_and_the_others_go_on(firm: Firm, till: Till) -> None:
    contact_id = new_id()
    first, second = await firm.bills(contact_id, 10_000, 20_000)
    wish = firm.wish(contact_id, {first: 10_000, second: 20_000})
    assert isinstance((await firm.pays(wish))[0], Done)
    await alter(firm, BROKEN)
    processor = till.open_processor()
    charger = Charger(processor, till)

    async def a_person_is_told() -> bool:
        settled: int = (await firm.balance(second)).settled_minor
        cases: list[str] = await firm.cases()
        return settled == 20_000 and cases == ["settling_failed"]

    await work(charger, firm.database, a_person_is_told)
    assert (await firm.balance(first)).held_minor == 10_000
    await alter(firm, "alter table charges drop constraint broken")

    async def is_concluded() -> bool:
        return bool(await firm.told("payment-concluded"))

    await work(charger, firm.database, is_concluded)
    assert (await firm.told("payment-concluded"))[0]["paid_minor"] == 30_000
    await processor.close()
    await firm.books_agree()


@pytest.mark.proves("P11")
async def test_an_order_that_cannot_even_be_set_back_is_left_to_its_lease_and_the_charger_lives(
    firm: Firm, till: Till
) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    assert isinstance((await firm.pays(firm.wish(contact_id, {invoice_id: 10_000})))[0], Done)
    for statement in (BROKEN, WHOLLY_BROKEN):
        await alter(firm, statement)
    processor = till.open_processor()
    charger = Charger(processor, till)

    async def was_claimed_twice() -> bool:
        async with firm.database.reading() as tx:
            return bool(await tx.fetchval("select tries >= 2 from processor_orders"))

    await work(charger, firm.database, was_claimed_twice)
    for table in ("charges", "cases"):
        await alter(firm, f"alter table {table} drop constraint broken")

    async def is_concluded() -> bool:
        return bool(await firm.told("payment-concluded"))

    await work(charger, firm.database, is_concluded)
    await processor.close()
    await firm.books_agree()
