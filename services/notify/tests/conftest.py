"""Fixtures of notify's tests: real PostgreSQL, a real SMTP server that does as it is told."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any, LiteralString

import pytest
import pytest_asyncio

from chassis.database import Database
from chassis.ids import new_id
from chassis.outcome import Cause
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


@pytest_asyncio.fixture
async def database(database_of: Callable[[str], Awaitable[Database]]) -> Database:
    """Notify's tables, empty."""
    return await database_of("notify")


@pytest_asyncio.fixture
async def post_office() -> AsyncIterator[SmtpServer]:
    """An SMTP server."""
    async with smtp_server() as server:
        yield server


@pytest.fixture
def server_address(post_office: SmtpServer) -> ServerAddress:
    """Where it is. It is given little time, so that its silences end soon."""
    return ServerAddress(
        host="127.0.0.1",
        port=post_office.port,
        security="none",
        username=None,
        password=None,
        connect_timeout_seconds=5,
        reply_timeout_seconds=5,
        final_timeout_seconds=0.3,
    )


@pytest_asyncio.fixture
async def desk(server_address: ServerAddress) -> AsyncIterator[Desk]:
    """What a sender works with. A delivery has three attempts; the first pause is long over when the test looks."""
    mailer = Mailer(server_address)
    yield Desk(
        renderer=Renderer(MailTemplates(), "no-reply@handbill.test", "https://pay.example"),
        mailer=mailer,
        policy=RetryPolicy(pauses_seconds=(60, 300), unknown_pause_seconds=900),
    )
    await mailer.close()


@pytest.fixture
def firm() -> Firm:
    """A firm as notify knows it; not yet in the database."""
    return Firm(new_id(), "Rook & Partners", "#1f4e79", "office@rook.test", "Europe/Berlin", "en-US", None, 1)


@pytest.fixture
def new_act(firm: Firm) -> Callable[..., tuple[InvoiceShared, Cause]]:
    """Make the act of sharing one invoice, with one contact for each address."""

    def make(
        *emails: str | None, message: str | None = None, channel: Channel = "portal", generation: int = 1
    ) -> tuple[InvoiceShared, Cause]:
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
            shares=[
                Shared(
                    share_id=new_id(),
                    generation=generation,
                    contact_id=new_id(),
                    name="Ada Byron",
                    email=email,
                    locale="en-US",
                )
                for email in emails or ("ada@example.test",)
            ],
        )
        return shared, Cause("notify", new_id(), firm.firm_id, "staff:s-1", new_id())

    return make


@pytest.fixture
def plan(database: Database, firm: Firm) -> Callable[..., Awaitable[None]]:
    """Plan what acts call for, with the firm known."""

    async def run(*acts: tuple[InvoiceShared, Cause]) -> None:
        async with database.transaction() as tx:
            await keep_firms(tx, [firm])
            await plan_deliveries(tx, acts)

    return run


@pytest.fixture
def send_due(database: Database, desk: Desk) -> Callable[[], Awaitable[int]]:
    """Claim and send all that is due, as a sender does; tells how many it was."""

    async def run() -> int:
        claimed = await claim_deliveries(database, 100, 60)
        for each in claimed:
            await send_delivery(database, desk, each)
        return len(claimed)

    return run


@pytest.fixture
def pass_time(database: Database) -> Callable[[], Awaitable[None]]:
    """Let every pause and lease end, by the database's clock."""

    async def run() -> None:
        async with database.transaction() as tx:
            await tx.execute("update deliveries set next_at = clock_timestamp() where next_at is not null")

    return run


@pytest.fixture
def rows(database: Database) -> Callable[[LiteralString], Awaitable[list[dict[str, Any]]]]:
    """Look into the database."""

    async def run(query: LiteralString) -> list[dict[str, Any]]:
        async with database.reading() as tx:
            return [dict(row) for row in await tx.fetch(query)]

    return run


@pytest.fixture
def facts(database: Database) -> Callable[[], Awaitable[list[tuple[str, dict[str, Any]]]]]:
    """Read what the outbox holds: type and data, in order."""

    async def run() -> list[tuple[str, dict[str, Any]]]:
        async with database.reading() as tx:
            found = await tx.fetch("select type, payload from outbox order by outbox_id")
        return [(row["type"].split(".")[2], json.loads(row["payload"])["data"]) for row in found]

    return run
