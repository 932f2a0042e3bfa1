"""The gateway against strangers who answer what the sandbox never would: what they say moves no money."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from payments.domain.processor_answer import Declined, Succeeded, Unknown
from payments.gateways import Processor
from payments.gateways.processor import SandboxProcessor
from stack.processor.running import running_processor

_KEY = "charge:1"
_CHARGE = {"key": _KEY, "ref": "ch_1", "status": "succeeded", "amount_minor": 10_000, "currency": "EUR"}
_DECLINE = {**_CHARGE, "status": "declined", "reason": "card_declined"}
_UNKNOWN_KEY = {"key": _KEY, "slug": "unknown_key"}

Answer = tuple[str, str | dict[str, Any]]
Stranger = Callable[[bytes], Awaitable[SandboxProcessor]]


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
async def stranger(gateway_to: Callable[[str], SandboxProcessor]) -> AsyncIterator[Stranger]:
    """A server that gives one answer to everything, byte for byte, and hangs up; without one it cuts the line."""
    servers: list[asyncio.Server] = []

    async def listen(answer: bytes) -> SandboxProcessor:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            if answer:
                writer.close()
            else:
                writer.transport.abort()

        servers.append(await asyncio.start_server(serve, "127.0.0.1", 0))
        return gateway_to(f"http://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}")

    yield listen
    for server in servers:
        server.close()
        await server.wait_closed()


async def _charge(processor: Processor) -> Succeeded | Declined | Unknown:
    return await processor.charge(
        _KEY, amount_minor=10_000, currency="EUR", method_token="tok_ok", reference="IBE & DAUGHTERS 2026-000001"
    )


def _answer(status: str, body: str | dict[str, Any]) -> bytes:
    content = (body if isinstance(body, str) else json.dumps(body)).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


_ODD_ANSWERS: dict[str, Answer] = {
    "another_key": ("201 Created", {**_CHARGE, "key": "charge:2"}),
    "decline_of_another_key": ("402 Payment Required", {**_DECLINE, "key": "charge:2"}),
    "decline_that_says_created": ("201 Created", _DECLINE),
    "charge_that_says_declined": ("402 Payment Required", _CHARGE),
    "proxy_that_wants_money": ("402 Payment Required", "<h1>Payment Required</h1>"),
    "proxy_that_knows_no_such_page": ("404 Not Found", "<h1>Not Found</h1>"),
    "no_key_in_not_found": ("404 Not Found", {"slug": "unknown_key"}),
    "not_found_of_another_key": ("404 Not Found", {**_UNKNOWN_KEY, "key": "charge:2"}),
    "conflict_of_a_stranger": ("409 Conflict", {"detail": "busy"}),
    "bad_request_of_a_proxy": ("400 Bad Request", "<h1>Bad Request</h1>"),
    "nobody_let_us_in": ("401 Unauthorized", {"key": _KEY, "slug": "not_authenticated"}),
    "too_many": ("429 Too Many Requests", {"key": _KEY, "slug": "slow_down"}),
    "fault": ("500 Internal Server Error", _CHARGE),
    "unavailable": ("503 Service Unavailable", ""),
    "empty": ("200 OK", ""),
    "no_content": ("204 No Content", ""),
    "half_an_object": ("201 Created", '{"key": "charge:1", "ref": "ch_1", "sta'),
    "no_object": ("200 OK", "[]"),
    "nonsense_amount": ("201 Created", {**_CHARGE, "amount_minor": "10000"}),
    "negative_amount": ("200 OK", {**_CHARGE, "amount_minor": -1}),
    "no_reference": ("200 OK", {**_CHARGE, "ref": ""}),
    "unheard_of_status": ("200 OK", {**_CHARGE, "status": "pending"}),
    "not_packed_as_said": ("201 Created\r\nContent-Encoding: gzip", _CHARGE),
}


@pytest.mark.proves("P11")
@pytest.mark.parametrize("name", _ODD_ANSWERS)
async def test_an_answer_that_is_not_the_processors_own_on_our_key_is_unknown(stranger: Stranger, name: str):
    processor = await stranger(_answer(*_ODD_ANSWERS[name]))
    assert isinstance(await _charge(processor), Unknown)
    assert isinstance(await processor.ask(_KEY), Unknown)


_BROKEN_LINES: dict[str, bytes] = {
    "reset": b"",
    "no_http": b"220 mail.example ESMTP\r\n",
    "headers_cut": b"HTTP/1.1 201 Created\r\nContent-Le",
    "body_cut": _answer("201 Created", _CHARGE)[:-5],
    "chunk_cut": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
}


@pytest.mark.proves("P11")
@pytest.mark.parametrize("name", _BROKEN_LINES)
async def test_a_line_that_breaks_is_unknown(stranger: Stranger, name: str):
    processor = await stranger(_BROKEN_LINES[name])
    assert isinstance(await _charge(processor), Unknown)
    assert isinstance(await processor.ask(_KEY), Unknown)


async def test_an_answer_that_trickles_in_is_unknown_within_the_time_out(
    gateway_to: Callable[[str], SandboxProcessor],
):
    has_gone = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 1000000\r\n\r\n")
        hanging_up = asyncio.create_task(reader.read())
        while not (await asyncio.wait([hanging_up], timeout=0.02))[0]:
            writer.write(b" ")
        writer.close()
        has_gone.set()

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        processor = gateway_to(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        async with asyncio.timeout(5):
            assert isinstance(await _charge(processor), Unknown)
            await has_gone.wait()


@pytest.mark.parametrize(
    ("reason", "slug"), [("card_declined", "card_declined"), ("Do not honour!", "declined"), (None, "declined")]
)
async def test_a_decline_is_one_whatever_it_gives_as_its_reason(stranger: Stranger, reason: str | None, slug: str):
    processor = await stranger(_answer("402 Payment Required", {**_DECLINE, "reason": reason}))
    assert await _charge(processor) == Declined(slug)


async def test_an_amount_that_differs_is_told_and_not_judged_here(stranger: Stranger):
    processor = await stranger(_answer("201 Created", {**_CHARGE, "amount_minor": 9_999}))
    assert await _charge(processor) == Succeeded("ch_1", 9_999, "EUR")


async def test_no_redirect_leads_a_charge_elsewhere(tmp_path: Path, stranger: Stranger):
    path = tmp_path / "journal.jsonl"
    async with running_processor(path) as sandbox:
        processor = await stranger(_answer(f"307 Temporary Redirect\r\nLocation: {sandbox.url}/v1/charges", ""))
        assert isinstance(await _charge(processor), Unknown)
    assert path.read_bytes() == b""
