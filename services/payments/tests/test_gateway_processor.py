"""The gateway against the real sandbox processor over HTTP."""

import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from chassis.ids import new_id
from payments.domain.processor_answer import Declined, NotFound, Succeeded, Unknown
from payments.gateways import Processor, WrongRequest
from payments.gateways.processor import SandboxProcessor
from stack.processor.running import RunningProcessor, running_processor


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningProcessor]:
    async with running_processor(tmp_path_factory.mktemp("processor") / "journal.jsonl", slow_seconds=0.05) as running:
        yield running


@pytest.fixture
async def gateway_to() -> AsyncIterator[Callable[[str], SandboxProcessor]]:
    made: list[SandboxProcessor] = []

    def make(url: str) -> SandboxProcessor:
        made.append(SandboxProcessor(url, connect_timeout_seconds=5, timeout_seconds=0.5))
        return made[-1]

    yield make
    for gateway in made:
        await gateway.close()


@pytest.fixture
async def processor(sandbox: RunningProcessor, gateway_to: Callable[[str], SandboxProcessor]) -> Processor:
    return gateway_to(sandbox.url)


def _key() -> str:
    return f"{new_id()}:1"


async def _charge(
    processor: Processor, key: str, token: str = "tok_ok", amount_minor: int = 10_000
) -> Succeeded | Declined | Unknown:
    return await processor.charge(
        key, amount_minor=amount_minor, currency="EUR", method_token=token, reference="IBE & DAUGHTERS 2026-000001"
    )


async def _entries_of(sandbox: RunningProcessor, key: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient() as http:
        entries = (await http.get(f"{sandbox.url}/v1/journal")).json()["entries"]
    return [entry for entry in entries if entry["key"] == key]


@pytest.mark.proves("P11")
@pytest.mark.parametrize("token", ["tok_ok", "tok_slow"])
async def test_a_charge_succeeds_with_what_the_processor_took(
    processor: Processor, sandbox: RunningProcessor, token: str
):
    key = _key()
    made = await _charge(processor, key, token)
    assert isinstance(made, Succeeded)
    assert (made.amount_minor, made.currency) == (10_000, "EUR")
    assert await processor.ask(key) == made
    assert await _charge(processor, key, token) == made
    (entry,) = await _entries_of(sandbox, key)
    assert (entry["ref"], entry["order"]["reference"]) == (made.provider_ref, "IBE & DAUGHTERS 2026-000001")


@pytest.mark.proves("P3", "P11")
@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("tok_declined", "card_declined"),
        ("tok_insufficient_funds", "insufficient_funds"),
        ("tok_limit_9999", "limit_exceeded"),
        ("nobody's token", "unknown_method"),
    ],
)
async def test_a_decline_has_its_reason_and_stays_one(processor: Processor, token: str, reason: str):
    key = _key()
    assert await _charge(processor, key, token) == Declined(reason)
    assert await processor.ask(key) == Declined(reason)
    assert await _charge(processor, key, token) == Declined(reason)


@pytest.mark.proves("P9", "P11")
@pytest.mark.parametrize("token", ["tok_timeout_after_charge", "tok_500_after_charge"])
async def test_an_answer_that_never_came_is_found_out_by_asking_and_charges_once(
    processor: Processor, sandbox: RunningProcessor, token: str
):
    key = _key()
    assert isinstance(await _charge(processor, key, token), Unknown)
    found = await processor.ask(key)
    assert isinstance(found, Succeeded)
    assert isinstance(await _charge(processor, key, token), Unknown)
    assert [entry["ref"] for entry in await _entries_of(sandbox, key)] == [found.provider_ref]


@pytest.mark.proves("P9", "P11")
async def test_a_charge_that_never_arrived_is_not_found_and_sent_again_with_its_key(
    processor: Processor, sandbox: RunningProcessor
):
    key = _key()
    assert isinstance(await _charge(processor, key, "tok_timeout_before_charge"), Unknown)
    assert await processor.ask(key) == NotFound()
    made = await _charge(processor, key, "tok_timeout_before_charge")
    assert isinstance(made, Succeeded)
    assert await processor.ask(key) == made
    assert [entry["status"] for entry in await _entries_of(sandbox, key)] == ["lost", "succeeded"]


@pytest.mark.proves("P5", "P11")
async def test_a_refund_is_ordered_and_asked_about_like_a_charge(processor: Processor):
    charged = await _charge(processor, _key())
    assert isinstance(charged, Succeeded)

    async def refund(key: str, amount_minor: int) -> Succeeded | Declined | Unknown:
        return await processor.refund(
            key, charge_ref=charged.provider_ref, amount_minor=amount_minor, currency=charged.currency
        )

    key = _key()
    assert await processor.ask_refund(key) == NotFound()
    refunded = await refund(key, 4_000)
    assert isinstance(refunded, Succeeded)
    assert (refunded.amount_minor, refunded.currency) == (4_000, "EUR")
    assert refunded.provider_ref != charged.provider_ref
    assert await processor.ask_refund(key) == refunded
    assert await refund(key, 4_000) == refunded
    assert await refund(_key(), 6_001) == Declined("amount_exceeds_charge")
    assert isinstance(await refund(_key(), 6_000), Succeeded)
    with pytest.raises(WrongRequest, match="key_reused"):
        await refund(key, 3_999)


@pytest.mark.proves("P5")
@pytest.mark.parametrize(
    ("ending", "then"),
    [("timeout_after_refund", Succeeded), ("500_after_refund", Succeeded), ("timeout_before_refund", NotFound)],
)
async def test_a_refund_without_an_answer_is_unknown_until_asked(processor: Processor, ending: str, then: type):
    charged = await _charge(processor, _key(), f"tok_refund_{ending}")
    assert isinstance(charged, Succeeded)
    key = _key()
    refunding = processor.refund(key, charge_ref=charged.provider_ref, amount_minor=1, currency="EUR")
    assert isinstance(await refunding, Unknown)
    assert isinstance(await processor.ask_refund(key), then)


async def test_a_key_used_for_something_else_is_a_bug_and_raised(processor: Processor):
    key = _key()
    made = await _charge(processor, key)
    with pytest.raises(WrongRequest, match="key_reused"):
        await _charge(processor, key, amount_minor=10_001)
    assert await processor.ask(key) == made


async def test_a_malformed_order_is_a_bug_and_raised(processor: Processor):
    key = _key()
    with pytest.raises(WrongRequest, match="malformed_request"):
        await _charge(processor, key, amount_minor=0)
    assert await processor.ask(key) == NotFound()


@pytest.mark.fault
@pytest.mark.proves("P11")
@pytest.mark.parametrize(
    ("line", "is_charged"), [("before_write", False), ("after_write", True), ("after_fsync", True)]
)
async def test_a_processor_killed_while_it_charges_leaves_an_unknown_that_resolves(
    tmp_path: Path, gateway_to: Callable[[str], SandboxProcessor], line: str, is_charged: bool
):
    """Killed before, amid or after making the charge lasting; asked while it is down and once it is back."""
    path = tmp_path / "journal.jsonl"
    key = _key()
    async with running_processor(path, failpoint=f"processor.{line}:kill") as sandbox:
        processor = gateway_to(sandbox.url)
        assert isinstance(await _charge(processor, key), Unknown)
        assert await sandbox.process.wait() == -signal.SIGKILL
    assert isinstance(await processor.ask(key), Unknown)
    assert isinstance(await _charge(processor, key), Unknown)
    async with running_processor(path, port=sandbox.port) as sandbox:
        found = await processor.ask(key)
        assert isinstance(found, Succeeded if is_charged else NotFound)
        made = await _charge(processor, key)
        assert isinstance(made, Succeeded)
        assert not is_charged or made == found
        assert [entry["ref"] for entry in await _entries_of(sandbox, key)] == [made.provider_ref]


@pytest.mark.fault
async def test_a_processor_that_hangs_is_unknown_within_the_time_out(
    tmp_path: Path, gateway_to: Callable[[str], SandboxProcessor]
):
    async with running_processor(tmp_path / "journal.jsonl") as sandbox:
        processor = gateway_to(sandbox.url)
        sandbox.process.send_signal(signal.SIGSTOP)
        assert isinstance(await _charge(processor, _key()), Unknown)
        assert isinstance(await processor.ask(_key()), Unknown)
        sandbox.process.send_signal(signal.SIGCONT)


async def test_no_proxy_of_the_environment_sees_a_charge(
    monkeypatch: pytest.MonkeyPatch, sandbox: RunningProcessor, gateway_to: Callable[[str], SandboxProcessor]
):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert isinstance(await _charge(gateway_to(sandbox.url), _key()), Succeeded)
