"""The charger against a real sandbox processor over HTTP: whatever it answers or does not, each charge is made once."""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from chassis.database import Database
from chassis.ids import new_id
from chassis.outcome import Done
from chassis.testing import eventually
from payments.gateways.processor import SandboxProcessor
from payments.jobs.charger import Charger, ChargerLimits, Till
from payments.usecases.postpone_order import Patience
from stack.processor.running import RunningProcessor, running_processor

Firm = Any
PAUSES_SECONDS = (0.05, 0.1)


@pytest_asyncio.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[RunningProcessor]:
    async with running_processor(tmp_path / "journal.jsonl", slow_seconds=0.05) as running:
        yield running


async def journal(sandbox: RunningProcessor) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as client:
        entries: list[dict[str, Any]] = (await client.get("/v1/journal")).json()["entries"]
    return entries


async def made(sandbox: RunningProcessor) -> Counter[str]:
    """How often the processor has really charged or refunded, by key."""
    return Counter(entry["key"] for entry in await journal(sandbox) if entry["status"] == "succeeded")


@asynccontextmanager
async def charging(
    database: Database, url: str, *, key_lifetime_seconds: float = 3600, overdue_seconds: float = 3600
) -> AsyncIterator[None]:
    """A charger that works until the block ends; a call that takes half a second is given up."""

    def open_processor() -> SandboxProcessor:
        return SandboxProcessor(url, connect_timeout_seconds=5, timeout_seconds=0.5)

    till = Till(open_processor, Patience(PAUSES_SECONDS, overdue_seconds), ChargerLimits(4, 60, key_lifetime_seconds))
    processor = open_processor()
    charger = Charger(processor, till)
    ending = asyncio.Event()

    async def work() -> None:
        while not ending.is_set():
            if not await charger.step(database):
                try:
                    async with asyncio.timeout(0.02):
                        await ending.wait()
                except TimeoutError:
                    continue

    working = asyncio.create_task(work())
    try:
        yield
    finally:
        ending.set()
        await working
        await charger.finish()
        await processor.close()


async def concluded(firm: Firm, count: int = 1) -> dict[str, Any]:
    """The last word on a payment, once there are so many."""

    async def probe() -> list[dict[str, Any]]:
        told = await firm.told("payment-concluded")
        return told if len(told) >= count else []

    last: dict[str, Any] = (await eventually(probe))[-1]
    return last


async def started(firm: Firm, amounts: dict[int, str] | list[int], method_token: str = "tok_ok") -> Any:
    contact_id = new_id()
    totals = list(amounts)
    invoice_ids = await firm.bills(contact_id, *totals)
    wish = firm.wish(contact_id, dict(zip(invoice_ids, totals, strict=True)), method_token=method_token)
    assert isinstance((await firm.pays(wish))[0], Done)
    return wish


@pytest.mark.proves("P2", "P11")
@pytest.mark.parametrize(
    ("method_token", "state", "reason"),
    [
        ("tok_ok", "succeeded", None),
        ("tok_slow", "succeeded", None),
        ("tok_declined", "declined", "card_declined"),
        ("tok_insufficient_funds", "declined", "insufficient_funds"),
        ("tok_timeout_after_charge", "succeeded", None),
        ("tok_timeout_before_charge", "succeeded", None),
        ("tok_500_after_charge", "succeeded", None),
    ],
)
async def test_whatever_the_processor_does_a_charge_has_its_true_outcome_and_is_made_once(
    firm: Firm, sandbox: RunningProcessor, method_token: str, state: str, reason: str | None
) -> None:
    wish = await started(firm, [10_000, 20_000], method_token)
    async with charging(firm.database, sandbox.url):
        told = await concluded(firm)
    assert [(each["state"], each["decline_reason"]) for each in told["charges"]] == [(state, reason)] * 2
    assert set((await made(sandbox)).values()) == ({1} if state == "succeeded" else set())
    refs = {entry["ref"] for entry in await journal(sandbox) if entry["status"] == "succeeded"}
    story = await firm.story(wish.payment_id)
    assert {each.charge.provider_ref for each in story.charges} == (refs or {None})
    assert await firm.cases() == []
    await firm.books_agree()


@pytest.mark.proves("P3")
async def test_of_a_card_with_a_limit_the_dear_charge_is_declined_and_tried_again_alone(
    firm: Firm, sandbox: RunningProcessor
) -> None:
    wish = await started(firm, [10_000, 90_000, 20_000], "tok_limit_50000")
    async with charging(firm.database, sandbox.url):
        told = await concluded(firm)
        assert [each["state"] for each in told["charges"]] == ["succeeded", "declined", "succeeded"]
        assert isinstance(await firm.retries(wish, [told["charges"][1]["charge_id"]]), Done)
        told = await concluded(firm, 2)
    assert (told["attempt"], told["paid_minor"]) == (2, 120_000)
    assert sorted((await made(sandbox)).values()) == [1, 1, 1]
    await firm.books_agree()


@pytest.mark.proves("P5", "P11")
@pytest.mark.parametrize(
    "method_token",
    ["tok_ok", "tok_refund_timeout_after_refund", "tok_refund_timeout_before_refund", "tok_refund_500_after_refund"],
)
async def test_a_refund_is_given_back_once_whatever_the_processor_answers(
    firm: Firm, sandbox: RunningProcessor, method_token: str
) -> None:
    await started(firm, [10_000], method_token)
    async with charging(firm.database, sandbox.url):
        (charge,) = (await concluded(firm))["charges"]
        assert isinstance(await firm.refunds(charge["charge_id"], 2_500), Done)

        async def refunded() -> list[dict[str, Any]]:
            told: list[dict[str, Any]] = await firm.told("charge-refunded")
            return told

        (told,) = await eventually(refunded)
    assert told["amount_minor"] == 2_500
    assert sorted((await made(sandbox)).values()) == [1, 1]
    assert (await firm.balance(charge["invoice_id"])).open_minor == 2_500
    await firm.books_agree()


@pytest.mark.proves("P11")
async def test_while_the_processor_is_away_a_charge_is_unknown_and_its_hold_stays(firm: Firm, tmp_path: Path) -> None:
    wish = await started(firm, [10_000])

    async def charge_state() -> str:
        state: str = (await firm.story(wish.payment_id)).charges[0].charge.state
        return state

    async def is_unknown() -> bool:
        return await charge_state() == "unknown"

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    async with charging(firm.database, f"http://127.0.0.1:{port}", overdue_seconds=0.3):
        await eventually(is_unknown)
        assert (await firm.balance(wish.invoices[0].invoice_id)).payable_minor == 0
        refused = await firm.retries(wish, [(await firm.story(wish.payment_id)).charges[0].charge.charge_id])
        assert refused.slug == "payment_under_way"

        async def a_person_is_told() -> bool:
            cases: list[str] = await firm.cases()
            return cases == ["outcome_unknown"]

        await eventually(a_person_is_told)
        async with running_processor(tmp_path / "journal.jsonl", port=port) as sandbox:
            assert (await concluded(firm))["paid_minor"] == 10_000
            assert list((await made(sandbox)).values()) == [1]
    await firm.books_agree()


@pytest.mark.proves("P9", "P11")
async def test_two_chargers_at_once_make_each_charge_once(firm: Firm, sandbox: RunningProcessor) -> None:
    wishes = [await started(firm, [1_000, 2_000, 3_000]) for _ in range(5)]
    async with charging(firm.database, sandbox.url), charging(firm.database, sandbox.url):
        await concluded(firm, len(wishes))
    charges = await made(sandbox)
    assert (len(charges), set(charges.values())) == (15, {1})
    await firm.books_agree()


@pytest.mark.fault
@pytest.mark.proves("P11")
async def test_a_processor_that_is_killed_with_the_charge_in_its_journal_has_charged_once(
    firm: Firm, tmp_path: Path
) -> None:
    await started(firm, [10_000])
    path = tmp_path / "journal.jsonl"
    async with (
        running_processor(path, failpoint="processor.after_fsync:kill") as dying,
        charging(firm.database, dying.url),
    ):
        await asyncio.wait_for(dying.process.wait(), 30)
        assert [json.loads(line)["status"] for line in path.read_text().splitlines()] == ["succeeded"]
        async with running_processor(path, port=dying.port) as again:
            assert (await concluded(firm))["paid_minor"] == 10_000
            assert list((await made(again)).values()) == [1]
    await firm.books_agree()
