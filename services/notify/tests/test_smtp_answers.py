"""What a server answers is kept whatever its bytes are: recording an attempt never fails on the words of a stranger."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from notify.gateways.mailer import Mailer
from notify.gateways.smtp_connection import SmtpServer as ServerAddress

Mailroom = Any
SAYS = {b"EHLO": b"250 hello", b"MAIL": b"250 go on", b"RCPT": b"250 go on", b"DATA": b"354 go on"}


@asynccontextmanager
async def server_that_says(final: bytes) -> AsyncIterator[int]:
    """Take every message and answer it with just these bytes; gives its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while line := await reader.readline():
            writer.write(SAYS.get(line[:4].upper(), b"221 bye") + b"\r\n")
            if line[:4].upper() == b"DATA":
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(final + b"\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield listening.sockets[0].getsockname()[1]


@pytest.fixture
def desk_for(room: Mailroom, server_address: ServerAddress) -> Callable[[int], Any]:
    return lambda port: replace(room.desk, mailer=Mailer(replace(server_address, port=port)))


@pytest.mark.proves("N5")
@pytest.mark.parametrize(
    ("final", "state", "answer"),
    [
        ("250 Ok: reçu".encode("latin-1"), "accepted", "Ok: re\ufffdu"),
        ("250 Ok: reçu".encode(), "accepted", "Ok: reçu"),
        (b"250-2.0.0 Ok\r\n250 taken\x00 as \x1b[1m7", "accepted", "2.0.0 Ok\ntaken\ufffd as \ufffd[1m7"),
        (b"554 no\x00thing from you \xff", "failed", "no\ufffdthing from you \ufffd"),
        (b"250 " + b"x" * 500 + b"\xff" * 10, "accepted", "x" * 500),
    ],
    ids=["latin-1", "utf-8", "control characters", "refusal", "long"],
)
async def test_an_answer_in_strange_bytes_is_recorded_and_the_mail_goes_once(
    room: Mailroom, desk_for: Callable[[int], Any], final: bytes, state: str, answer: str
) -> None:
    await room.plan(room.act())
    async with server_that_says(final) as port:
        room.desk = desk_for(port)
        assert await room.send_due() == 1
        await room.desk.mailer.close()
    assert (await room.state())[0] == state
    assert await room.rows("select server_answer from attempts") == [{"server_answer": answer}]
    ((_, told),) = await room.facts()
    if state == "failed":
        assert told["reason"] == f"refused: 554 {answer}"
    await room.pass_time()
    assert await room.send_due() == 0
