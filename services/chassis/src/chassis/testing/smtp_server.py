"""A real SMTP server in the test's own event loop that behaves as it is told, message by message."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, Envelope, Session

from chassis.testing.eventually import eventually

Behaviour: TypeAlias = Literal[
    "accept",
    "defer",
    "refuse",
    "refuse_sender",
    "refuse_recipient",
    "hang_up_before_message",
    "hang_up_after_message",
    "silent",
]


@dataclass(frozen=True, slots=True)
class TakenMail:
    """A message that the server has, whether or not it said so."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass(slots=True)
class SmtpServer:
    """`script` is used up message by message; after its end, everything is accepted.

    A server told to be `silent` keeps the message and answers when `released` is set.
    """

    port: int = 0
    script: list[Behaviour] = field(default_factory=list)
    mails: list[TakenMail] = field(default_factory=list)
    connections: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)
    _behaviour: dict[Session, Behaviour] = field(default_factory=dict)
    _servers: list[SMTP] = field(default_factory=list)

    def hang_up_all(self) -> None:
        """Cut every connection that is open."""
        for server in self._servers:
            _hang_up(server)
        self._servers.clear()

    async def has_taken(self, count: int) -> None:
        """Wait until so many messages were taken."""

        async def taken() -> bool:
            return len(self.mails) >= count

        await eventually(taken)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        self._servers.append(server)
        return responses

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._behaviour[session] = self.script.pop(0) if self.script else "accept"
        if self._behaviour[session] == "refuse_sender":
            return "550 5.7.1 sender not allowed"
        envelope.mail_from = address
        return "250 sender taken"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._behaviour[session] == "refuse_recipient":
            return "550 5.1.1 no such mailbox"
        if self._behaviour[session] == "hang_up_before_message":
            _hang_up(server)
        envelope.rcpt_tos.append(address)
        return "250 recipient taken"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        behaviour = self._behaviour[session]
        if behaviour == "defer":
            return "450 4.2.0 mailbox busy"
        if behaviour == "refuse":
            return "554 5.7.1 message not wanted"
        content = envelope.original_content or b""
        self.mails.append(TakenMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        if behaviour == "hang_up_after_message":
            _hang_up(server)
        if behaviour == "silent":
            await self.released.wait()
        return f"250 2.0.0 taken as {len(self.mails)}"


@asynccontextmanager
async def smtp_server(**options: Any) -> AsyncGenerator[SmtpServer]:
    """Listen on a free port of this host; `options` are aiosmtpd's own."""
    told = SmtpServer()
    loop = asyncio.get_running_loop()
    controller = UnthreadedController(told, hostname="127.0.0.1", loop=loop, **options)
    listening = await loop.create_server(controller.factory, "127.0.0.1", 0)
    told.port = listening.sockets[0].getsockname()[1]
    try:
        yield told
    finally:
        told.released.set()
        listening.close()


def _hang_up(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()
