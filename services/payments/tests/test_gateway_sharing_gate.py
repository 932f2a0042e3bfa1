"""Sharing's gate as a stranger may be: what it does not say in time it has not said."""

import asyncio

import pytest

from chassis.clock import now
from chassis.grants import make_key_pair, read_public_key
from chassis.ids import new_id
from payments.gateways.sharing_gate import GateUnreachable, SharingGate


@pytest.mark.proves("S7")
async def test_a_gate_whose_answer_trickles_in_for_ever_is_given_up_in_time() -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        hung_up = asyncio.ensure_future(reader.read())
        while not hung_up.done():
            # A byte now and then keeps httpx's own limit, of each wait, from ever being reached.
            writer.write(b" ")
            await asyncio.wait([hung_up], timeout=0.05)
        writer.close()
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    gate = SharingGate(f"http://127.0.0.1:{port}", "x" * 40, read_public_key(make_key_pair()[1]), timeout_seconds=0.5)
    invoice_id = new_id()
    async with asyncio.timeout(10):
        passes = await gate.ask(new_id(), new_id(), [invoice_id])
    assert asked.is_set()
    with pytest.raises(GateUnreachable):
        passes.admitted(new_id(), new_id(), [invoice_id], now())
    await gate.close()
    await asyncio.wait_for(ended.wait(), 10)
    server.close()
