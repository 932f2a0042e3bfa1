"""A mailroom: notify on real PostgreSQL beside a real SMTP server that does as it is told, working for one firm."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString

import pytest
import pytest_asyncio

from chassis.database import Database
from chassis.ids import new_id
from chassis.outcome import Cause
from chassis.testing.fixtures import opened
from chassis.testing.smtp_server import SmtpServer, smtp_server
from contracts.fields import Channel
from contracts.sharing import InvoiceShared, Shared
from notify.domain.attempt import RetryPolicy
from notify.domain.replicas import Firm
from notify.gateways.mail_templates import MailTemplates
from notify.gateways.mailer import Mailer
from notify.gateways.rendering import Renderer
from notify.gateways.smtp_connection import SmtpServer as ServerAddress
from notify.usecases.claim_deliveries import claim_deliveries
from notify.usecases.keep_firms import keep_firms
from notify.usecases.plan_deliveries import plan_deliveries
from notify.usecases.send_delivery import Desk, send_delivery

Act = tuple[InvoiceShared, Cause]


@dataclass
class Mailroom:
    """What tests do with notify, through its use cases."""

    dsn: str
    database: Database
    server: SmtpServer
    desk: Desk
    firm: Firm

    def act(
        self, *emails: str | None, message: str | None = None, channel: Channel = "portal", generation: int = 1
    ) -> Act:
        """Share an invoice with one contact for each address."""
        shares = [
            Shared(
                share_id=new_id(),
                generation=generation,
                contact_id=new_id(),
                name="Ada Byron",
                email=email,
                locale="en-US",
            )
            for email in emails or ("ada@example.test",)
        ]
        shared = InvoiceShared(
            invoice_id=new_id(),
            matter_id=new_id(),
            matter_name="Estate of Ada",
            number="2026-0042",
            version=1,
            currency="USD",
            total_minor=123_450,
            due_on=date(2026, 12, 24),
            channel=channel,
            message=message,
            shares=shares,
        )
        return shared, Cause("notify", new_id(), self.firm.firm_id, "staff:s-1", new_id())

    async def plan(self, *acts: Act) -> None:
        """Plan what acts call for, with the firm known."""
        async with self.database.transaction() as tx:
            await keep_firms(tx, [self.firm])
            await plan_deliveries(tx, acts)

    async def send_due(self) -> int:
        """Claim and send all that is due, as a sender does, and tell how many it was."""
        claimed = await claim_deliveries(self.database, 100, 60)
        for each in claimed:
            await send_delivery(self.database, self.desk, each)
        return len(claimed)

    async def pass_time(self) -> None:
        """Let every pause and lease end, by the database's clock."""
        async with self.database.transaction() as tx:
            await tx.execute("update deliveries set next_at = clock_timestamp() where next_at is not null")

    async def rows(self, query: LiteralString) -> list[dict[str, Any]]:
        """Look into the database."""
        async with self.database.reading() as tx:
            return [dict(row) for row in await tx.fetch(query)]

    async def state(self) -> tuple[str, str | None]:
        """State and reason of the one delivery there is."""
        (row,) = await self.rows("select state, reason from deliveries")
        return row["state"], row["reason"]

    async def facts(self) -> list[tuple[str, dict[str, Any]]]:
        """What the outbox holds: type and data, in order."""
        found = await self.rows("select type, payload from outbox order by outbox_id")
        return [(row["type"].split(".")[2], json.loads(row["payload"])["data"]) for row in found]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[SmtpServer]:
    """An SMTP server."""
    async with smtp_server() as running:
        yield running


@pytest.fixture
def server_address(server: SmtpServer) -> ServerAddress:
    """Where it is. It is given little time, so that its silences end soon."""
    return ServerAddress(
        host="127.0.0.1",
        port=server.port,
        security="none",
        username=None,
        password=None,
        connect_timeout_seconds=5,
        reply_timeout_seconds=5,
        final_timeout_seconds=0.3,
    )


@pytest_asyncio.fixture
async def room(
    new_database: Callable[[str], Awaitable[str]], server: SmtpServer, server_address: ServerAddress
) -> AsyncIterator[Mailroom]:
    """A mailroom of one firm. A delivery has three attempts: the usual pauses are passed by hand."""
    dsn = await new_database("notify")
    firm = Firm(new_id(), "Rook & Partners", "#1f4e79", "office@rook.test", "Europe/Berlin", "en-US", None, 1)
    mailer = Mailer(server_address)
    renderer = Renderer(MailTemplates(), "no-reply@handbill.test", "https://pay.example")
    policy = RetryPolicy(pauses_seconds=(60, 300), unknown_pause_seconds=900)
    async with opened(dsn) as database:
        yield Mailroom(dsn, database, server, Desk(renderer, mailer, policy), firm)
        await mailer.close()
