"""Mail leaves here: connections to one SMTP server, lent to one sending task each."""

from notify.domain.attempt import Attempted
from notify.gateways.smtp_connection import IDLE_SECONDS_MAX, SmtpConnection, SmtpServer


class Mailer:
    """As many connections as there are messages on their way at once; how many that may be is the caller's to bound."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._free: list[SmtpConnection] = []

    async def send(self, sender: str, recipient: str, message: bytes) -> Attempted:
        """Hand over one message to one recipient.

        Must not be cancelled: the server may take the message all the same (reliability: cancelled after DATA).
        """
        connection = self._free.pop() if self._free else SmtpConnection(self._server)
        try:
            return await connection.send(sender, recipient, message)
        finally:
            self._free.append(connection)

    async def close_idle(self) -> None:
        """Close connections that have rested for a minute."""
        idle = [connection for connection in self._free if connection.idle_seconds > IDLE_SECONDS_MAX]
        self._free = [connection for connection in self._free if connection not in idle]
        for connection in idle:
            await connection.close()

    async def close(self) -> None:
        """Close every connection; nothing may be on its way."""
        closing, self._free = self._free, []
        for connection in closing:
            await connection.close()
