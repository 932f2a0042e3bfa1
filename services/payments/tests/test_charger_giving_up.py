"""Orders that the processor will never carry out: they end as declined, and their holds with them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from chassis.ids import new_id
from chassis.outcome import Done
from chassis.testing import eventually
from payments.domain.processor_order import ClaimedOrder
from payments.gateways.processor import SandboxProcessor
from payments.jobs.charger import carry_out
from payments.usecases.postpone_order import Patience
from stack.processor.running import RunningProcessor, running_processor

Firm = Any
KEY_LIFETIME_SECONDS = 3600
"""As the firm's claims have it."""


@pytest_asyncio.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[RunningProcessor]:
    async with running_processor(tmp_path / "journal.jsonl") as running:
        yield running


@pytest_asyncio.fixture
async def processor(sandbox: RunningProcessor) -> AsyncIterator[SandboxProcessor]:
    made = SandboxProcessor(sandbox.url, connect_timeout_seconds=5, timeout_seconds=0.3)
    yield made
    await made.close()


async def started(firm: Firm, method_token: str = "tok_ok") -> Any:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    wish = firm.wish(contact_id, {invoice_id: 10_000}, method_token=method_token)
    assert isinstance((await firm.pays(wish))[0], Done)
    return wish


async def claim_and_carry_out(firm: Firm, processor: SandboxProcessor) -> None:
    async def claimed() -> list[ClaimedOrder]:
        orders: list[ClaimedOrder] = await firm.claims()
        return orders

    (order,) = await eventually(claimed)
    await carry_out(firm.database, processor, order, Patience((0.05,), 10**9))


async def time_passes(firm: Firm, seconds: float) -> None:
    """Move what is noted of orders into the past."""
    async with firm.database.transaction() as tx:
        await tx.execute(
            "update processor_orders set submitted_at = submitted_at - make_interval(secs => $1), "
            "sent_at = sent_at - make_interval(secs => $1)",
            seconds,
        )


async def statuses(sandbox: RunningProcessor) -> list[str]:
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as client:
        return [entry["status"] for entry in (await client.get("/v1/journal")).json()["entries"]]


@pytest.mark.proves("P9", "P11")
async def test_what_the_processor_has_not_done_when_its_key_is_dead_is_abandoned_at_the_second_word(
    firm: Firm, processor: SandboxProcessor, sandbox: RunningProcessor
) -> None:
    wish = await started(firm, "tok_timeout_before_charge")
    await claim_and_carry_out(firm, processor)
    await time_passes(firm, KEY_LIFETIME_SECONDS / 2)
    async with firm.database.transaction() as tx:
        await tx.execute("update processor_orders set submitted_at = submitted_at - interval '1 hour'")
    for _ in range(3):
        # Too old to be sent, but a key of it may live on.
        await claim_and_carry_out(firm, processor)
        assert (await firm.balance(wish.invoices[0].invoice_id)).held_minor == 10_000
    await time_passes(firm, KEY_LIFETIME_SECONDS)
    await claim_and_carry_out(firm, processor)
    assert await firm.told("payment-concluded") == []
    await claim_and_carry_out(firm, processor)
    assert await statuses(sandbox) == ["lost"]
    ((charge,),) = [each["charges"] for each in await firm.told("payment-concluded")]
    assert (charge["state"], charge["decline_reason"]) == ("declined", "abandoned")
    assert (await firm.balance(wish.invoices[0].invoice_id)).payable_minor == 10_000
    assert isinstance(await firm.retries(wish, [charge["charge_id"]]), Done)
    await firm.books_agree()


@pytest.mark.proves("P9", "P11")
async def test_what_was_done_although_its_key_is_dead_is_settled(firm: Firm, processor: SandboxProcessor) -> None:
    await started(firm, "tok_timeout_after_charge")
    await claim_and_carry_out(firm, processor)
    await time_passes(firm, 3 * KEY_LIFETIME_SECONDS)
    await claim_and_carry_out(firm, processor)
    assert [each["paid_minor"] for each in await firm.told("payment-concluded")] == [10_000]


@pytest.mark.proves("P9", "P11")
async def test_what_was_never_sent_in_its_time_expires_unsent(
    firm: Firm, processor: SandboxProcessor, sandbox: RunningProcessor
) -> None:
    wish = await started(firm)
    await time_passes(firm, 2 * KEY_LIFETIME_SECONDS)
    await claim_and_carry_out(firm, processor)
    assert await statuses(sandbox) == []
    assert [each["reason"] for each in await firm.told("charge-declined")] == ["expired"]
    assert (await firm.balance(wish.invoices[0].invoice_id)).payable_minor == 10_000
    await firm.books_agree()


@pytest.mark.proves("P11")
async def test_a_request_that_the_processor_will_never_take_ends_with_a_case(
    firm: Firm, processor: SandboxProcessor, sandbox: RunningProcessor
) -> None:
    wish = await started(firm)
    async with firm.database.transaction() as tx:
        # What only a fault of ours could send.
        await tx.execute("update processor_orders set reference = ''")
    await claim_and_carry_out(firm, processor)
    assert await statuses(sandbox) == []
    assert [each["reason"] for each in await firm.told("charge-declined")] == ["request_refused"]
    assert await firm.cases() == ["charge_given_up"]
    assert len(await firm.told("payment-concluded")) == 1
    assert (await firm.balance(wish.invoices[0].invoice_id)).payable_minor == 10_000
    await firm.books_agree()


@pytest.mark.proves("P11")
async def test_a_key_that_the_processor_has_for_something_else_is_settled_by_what_it_says_of_it(
    firm: Firm, processor: SandboxProcessor
) -> None:
    wish = await started(firm)
    async with firm.database.reading() as tx:
        key = await tx.fetchval("select key from processor_orders")
    await processor.charge(key, amount_minor=9, currency="USD", method_token="tok_ok", reference="another")
    await claim_and_carry_out(firm, processor)
    assert await firm.cases() == ["outcome_disagrees"]
    assert (await firm.balance(wish.invoices[0].invoice_id)).held_minor == 10_000
