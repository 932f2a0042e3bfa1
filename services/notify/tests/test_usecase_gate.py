"""The gate is asked just before a message is handed over: what has ended by then is not told."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from notify.gateways.sharing_gate import SharingGate
from notify.usecases.claim_deliveries import claim_deliveries
from notify.usecases.send_delivery import send_delivery

Mailroom = Any
TWICE = "select attempts, possibly_sent_twice from deliveries"


@pytest.mark.proves("S7")
async def test_what_ended_without_our_knowing_is_withdrawn_at_the_gate(room: Mailroom) -> None:
    data, cause = room.act()
    await room.plan((data, cause))
    room.gate.ended = {data.shares[0].share_id}
    await room.send_due()
    assert room.server.mails == []
    assert await room.state() == ("withdrawn", "unshared")
    assert await room.facts() == []
    assert await room.rows("select from attempts") == []
    assert room.gate.asked == [
        {"firm_id": cause.firm_id, "shares": [{"share_id": data.shares[0].share_id, "generation": 1}]}
    ]


@pytest.mark.proves("S7", "N5")
@pytest.mark.parametrize("fault", [0, 401, 500])
async def test_while_the_gate_does_not_answer_a_delivery_waits_and_it_is_no_attempt(room: Mailroom, fault: int) -> None:
    await room.plan(room.act())
    room.gate.faults = [fault] * 5
    for _ in range(5):
        assert await room.send_due() == 1
        assert await room.state() == ("planned", "gate_unreachable")
        assert not room.desk.gate.is_answering
        assert await room.send_due() == 0
        await room.pass_time()
    (row,) = await room.rows("select attempts, lease_token from deliveries")
    assert row == {"attempts": 0, "lease_token": None}
    await room.send_due()
    assert await room.state() == ("accepted", None)
    assert room.desk.gate.is_answering
    assert len(room.server.mails) == 1


@pytest.mark.proves("N5")
@pytest.mark.parametrize("behaviour", ["defer", "silent", "killed"])
async def test_a_delivery_that_could_not_be_handed_over_goes_back_as_it_was(room: Mailroom, behaviour: Any) -> None:
    await room.plan(room.act())
    if behaviour == "killed":
        await claim_deliveries(room.database, 1, 60)
    else:
        room.server.script = [behaviour]
        await room.send_due()
    before = {"defer": "retry", "silent": "unknown", "killed": "unknown"}[behaviour]
    room.gate.faults = [500]
    await room.pass_time()
    await room.send_due()
    assert await room.state() == (before, "gate_unreachable")
    assert await room.rows(TWICE) == [{"attempts": 1, "possibly_sent_twice": False}]
    await room.pass_time()
    await room.send_due()
    assert await room.state() == ("accepted", None)
    assert await room.rows(TWICE) == [{"attempts": 2, "possibly_sent_twice": before == "unknown"}]


async def test_nothing_is_open_in_the_database_while_the_gate_is_asked(room: Mailroom) -> None:
    open_ones: list[Any] = []

    async def look() -> None:
        open_ones.extend(
            await room.rows(
                "select query from pg_stat_activity where datname = current_database() and state like 'idle in%'"
            )
        )

    room.gate.meanwhile = look
    await room.plan(room.act())
    await room.send_due()
    assert len(room.server.mails) == 1
    assert open_ones == []


@pytest.mark.proves("N5")
async def test_a_sender_that_lost_its_lease_at_the_gate_changes_nothing(room: Mailroom) -> None:
    await room.plan(room.act())
    (late,) = await claim_deliveries(room.database, 1, 60)
    await room.pass_time()
    (present,) = await claim_deliveries(room.database, 1, 60)
    room.gate.faults = [500]
    await send_delivery(room.database, room.desk, late)
    assert (await room.state())[0] == "claimed"
    await send_delivery(room.database, room.desk, present)
    assert (await room.state())[0] == "accepted"


@pytest.mark.proves("S7", "N5")
async def test_a_gate_whose_answer_trickles_in_for_ever_is_given_up_in_time(room: Mailroom) -> None:
    ended = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        hung_up = asyncio.ensure_future(reader.read())
        while not hung_up.done():
            # A byte now and then keeps httpx's own limit, of each wait, from ever being reached.
            writer.write(b" ")
            await asyncio.wait([hung_up], timeout=0.05)
        writer.close()
        ended.set()

    await room.plan(room.act())
    async with await asyncio.start_server(drip, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        gate = SharingGate(url, "x" * 40, timeout_seconds=0.5)
        (claimed,) = await claim_deliveries(room.database, 1, 60)
        async with asyncio.timeout(10):
            await send_delivery(room.database, replace(room.desk, gate=gate), claimed)
        assert not gate.is_answering
        await gate.close()
        await asyncio.wait_for(ended.wait(), 10)
    assert await room.state() == ("planned", "gate_unreachable")
