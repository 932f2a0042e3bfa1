"""A firm made as the operator makes it, and what tests ask of invoices on its behalf: through the real use cases."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from chassis.api_keys import find_api_keys, make_secret, secret_digest, written_key
from chassis.blobs import Blobs, open_blobs
from chassis.database import Database
from chassis.health import Progress
from chassis.http.app import build_app
from chassis.ids import new_id
from chassis.intake.apply import apply_batch
from chassis.intake.reading import read
from chassis.intake.route import Consumer
from chassis.outcome import Cause, Done, Outcome, Refused, Request
from chassis.parked import Parked, RawRecord
from chassis.pdf import Typesetter
from chassis.principal import Principal
from chassis.testing import eventually
from chassis.wire import write_envelope
from contracts.fields import ContactRole
from contracts.invoices import (
    AddContact,
    ContactProfile,
    DraftInvoice,
    FinaliseInvoice,
    FirmProfile,
    InvoiceLine,
    InvoiceTerms,
    MatterContact,
    MatterProfile,
    OpenMatter,
)
from contracts.message import Command, Message
from invoices.api import routes_over
from invoices.handlers import FACTS
from invoices.usecases.add_contact import add_contact
from invoices.usecases.claim_document import claim_document
from invoices.usecases.create_firm import NewFirm, create_firm
from invoices.usecases.draft_invoice import draft_invoice
from invoices.usecases.finalise_invoice import finalise_invoice
from invoices.usecases.open_matter import open_matter
from invoices.usecases.render_document import Press, render_document

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Firm:
    """One firm, and what its first key's holder does."""

    database: Database
    firm_id: UUID
    principal: Principal
    api_key: str
    staff_user_id: UUID
    offset: int = 0
    last_message_id: UUID | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}

    def request(self, command: Command, principal: Principal | None = None) -> Request[Any]:
        asker = principal or self.principal
        return Request(command, asker, Cause("invoices", new_id(), asker.firm_id, asker.actor, new_id()))

    async def do(self, use_case: Callable[..., Awaitable[Sequence[Outcome]]], *commands: Command) -> list[Outcome]:
        """All commands in one call and one transaction."""
        async with self.database.transaction() as tx:
            return list(await use_case(tx, [self.request(command) for command in commands]))

    async def do_at_once(self, use_case: Callable[..., Awaitable[Sequence[Outcome]]], *commands: Command) -> list[Any]:
        """Each command in a transaction of its own, all open before the first begins: they do overlap."""
        all_open = asyncio.Barrier(len(commands))

        async def one(command: Command) -> Outcome:
            async with self.database.transaction() as tx:
                await tx.fetchval("select 1")
                await all_open.wait()
                (outcome,) = await use_case(tx, [self.request(command)])
                return outcome

        return await asyncio.gather(*(one(command) for command in commands))

    async def do_while_open(
        self, use_case: Callable[..., Awaitable[Sequence[Outcome]]], first: Command, second: Command
    ) -> list[Outcome]:
        """Begin the second when the first has decided but not committed; the second must be seen to wait."""
        async with self.database.transaction() as tx:
            outcomes = list(await use_case(tx, [self.request(first)]))
            waiting = asyncio.create_task(self.do(use_case, second))
            await eventually(self.somebody_waits)
        return outcomes + await waiting

    async def somebody_waits(self) -> bool:
        """Whether a transaction of this test waits for a lock right now."""
        async with self.database.reading() as tx:
            return await tx.fetchval(
                "select exists (select from pg_stat_activity"
                " where datname = current_database() and wait_event_type = 'Lock')"
            )

    async def done(self, use_case: Callable[..., Awaitable[Sequence[Outcome]]], command: Command) -> Any:
        """The answer to one command that must succeed."""
        (outcome,) = await self.do(use_case, command)
        assert isinstance(outcome, Done), outcome
        return outcome.answer

    async def refused(self, use_case: Callable[..., Awaitable[Sequence[Outcome]]], command: Command) -> str:
        """The slug with which one command must be refused."""
        (outcome,) = await self.do(use_case, command)
        assert isinstance(outcome, Refused), outcome
        return str(outcome.slug)

    async def contact(self, name: str = "Anna Okafor") -> UUID:
        contact_id = new_id()
        profile = ContactProfile(name=name, email="anna.okafor@mail.example", phone="+15550100200")
        await self.done(add_contact, AddContact(contact_id=contact_id, profile=profile))
        return contact_id

    async def matter(self, roles: dict[UUID, list[ContactRole]] | None = None) -> UUID:
        matter_id = new_id()
        contacts = [MatterContact(contact_id=contact_id, roles=given) for contact_id, given in (roles or {}).items()]
        profile = MatterProfile(number="2026-0114", name="Estate of M. Okafor")
        await self.done(open_matter, OpenMatter(matter_id=matter_id, profile=profile, contacts=contacts))
        return matter_id

    async def draft(self, matter_id: UUID | None = None, *, share_with: Sequence[UUID] = (), **terms: Any) -> UUID:
        invoice_id = new_id()
        command = DraftInvoice(
            invoice_id=invoice_id,
            matter_id=matter_id or await self.matter(),
            terms=self.terms(**terms),
            share_with=list(share_with),
        )
        await self.done(draft_invoice, command)
        return invoice_id

    async def final(self, matter_id: UUID | None = None, **terms: Any) -> UUID:
        invoice_id = await self.draft(matter_id, **terms)
        await self.done(finalise_invoice, FinaliseInvoice(invoice_id=invoice_id))
        return invoice_id

    @staticmethod
    def terms(**more: Any) -> InvoiceTerms:
        """One line of 100.00 USD, unless said otherwise."""
        line = InvoiceLine(kind="time", description="Advice", quantity=Decimal("2.5"), unit_price_minor=4_000)
        said: dict[str, Any] = {"currency": "USD", "lines": [line], **more}
        return InvoiceTerms(**said)

    async def published(self) -> list[dict[str, Any]]:
        """What went into the outbox for this firm, oldest first."""
        async with self.database.reading() as tx:
            rows = await tx.fetch("select payload from outbox order by outbox_id")
        bodies: list[dict[str, Any]] = [json.loads(row["payload"]) for row in rows]
        return [body for body in bodies if body["firm"] == str(self.firm_id)]

    async def published_of(self, subject: UUID) -> list[tuple[str, int | None]]:
        """Type (its middle) and revision of each message about one thing."""
        return [
            (body["type"].split(".")[2], body["revision"])
            for body in await self.published()
            if body["subject"] == str(subject)
        ]

    def record(
        self,
        message: Message,
        *,
        revision: int | None = None,
        actor: str = "service:test",
        at: datetime = AT,
        causation: UUID | None = None,
    ) -> RawRecord:
        """A message as Kafka brings it; its id is kept for what it causes."""
        self.offset += 1
        self.last_message_id = new_id()
        body = write_envelope(
            message,
            id=self.last_message_id,
            source=f"/handbill/{message.wire.topic.owner}",
            type=message.wire.type,
            subject=str(message.key),
            time=at,
            firm=self.firm_id,
            revision=revision,
            actor=actor,
            correlation=new_id(),
            causation=causation,
        )
        return RawRecord(message.wire.topic.name, 0, self.offset, str(message.key).encode(), body, ())

    async def history(self, client: httpx.AsyncClient, invoice_id: UUID) -> list[dict[str, Any]]:
        """An invoice's timeline as it is shown."""
        response = await client.get(f"/v1/invoices/{invoice_id}/history", headers=self.headers)
        assert response.status_code == 200, response.text
        return response.json()["items"]

    async def render_all(self, press: Press) -> int:
        """Make every PDF that is due; returns how many."""
        count = 0
        while claimed := await claim_document(self.database, 60):
            await render_document(self.database, press, claimed)
            count += 1
        return count

    async def ready_pdfs(self, invoice_id: UUID) -> list[dict[str, Any]]:
        """What was told of an invoice's PDFs."""
        bodies = [body for body in await self.published() if body["subject"] == str(invoice_id)]
        return [body["data"] for body in bodies if body["type"] == "handbill.invoices.invoice-pdf-ready.v1"]

    async def documents(self) -> list[tuple[int, str, str, int, str | None]]:
        """How each PDF stands: version, comments, state, attempts, failure."""
        async with self.database.reading() as tx:
            rows = await tx.fetch(
                "select version, comments, state, attempts, failure from documents order by version, comments"
            )
        return [tuple(row) for row in rows]

    async def hears(self, *records: RawRecord, consumer: Consumer = FACTS) -> None:
        """One batch through the real consumer, in one transaction."""
        readings = [read(consumer, record) for record in records]
        assert [reading for reading in readings if isinstance(reading, Parked)] == []
        async with self.database.transaction() as tx:
            await apply_batch(tx, consumer, readings)


@pytest_asyncio.fixture
async def database(database_of: Callable[[str], Awaitable[Database]]) -> Database:
    return await database_of("invoices")


@pytest_asyncio.fixture
async def new_firm(database: Database) -> Callable[..., Awaitable[Firm]]:
    """Make a firm with all scopes on its first key; say what differs of its profile."""

    async def make(**profile: Any) -> Firm:
        secret = make_secret()
        written = FirmProfile(**{"name": "Ibe & Daughters", "reply_to": "office@firm.example", **profile})
        new = NewFirm(new_id(), written, "Ada Ibe", "ada@firm.example", secret_digest(secret))
        async with database.transaction() as tx:
            created = await create_firm(tx, new)
            assert not isinstance(created, Refused), created
            key = (await find_api_keys(tx, [created.api_key_id]))[created.api_key_id]
        return Firm(
            database,
            created.firm_id,
            key.principal,
            written_key(created.api_key_id, secret),
            created.staff_user_id,
        )

    return make


@pytest_asyncio.fixture
async def firm(new_firm: Callable[..., Awaitable[Firm]]) -> Firm:
    return await new_firm()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    folder = tmp_path / "blobs"
    folder.mkdir()
    return open_blobs(folder.as_uri())


@pytest_asyncio.fixture
async def client(database: Database, blobs: Blobs) -> AsyncIterator[httpx.AsyncClient]:
    # httpx and Litestar each have their own words for what an ASGI application is.
    app: Any = build_app("invoices", list(routes_over(blobs)), database, Progress())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://invoices.example") as made:
        yield made


@pytest.fixture
def press(blobs: Blobs) -> Iterator[Press]:
    """A press that puts its PDFs into this test's store."""
    made = Press(Typesetter(), blobs)
    yield made
    made.typesetter.close()
