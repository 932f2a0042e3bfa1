"""A mailroom: notify on real PostgreSQL beside a real SMTP server and a gate that do as they are told, for one firm."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import pytest
import pytest_asyncio

from chassis.blobs import Blobs, open_blobs
from chassis.clock import now
from chassis.database import Database
from chassis.ids import new_id
from chassis.outcome import Cause
from chassis.testing.fixtures import opened
from chassis.testing.smtp_server import SmtpServer, smtp_server
from contracts.fields import Channel
from contracts.gate import DeliveriesAnswered, DeliveriesAsked
from contracts.sharing import InvoiceShared, Shared
from notify.domain.attempt import RetryPolicy
from notify.domain.changes import ChangeKind, InvoiceChange
from notify.domain.pdf import Attachment, PdfKey
from notify.domain.replicas import Firm
from notify.domain.share import Share, ShareState
from notify.gateways.attachments import Attachments
from notify.gateways.mail_templates import MailTemplates
from notify.gateways.mailer import Mailer
from notify.gateways.rendering import Renderer
from notify.gateways.sharing_gate import SharingGate
from notify.gateways.smtp_connection import SmtpServer as ServerAddress
from notify.usecases.claim_deliveries import claim_deliveries
from notify.usecases.keep_changes import keep_changes
from notify.usecases.keep_firms import keep_firms
from notify.usecases.keep_pdfs import keep_pdfs
from notify.usecases.keep_restored_shares import keep_restored_shares
from notify.usecases.plan_deliveries import ToldAct, plan_deliveries
from notify.usecases.plan_notices import plan_notices
from notify.usecases.send_delivery import Desk, send_delivery
from notify.usecases.withdraw_deliveries import withdraw_deliveries

Act = tuple[InvoiceShared, Cause]
TOKEN = "a token that services share, long enough"


@dataclass
class Gate:
    """A real HTTP server in the test's process that answers as sharing's gate does.

    Everything is in force but what is in `ended`. `faults` are used up request by request: an answer with that status,
    or, at 0, none: the connection is cut. `meanwhile` is done before it answers.
    """

    port: int = 0
    ended: set[UUID] = field(default_factory=set)
    faults: list[int] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests."""
        try:
            while head := await _head(reader):
                lines = head.decode().split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
                body = await reader.readexactly(int(headers["content-length"]))
                assert lines[0] == "POST /v1/gate/deliveries HTTP/1.1"
                assert headers["authorization"] == f"Bearer {TOKEN}"
                asked = DeliveriesAsked.model_validate_json(body)
                self.asked.append(asked.model_dump())
                if self.meanwhile:
                    await self.meanwhile()
                fault = self.faults.pop(0) if self.faults else 200
                if not fault:
                    break
                in_force = [share.share_id for share in asked.shares if share.share_id not in self.ended]
                answer = DeliveriesAnswered(in_force=in_force).model_dump_json().encode()
                writer.write(f"HTTP/1.1 {fault} Told\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer)
                await writer.drain()
        finally:
            writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes | None:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


@asynccontextmanager
async def open_gate() -> AsyncIterator[Gate]:
    """Listen on a free port of this host."""
    told = Gate()
    listening = await asyncio.start_server(told.serve, "127.0.0.1", 0)
    told.port = listening.sockets[0].getsockname()[1]
    try:
        yield told
    finally:
        listening.close()


@dataclass
class Mailroom:
    """What tests do with notify, through its use cases."""

    dsn: str
    database: Database
    server: SmtpServer
    gate: Gate
    blobs: Blobs
    blob_path: Path
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
            await plan_deliveries(tx, [ToldAct(data, cause, now()) for data, cause in acts])

    async def make_pdf(self, act: Act, content: bytes = b"%PDF-1.7 of nobody", *, version: int = 1) -> Attachment:
        """Put the PDF of an act's invoice into the blob store, and let notify know."""
        data, cause = act
        blob = await self.blobs.put(content)
        pdf = Attachment(blob.sha256, blob.size_bytes, f"{data.number}.pdf")
        key = PdfKey(cause.firm_id, data.invoice_id, version, data.comments)
        async with self.database.transaction() as tx:
            await keep_pdfs(tx, [(key, pdf)])
        return pdf

    def also(self, act: Act, channel: Channel, version: int = 1, contact_id: UUID | None = None) -> Act:
        """Share the same invoice by another channel, with the same contact if no other is named."""
        data, cause = act
        share = data.shares[0].model_copy(
            update={"share_id": new_id(), "contact_id": contact_id or data.shares[0].contact_id}
        )
        shared = data.model_copy(update={"channel": channel, "shares": [share], "version": version})
        return shared, Cause("notify", new_id(), cause.firm_id, cause.actor, cause.correlation_id)

    def change_of(
        self, act: Act, version: int, total_minor: int, kind: ChangeKind = "revised", **more: Any
    ) -> InvoiceChange:
        """Make up an edit of an act's invoice."""
        data, cause = act
        changed = ("lines", "totals") if kind == "revised" else ()
        change = InvoiceChange(
            cause.firm_id, data.invoice_id, new_id(), kind, data.number, version, data.currency, data.total_minor,
            total_minor, 0, date(2026, 12, 31), f"Reason {version}.", version, changed, cause.actor, new_id(), None,
        )  # fmt: skip
        return replace(change, **more)

    async def edit(self, *changes: InvoiceChange) -> None:
        """Let notify know of edits, one after the other."""
        for change in changes:
            async with self.database.transaction() as tx:
                await keep_changes(tx, [change])

    async def close(self, quiet_seconds: float = 0) -> int:
        """Close the quiet windows that are over, as the planner does, and tell how many it was."""
        return await plan_notices(self.database, 100, quiet_seconds)

    async def notices(self) -> list[dict[str, Any]]:
        """All notices of changes that were planned."""
        return await self.rows("select * from deliveries where template = 'invoice_changed' order by recipient_email")

    async def follow(self, act: Act, state: ShareState, channel: Channel = "portal") -> None:
        """Let notify know that an act's shares were suspended, restored or revoked."""
        data, cause = act
        shares = [
            Share(cause.firm_id, one.share_id, one.generation, data.invoice_id, one.contact_id, channel, state)
            for one in data.shares
        ]
        async with self.database.transaction() as tx:
            await (keep_restored_shares if state == "active" else withdraw_deliveries)(tx, shares)

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

    async def write(self, statement: LiteralString) -> None:
        """Change the database by hand."""
        async with self.database.transaction() as tx:
            await tx.execute(statement)

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
async def gate() -> AsyncIterator[Gate]:
    """A gate."""
    async with open_gate() as running:
        yield running


@pytest_asyncio.fixture
async def room(
    new_database: Callable[[str], Awaitable[str]],
    server: SmtpServer,
    server_address: ServerAddress,
    gate: Gate,
    tmp_path: Path,
) -> AsyncIterator[Mailroom]:
    """A mailroom of one firm. A delivery has three attempts: the usual pauses are passed by hand."""
    dsn = await new_database("notify")
    firm = Firm(new_id(), "Rook & Partners", "#1f4e79", "office@rook.test", "Europe/Berlin", "en-US", None, 1)
    mailer = Mailer(server_address)
    renderer = Renderer(MailTemplates(), "no-reply@handbill.test", "https://pay.example")
    policy = RetryPolicy(pauses_seconds=(60, 300), unknown_pause_seconds=900)
    blob_path = tmp_path / "blobs"
    blob_path.mkdir()
    blobs = open_blobs(blob_path.as_uri())
    sharing_gate = SharingGate(gate.url, TOKEN, timeout_seconds=2)
    desk = Desk(renderer, Attachments(blobs), sharing_gate, mailer, policy, gate_pause_seconds=2)
    async with opened(dsn) as database:
        yield Mailroom(dsn, database, server, gate, blobs, blob_path, desk, firm)
        await mailer.close()
        await sharing_gate.close()
