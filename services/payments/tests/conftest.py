"""Other services' facts, told to payments as Kafka brings them: as raw records, through the real consumer."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest_asyncio

from chassis.database import Database
from chassis.ids import new_id
from chassis.intake.apply import apply_batch
from chassis.intake.reading import read
from chassis.parked import Parked, RawRecord
from chassis.wire import write_envelope
from contracts.fields import Channel
from contracts.invoices import (
    ContactChanged,
    ContactProfile,
    FirmChanged,
    FirmProfile,
    InvoiceFinalised,
    InvoiceTotals,
    MatterChanged,
    MatterProfile,
)
from contracts.message import Message
from contracts.sharing import InvoiceShared, Shared, ShareRef, SharesRestored, SharesRevoked, SharesSuspended
from payments.domain.payment_page import PaymentPage
from payments.handlers import FACTS
from payments.usecases.read_payment_page import read_payment_page

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Ending = type[SharesRevoked] | type[SharesSuspended] | type[SharesRestored]


@dataclass
class Firm:
    """One firm whose facts arrive at payments."""

    database: Database
    firm_id: UUID = field(default_factory=new_id)
    offset: int = 0

    async def hears(self, *records: RawRecord) -> None:
        """One batch, in one transaction."""
        readings = [read(FACTS, record) for record in records]
        assert [reading for reading in readings if isinstance(reading, Parked)] == []
        async with self.database.transaction() as tx:
            await apply_batch(tx, FACTS, readings)

    async def page_of(self, contact_id: UUID) -> PaymentPage | None:
        async with self.database.reading() as tx:
            return await read_payment_page(tx, self.firm_id, contact_id)

    async def listed(self, contact_id: UUID) -> list[UUID]:
        """The invoices on a contact's page, in its order."""
        page = await self.page_of(contact_id)
        assert page is not None
        return [invoice.invoice_id for currency in page.pages for invoice in currency.invoices]

    async def announced(self) -> list[dict[str, Any]]:
        """What payments has put into its outbox, as other services will read it, in that order."""
        async with self.database.reading() as tx:
            rows = await tx.fetch("select payload from outbox order by outbox_id")
        return [json.loads(row["payload"]) for row in rows]

    def record(self, message: Message, revision: int | None = None) -> RawRecord:
        self.offset += 1
        body = write_envelope(
            message,
            id=new_id(),
            source=f"/handbill/{message.wire.topic.owner}",
            type=message.wire.type,
            subject=str(message.key),
            time=AT,
            firm=self.firm_id,
            revision=revision,
            actor="staff:1",
            correlation=new_id(),
        )
        return RawRecord(message.wire.topic.name, 0, self.offset, str(message.key).encode(), body, ())

    def firm_changed(self, *, online_payments: bool = True, revision: int = 1) -> RawRecord:
        profile = FirmProfile(name="Ibe & Daughters", reply_to="office@firm.example", online_payments=online_payments)
        return self.record(FirmChanged(firm_id=self.firm_id, profile=profile), revision)

    def matter_changed(self, matter_id: UUID, *, number: str = "M-1", revision: int = 1) -> RawRecord:
        profile = MatterProfile(number=number, name=f"Matter {number}")
        return self.record(MatterChanged(matter_id=matter_id, profile=profile, contacts=[]), revision)

    def contact_changed(self, contact_id: UUID, *, name: str = "Anna Okafor", revision: int = 1) -> RawRecord:
        return self.record(ContactChanged(contact_id=contact_id, profile=ContactProfile(name=name)), revision)

    def finalised(self, invoice_id: UUID, *, total_minor: int = 10_000, revision: int = 2, **more: Any) -> RawRecord:
        said: dict[str, Any] = {
            "matter_id": new_id(),
            "number": "2026-000001",
            "version": 1,
            "currency": "USD",
            "issued_on": date(2026, 11, 22),
            "due_on": date(2026, 12, 22),
            **more,
        }
        totals = InvoiceTotals(subtotal_minor=total_minor, discount_minor=0, tax_minor=0, total_minor=total_minor)
        return self.record(InvoiceFinalised(invoice_id=invoice_id, totals=totals, **said), revision)

    def shared(
        self,
        invoice_id: UUID,
        contact_id: UUID,
        channel: Channel = "portal",
        *,
        share_id: UUID | None = None,
        generation: int = 1,
    ) -> RawRecord:
        share = Shared(
            share_id=share_id or new_id(),
            generation=generation,
            contact_id=contact_id,
            name="Anna Okafor",
            email="anna.okafor@mail.example",
            locale="en-US",
        )
        fact = InvoiceShared(
            invoice_id=invoice_id,
            matter_id=new_id(),
            matter_name="Matter M-1",
            number="2026-000001",
            version=1,
            currency="USD",
            total_minor=10_000,
            due_on=date(2026, 12, 22),
            channel=channel,
            message=None,
            shares=[share],
        )
        return self.record(fact)

    def ended(
        self, how: Ending, invoice_id: UUID, contact_id: UUID, *, share_id: UUID, generation: int = 1
    ) -> RawRecord:
        """A portal share revoked, suspended or restored."""
        share = ShareRef(share_id=share_id, generation=generation, contact_id=contact_id)
        return self.record(how(invoice_id=invoice_id, channel="portal", shares=[share]))


@pytest_asyncio.fixture
async def database(database_of: Callable[[str], Awaitable[Database]]) -> AsyncIterator[Database]:
    yield await database_of("payments")


@pytest_asyncio.fixture
async def firm(database: Database) -> Firm:
    return Firm(database)


@pytest_asyncio.fixture
async def other_firm(database: Database) -> Firm:
    """Another firm, in the same database."""
    return Firm(database)
