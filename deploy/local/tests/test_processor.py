"""The sandbox processor as its own process, over HTTP; killed where it hurts."""

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import pytest_asyncio

from chassis.ids import new_id
from chassis.testing import eventually
from stack.processor.running import RunningProcessor, running_processor

_PATIENCE_SECONDS = 0.3


@dataclass(frozen=True)
class Caller:
    """Somebody with keys of their own, who gives up after a third of a second."""

    url: str
    http: httpx.AsyncClient
    own: str = field(default_factory=lambda: new_id().hex)

    async def charge(self, key: str, token: str = "tok_ok", amount_minor: Any = 10_000) -> httpx.Response:
        order = {"amount_minor": amount_minor, "currency": "EUR", "method_token": token, "reference": "IBE 2026-1"}
        return await self._post("charges", key, order)

    async def refund(self, key: str, charge_ref: str, amount_minor: int = 4_000) -> httpx.Response:
        order = {"charge_ref": charge_ref, "amount_minor": amount_minor, "currency": "EUR"}
        return await self._post("refunds", key, order)

    async def told(self, kind: str, key: str) -> tuple[int, Any]:
        answer = await self.http.get(f"{self.url}/v1/{kind}/{self.own}:{key}", timeout=10)
        return answer.status_code, answer.json()

    async def journal(self) -> list[dict[str, Any]]:
        answer = await self.http.get(f"{self.url}/v1/journal", timeout=10)
        return [entry for entry in answer.json()["entries"] if entry["key"].startswith(self.own)]

    async def _post(self, kind: str, key: str, order: dict[str, Any]) -> httpx.Response:
        headers = {"Idempotency-Key": f"{self.own}:{key}"}
        return await self.http.post(f"{self.url}/v1/{kind}", json=order, headers=headers)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def processor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningProcessor]:
    """One for all tests that do not kill it."""
    path = tmp_path_factory.mktemp("processor") / "journal.jsonl"
    async with running_processor(path, slow_seconds=0.05) as processor:
        yield processor


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=_PATIENCE_SECONDS) as client:
        yield client


@pytest.fixture
async def caller(processor: RunningProcessor, http: httpx.AsyncClient) -> Caller:
    return Caller(processor.url, http)


@pytest.mark.proves("P11")
async def test_a_charge_is_made_once_however_often_it_is_sent(caller: Caller):
    answers = await asyncio.gather(*(caller.charge("key:1") for _ in range(16)))
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert await caller.told("charges", "key:1") == (200, answers[0].json())
    (entry,) = await caller.journal()
    assert entry["order"]["reference"] == "IBE 2026-1"
    assert entry["ref"] == answers[0].json()["ref"]
    assert (await caller.charge("key:2")).json()["ref"] != entry["ref"]


async def test_a_key_with_another_body_is_a_conflict_and_changes_nothing(caller: Caller):
    await caller.charge("key:1")
    answer = await caller.charge("key:1", amount_minor=10_001)
    assert (answer.status_code, answer.json()["slug"]) == (409, "key_reused")
    assert len(await caller.journal()) == 1


async def test_cards_are_declined_by_their_token_with_a_reason_that_stays(caller: Caller):
    reasons = {
        "tok_declined": "card_declined",
        "tok_insufficient_funds": "insufficient_funds",
        "tok_limit_9999": "limit_exceeded",
        "tok_of_a_stranger": "unknown_method",
    }
    for token, reason in reasons.items():
        for _ in range(2):
            answer = await caller.charge(token, token)
            assert (answer.status_code, answer.json()["reason"]) == (402, reason)
        assert (await caller.told("charges", token))[1]["status"] == "declined"
    assert (await caller.charge("key:1", "tok_limit_10000")).status_code == 201
    assert (await caller.charge("key:2", "tok_slow")).status_code == 201
    assert len(await caller.journal()) == len(reasons) + 2


@pytest.mark.proves("P11")
async def test_silence_after_a_charge_hides_the_charge_until_somebody_asks(caller: Caller):
    for _ in range(2):
        with pytest.raises(httpx.ReadTimeout):
            await caller.charge("key:1", "tok_timeout_after_charge")
        assert (await caller.charge("key:2", "tok_500_after_charge")).status_code == 500
    assert (await caller.told("charges", "key:1"))[1]["status"] == "succeeded"
    assert (await caller.told("charges", "key:2"))[1]["status"] == "succeeded"
    assert len(await caller.journal()) == 2


@pytest.mark.proves("P11")
async def test_silence_before_a_charge_leaves_the_key_free_to_be_sent_again(caller: Caller):
    with pytest.raises(httpx.ReadTimeout):
        await caller.charge("key:1", "tok_timeout_before_charge")
    status, problem = await caller.told("charges", "key:1")
    assert (status, problem["slug"], problem["key"]) == (404, "unknown_key", f"{caller.own}:key:1")
    assert (await caller.charge("key:1", "tok_timeout_before_charge")).status_code == 201
    assert (await caller.told("charges", "key:1"))[0] == 200
    assert [entry["status"] for entry in await caller.journal()] == ["lost", "succeeded"]


@pytest.mark.proves("P5")
async def test_refunds_go_the_same_ways_as_charges(caller: Caller):
    refs = {
        ending: (await caller.charge(f"charge:{ending}", f"tok_{ending}")).json()["ref"]
        for ending in ("ok", "refund_declined", "refund_timeout_after_refund", "refund_500_after_refund")
    }
    first = await caller.refund("refund:ok", refs["ok"])
    assert (first.status_code, first.json()["amount_minor"]) == (201, 4_000)
    assert (await caller.refund("refund:ok", refs["ok"])).text == first.text
    assert (await caller.refund("refund:ok", refs["ok"], 3_999)).status_code == 409
    assert (await caller.refund("refund:more", refs["ok"], 6_001)).json()["reason"] == "amount_exceeds_charge"
    assert (await caller.refund("refund:rest", refs["ok"], 6_000)).status_code == 201
    assert (await caller.refund("refund:no", refs["refund_declined"])).json()["reason"] == "refund_declined"
    with pytest.raises(httpx.ReadTimeout):
        await caller.refund("refund:silent", refs["refund_timeout_after_refund"])
    assert (await caller.refund("refund:fault", refs["refund_500_after_refund"])).status_code == 500
    for key in ("refund:silent", "refund:fault"):
        assert (await caller.told("refunds", key))[1]["status"] == "succeeded"
    assert (await caller.told("refunds", "refund:none"))[0] == 404
    assert (await caller.told("refunds", "charge:ok"))[0] == 404


@pytest.mark.parametrize("amount", ["100", 100.0, 100.5, 0, -1, True, None], ids=repr)
async def test_an_amount_is_a_whole_number_above_zero(caller: Caller, amount: object):
    answer = await caller.charge("key:1", amount_minor=amount)
    assert (answer.status_code, answer.json()["slug"]) == (400, "malformed_request")
    assert await caller.journal() == []


async def test_a_request_without_a_plain_key_is_malformed(caller: Caller):
    for key in ("two words", "a/b", "x" * 101):
        assert (await caller.charge(key)).json()["slug"] == "malformed_request"
    assert await caller.journal() == []


@pytest.mark.fault
@pytest.mark.proves("P11")
@pytest.mark.parametrize(
    ("line", "is_charged"), [("before_write", False), ("after_write", True), ("after_fsync", True)]
)
async def test_killed_at_any_line_it_answers_the_same_for_the_same_key_afterwards(
    tmp_path: Path, http: httpx.AsyncClient, line: str, is_charged: bool
):
    """Killed at the second charge, before, in the middle of or after making it lasting; then started again."""
    path = tmp_path / "journal.jsonl"
    async with running_processor(path, failpoint=f"processor.{line}:kill:2") as processor:
        caller = Caller(processor.url, http)
        first = await caller.charge("key:1")
        with pytest.raises(httpx.TransportError):
            await caller.charge("key:2")
        assert await processor.process.wait() == -signal.SIGKILL
    async with running_processor(path, port=processor.port) as processor:
        assert (await caller.charge("key:1")).text == first.text
        status, found = await caller.told("charges", "key:2")
        assert status == (200 if is_charged else 404)
        again = await caller.charge("key:2")
        assert again.status_code == 201
        assert not is_charged or again.json() == found
        assert len(await caller.journal()) == 2


@pytest.mark.fault
async def test_a_full_disk_ends_the_process_and_leaves_no_half_entry(tmp_path: Path, http: httpx.AsyncClient):
    """The journal may grow by ten bytes more: the write fails in the middle of a line."""
    path = tmp_path / "journal.jsonl"
    async with running_processor(path) as processor:
        caller = Caller(processor.url, http)
        first = await caller.charge("key:1")
        limit = path.stat().st_size + 10
        psutil.Process(processor.process.pid).rlimit(psutil.RLIMIT_FSIZE, (limit, limit))
        with pytest.raises(httpx.TransportError):
            await caller.charge("key:2")
        assert await processor.process.wait() == 1
        assert path.stat().st_size == limit
    async with running_processor(path, port=processor.port):
        assert (await caller.told("charges", "key:2"))[0] == 404
        assert (await caller.charge("key:1")).text == first.text
        assert (await caller.charge("key:2")).status_code == 201
        assert len(await caller.journal()) == 2


@pytest.mark.fault
async def test_asked_to_end_it_lets_go_of_those_it_never_answers(tmp_path: Path):
    async with running_processor(tmp_path / "journal.jsonl") as processor, httpx.AsyncClient(timeout=30) as patient:
        caller = Caller(processor.url, patient)
        waiting = asyncio.create_task(caller.charge("key:1", "tok_timeout_after_charge"))

        async def is_charged() -> bool:
            return await caller.journal() != []

        await eventually(is_charged)
        processor.process.terminate()
        assert (await waiting).status_code == 500
        assert await processor.process.wait() == 0
