"""One SMTP connection, used by one sending task at a time. Tells apart what is refused, put off, and not known.

The line is the end of the message: what fails before it was not sent; silence after it may hide a mail that arrived.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Literal

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from notify.domain.attempt import Attempted, AttemptOutcome

MAILS_MAX = 100
IDLE_SECONDS_MAX = 60.0
ANSWER_LENGTH_MAX = 500
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
START_INPUT = 354
# Asked for a log-in we do not have or that no longer counts: our settings are wrong, not the message.
OUR_FAULT = frozenset({530, 534, 535, 538})
_LINE_STARTS_WITH_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes and how. `final_timeout_seconds` is the wait after the end of the message.

    RFC 5321 (4.5.3.2.6) asks for ten minutes there: giving up sooner makes second copies.
    """

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    username: str | None
    password: str | None
    connect_timeout_seconds: float
    reply_timeout_seconds: float
    final_timeout_seconds: float


class SmtpConnection:
    """Connects at the first message; after a hundred messages, a minute of rest or any fault it connects anew."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._client: SMTP | None = None
        self._sent = 0
        self._used_at = 0.0

    @property
    def idle_seconds(self) -> float:
        return asyncio.get_running_loop().time() - self._used_at

    async def send(self, sender: str, recipient: str, message: bytes) -> Attempted:
        """Hand one message over for one recipient. Never raises for what a server or network does."""
        if self._sent >= MAILS_MAX or self.idle_seconds > IDLE_SECONDS_MAX:
            await self.close()
        was_open = self._client is not None
        fault = await self._announced(sender, recipient)
        if fault is not None and was_open and fault.code is None:
            # The server had hung up while we were not looking; nothing of the message has left yet.
            fault = await self._announced(sender, recipient)
        attempted = fault or await self._handed_over(message)
        self._used_at = asyncio.get_running_loop().time()
        if attempted.outcome != "accepted":
            self.drop()
        return attempted

    def drop(self) -> None:
        """Cut the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def close(self) -> None:
        """Take leave of the server, if it still listens."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            await client.quit(timeout=2)
        except (SMTPException, OSError):
            client.close()

    async def _announced(self, sender: str, recipient: str) -> Attempted | None:
        """Say whom the message is from and for; None when the server waits for it."""
        try:
            client = await self._connected()
            # A refused sender speaks of us, as a refused log-in does: another recipient would fare no better.
            await client.mail(sender)
        except (SMTPException, OSError) as error:
            self.drop()
            return _put_off(error)
        try:
            await client.rcpt(recipient)
            response = await client.execute_command(b"DATA")
        except SMTPResponseException as error:
            self.drop()
            return _judged(error.code, error.message)
        except (SMTPException, OSError) as error:
            self.drop()
            return _put_off(error)
        return None if response.code == START_INPUT else _judged(response.code, response.message)

    async def _connected(self) -> SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        self._sent = 0
        self._client = SMTP(
            hostname=self._server.host,
            port=self._server.port,
            username=self._server.username,
            password=self._server.password,
            timeout=self._server.connect_timeout_seconds,
            use_tls=self._server.security == "tls",
            start_tls=self._server.security == "starttls",
        )
        await self._client.connect()
        self._client.timeout = self._server.reply_timeout_seconds
        return self._client

    async def _handed_over(self, message: bytes) -> Attempted:
        """Write the message and its final dot, and wait for the answer that makes it the server's."""
        protocol = self._client.protocol if self._client else None
        try:
            if protocol is None:
                raise ConnectionResetError("the connection was lost before the message")
            protocol.write(_LINE_STARTS_WITH_DOT.sub(b"..", message) + b".\r\n")
        except (SMTPException, OSError) as error:
            return _put_off(error)
        self._sent += 1
        try:
            response = await protocol.read_response(timeout=self._server.final_timeout_seconds)
        except (SMTPException, OSError) as error:
            return _ended("unknown", None, _told(error))
        return _judged(response.code, response.message)


def _judged(code: int, answer: str) -> Attempted:
    match code // 100:
        case 2:
            return _ended("accepted", code, answer)
        case 5 if code not in OUR_FAULT:
            return _ended("permanent", code, answer)
        case _:
            return _ended("temporary", code, answer)


def _put_off(error: SMTPException | OSError) -> Attempted:
    """Judge a fault before the message: whatever its code, it says nothing against the message."""
    if isinstance(error, SMTPResponseException):
        return _ended("temporary", error.code, error.message)
    return _ended("temporary", None, _told(error))


def _told(error: SMTPException | OSError) -> str:
    return f"{type(error).__name__}: {error}"


def _ended(outcome: AttemptOutcome, code: int | None, answer: str) -> Attempted:
    """Say how it ended in words that can be kept: a server may answer in any bytes, and PostgreSQL takes not all."""
    shown = answer[:ANSWER_LENGTH_MAX]
    printable = "".join(char if char.isprintable() or char == "\n" else REPLACEMENT for char in shown)
    return Attempted(outcome, code, printable)
