"""Other services' facts, told to payments as Kafka brings them: as raw records, through the real consumer."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.clock import now
from chassis.database import Database
from chassis.grants import Grant, make_key_pair, read_private_key, read_public_key, sign_grant
from chassis.ids import new_id
from chassis.intake.apply import apply_batch
from chassis.intake.reading import read
from chassis.outcome import Cause, Outcome, Request
from chassis.parked import Parked, RawRecord
from chassis.principal import Principal
from chassis.wire import write_envelope
from contracts.fields import Channel
from contracts.gate import PaymentGranted, PaymentRefused, PaymentsAnswered, PaymentsAsked
from contracts.invoices import (
    ContactChanged,
    ContactProfile,
    FirmChanged,
    FirmProfile,
    InvoiceCredited,
    InvoiceFinalised,
    InvoiceRevised,
    InvoiceTotals,
    InvoiceVoided,
    MatterChanged,
    MatterProfile,
)
from contracts.message import Command, Message
from contracts.payments import ChosenInvoice, PayInvoices, RefundCharge, RetryCharges
from contracts.sharing import InvoiceShared, Shared, ShareRef, SharesRestored, SharesRevoked, SharesSuspended
from payments.domain.invoice import Balance
from payments.domain.payment_page import PaymentPage
from payments.domain.payment_story import PaymentStory
from payments.domain.processor_answer import Declined, Succeeded
from payments.domain.processor_order import ClaimedOrder, ProcessorOrder
from payments.gateways.sharing_gate import Passes, SharingGate
from payments.handlers import FACTS
from payments.store.balances import find_balance
from payments.store.order_claims import claim_due
from payments.usecases.pay_invoices import pay_invoices
from payments.usecases.read_payment import read_payment
from payments.usecases.read_payment_page import read_payment_page
from payments.usecases.refund_charge import refund_charge
from payments.usecases.retry_charges import retry_charges
from payments.usecases.settle_order import settle_order

PRIVATE_KEY_TEXT, PUBLIC_KEY_TEXT = make_key_pair()
PRIVATE_KEY, PUBLIC_KEY = read_private_key(PRIVATE_KEY_TEXT), read_public_key(PUBLIC_KEY_TEXT)
SERVICE_TOKEN = "a token that all services of a stack share"
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
UNBALANCED = """
select journal_id from entries group by firm_id, journal_id, currency having sum(amount_minor) <> 0
"""
DISAGREEING = """
select balance.invoice_id, sums.*, balance.open_minor
from balances as balance
left join lateral (
    select coalesce(sum(amount_minor) filter (where account = 'receivable'), 0) as receivable,
           coalesce(sum(amount_minor) filter (where account = 'cash'), 0) as cash
    from entries join journal using (firm_id, journal_id)
    where journal.firm_id = balance.firm_id and journal.invoice_id = balance.invoice_id
) as sums on true
where sums.receivable <> balance.open_minor or sums.cash <> balance.settled_minor - balance.refunded_minor
"""
MISHELD = """
select balance.invoice_id
from balances as balance
left join charges as charge
    on charge.firm_id = balance.firm_id and charge.invoice_id = balance.invoice_id
group by balance.firm_id, balance.invoice_id
having coalesce(sum(charge.amount_minor) filter (where state in ('submitted', 'unknown')), 0) <> balance.held_minor
    or coalesce(sum(charge.amount_minor) filter (where state = 'succeeded'), 0) <> balance.settled_minor
    or coalesce(sum(charge.refunded_minor), 0) <> balance.refunded_minor
"""
Ending = type[SharesRevoked] | type[SharesSuspended] | type[SharesRestored]


@dataclass
class Firm:
    """One firm whose facts arrive at payments."""

    database: Database
    firm_id: UUID = field(default_factory=new_id)
    matter_id: UUID = field(default_factory=new_id)
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

    def record(self, message: Message, revision: int | None = None, actor: str = "staff:1") -> RawRecord:
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
            actor=actor,
            correlation=new_id(),
        )
        return RawRecord(message.wire.topic.name, 0, self.offset, str(message.key).encode(), body, ())

    def firm_changed(self, *, online_payments: bool = True, revision: int = 1) -> RawRecord:
        profile = FirmProfile(name="Ibe & Daughters", reply_to="office@firm.example", online_payments=online_payments)
        return self.record(FirmChanged(firm_id=self.firm_id, profile=profile), revision)

    def matter_changed(self, matter_id: UUID, *, number: str = "M-1", revision: int = 1) -> RawRecord:
        profile = MatterProfile(number=number, name=f"Matter {number}")
        return self.record(MatterChanged(matter_id=matter_id, profile=profile, contacts=[]), revision)

    def contact_changed(
        self,
        contact_id: UUID,
        *,
        name: str = "Anna Okafor",
        email: str | None = "anna.okafor@mail.example",
        revision: int = 1,
    ) -> RawRecord:
        profile = ContactProfile(name=name, email=email, locale="en-GB")
        return self.record(ContactChanged(contact_id=contact_id, profile=profile), revision)

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

    def revised(self, invoice_id: UUID, *, version: int, total_minor: int, revision: int) -> RawRecord:
        totals = InvoiceTotals(subtotal_minor=total_minor, discount_minor=0, tax_minor=0, total_minor=total_minor)
        fact = InvoiceRevised(
            invoice_id=invoice_id,
            matter_id=self.matter_id,
            number="2026-000001",
            version=version,
            currency="USD",
            totals=totals,
            previous_total_minor=10_000,
            issued_on=date(2026, 11, 22),
            due_on=date(2026, 12, 22),
            reason="an hour too many",
            changed=["totals"],
        )
        return self.record(fact, revision)

    def voided(self, invoice_id: UUID, *, revision: int, total_minor: int = 10_000) -> RawRecord:
        fact = InvoiceVoided(
            invoice_id=invoice_id,
            matter_id=self.matter_id,
            number="2026-000001",
            version=1,
            currency="USD",
            total_minor=total_minor,
            due_on=date(2026, 12, 22),
            reason="the wrong client",
        )
        return self.record(fact, revision)

    def credited(
        self, invoice_id: UUID, *, credited_minor: int, revision: int, total_minor: int = 10_000, version: int = 1
    ) -> RawRecord:
        fact = InvoiceCredited(
            invoice_id=invoice_id,
            matter_id=self.matter_id,
            number="2026-000001",
            version=version,
            currency="USD",
            credit_id=new_id(),
            amount_minor=credited_minor,
            credited_minor=credited_minor,
            total_minor=total_minor,
            due_on=date(2026, 12, 22),
            reason="goodwill",
        )
        return self.record(fact, revision)

    async def bills(self, contact_id: UUID, *totals_minor: int, **more: Any) -> list[UUID]:
        """Final invoices of these totals on one matter, shared with the contact through the portal."""
        invoice_ids = [new_id() for _ in totals_minor]
        await self.hears(
            self.firm_changed(),
            self.contact_changed(contact_id),
            self.matter_changed(self.matter_id),
            *(
                self.finalised(
                    invoice_id,
                    total_minor=total_minor,
                    matter_id=self.matter_id,
                    number=f"2026-{position:06}",
                    **more,
                )
                for position, (invoice_id, total_minor) in enumerate(
                    zip(invoice_ids, totals_minor, strict=True), start=1
                )
            ),
            *(self.shared(invoice_id, contact_id) for invoice_id in invoice_ids),
        )
        return invoice_ids

    def request(self, command: Command) -> Request[Any]:
        cause = Cause("payments", new_id(), self.firm_id, "api_key:1", new_id())
        return Request(command, Principal(self.firm_id, "api_key", "1", frozenset({command.scope})), cause)

    def passes(self, contact_id: UUID, invoice_ids: Iterable[UUID]) -> Passes:
        """What a gate says that grants all of it."""
        return Passes(PUBLIC_KEY, {each: self.grant(contact_id, each) for each in invoice_ids})

    def grant(
        self,
        contact_id: UUID,
        invoice_id: UUID,
        issued_at: datetime | None = None,
        *,
        version: int = 1,
        key: Ed25519PrivateKey = PRIVATE_KEY,
    ) -> str:
        grant = Grant(
            firm_id=self.firm_id,
            contact_id=contact_id,
            share_id=new_id(),
            generation=1,
            invoice_id=invoice_id,
            version=version,
            issued_at=issued_at or now(),
        )
        return sign_grant(key, grant)

    def wish(self, contact_id: UUID, amounts: Mapping[UUID, int], **more: Any) -> PayInvoices:
        """A payment of these amounts, at the first version of each invoice unless `version` is given."""
        version = more.pop("version", 1)
        said = {"payment_id": new_id(), "currency": "USD", "method_token": "tok_ok", **more}
        chosen = [
            ChosenInvoice(invoice_id=each, version=version, amount_minor=amount) for each, amount in amounts.items()
        ]
        return PayInvoices(contact_id=contact_id, invoices=chosen, **said)

    async def pays(self, *wishes: PayInvoices) -> list[Outcome]:
        """Payments of one call, as a gate lets them through that grants everything."""
        granted = [(wish.contact_id, each.invoice_id) for wish in wishes for each in wish.invoices]
        passes = Passes(
            PUBLIC_KEY, {invoice_id: self.grant(contact_id, invoice_id) for contact_id, invoice_id in granted}
        )
        async with self.database.transaction() as tx:
            return await pay_invoices(tx, [self.request(wish) for wish in wishes], passes=passes)

    async def retries(self, wish: PayInvoices, charge_ids: Sequence[UUID], method_token: str = "tok_ok") -> Outcome:
        command = RetryCharges(payment_id=wish.payment_id, charge_ids=list(charge_ids), method_token=method_token)
        passes = self.passes(wish.contact_id, [each.invoice_id for each in wish.invoices])
        async with self.database.transaction() as tx:
            (outcome,) = await retry_charges(tx, [self.request(command)], passes=passes)
        return outcome

    async def refunds(self, charge_id: UUID, amount_minor: int, refund_id: UUID | None = None) -> Outcome:
        command = RefundCharge(
            charge_id=charge_id, refund_id=refund_id or new_id(), amount_minor=amount_minor, reason="goodwill"
        )
        async with self.database.transaction() as tx:
            (outcome,) = await refund_charge(tx, [self.request(command)])
        return outcome

    async def claims(self, limit: int = 100) -> list[ClaimedOrder]:
        """Every order that is due, as a charger claims them, by the number of their invoice."""
        async with self.database.transaction() as tx:
            claimed = await claim_due(tx, limit, new_id(), lease_seconds=60, key_lifetime_seconds=3600)
        return sorted(claimed, key=lambda each: each.order.reference)

    async def settles(self, order: ProcessorOrder, outcome: Succeeded | Declined | None = None) -> bool:
        """An outcome as any route brings it; without one the processor did what was ordered."""
        done = Succeeded(f"ref_{order.key}"[:80], order.amount_minor, order.currency)
        async with self.database.transaction() as tx:
            return await settle_order(tx, order, outcome or done)

    async def settles_all(self) -> None:
        for claimed in await self.claims():
            assert await self.settles(claimed.order)

    async def balance(self, invoice_id: UUID) -> Balance:
        async with self.database.reading() as tx:
            balance = await find_balance(tx, self.firm_id, invoice_id)
        assert balance is not None
        return balance

    async def story(self, payment_id: UUID) -> PaymentStory:
        async with self.database.reading() as tx:
            story = await read_payment(tx, self.firm_id, payment_id)
        assert story is not None
        return story

    async def told(self, kind: str) -> list[dict[str, Any]]:
        """What was said of one type, such as `charge-settled`: the data alone."""
        wire_type = f"handbill.payments.{kind}.v1"
        return [said["data"] for said in await self.announced() if said["type"] == wire_type]

    async def cases(self) -> list[str]:
        async with self.database.reading() as tx:
            rows = await tx.fetch("select kind from cases where firm_id = $1 order by kind", self.firm_id)
        return [row["kind"] for row in rows]

    async def case_details(self) -> list[str]:
        async with self.database.reading() as tx:
            rows = await tx.fetch("select detail from cases where firm_id = $1 order by kind", self.firm_id)
        return [row["detail"] for row in rows]

    async def books_agree(self) -> None:
        """Every journal transaction is zero, and each invoice's entries add up to its balance (I9, I11)."""
        async with self.database.reading() as tx:
            assert await tx.fetch(UNBALANCED) == []
            assert await tx.fetch(DISAGREEING) == []
            assert await tx.fetch(MISHELD) == []

    def shared(
        self,
        invoice_id: UUID,
        contact_id: UUID,
        channel: Channel = "portal",
        *,
        share_id: UUID | None = None,
        generation: int = 1,
        on_payment_page: bool | None = None,
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
            on_payment_page=channel in {"portal", "email"} if on_payment_page is None else on_payment_page,
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


@pytest.fixture
def make_firm() -> Callable[[Database], Firm]:
    """Firms in databases that other processes work on too."""
    return Firm


@pytest_asyncio.fixture
async def other_firm(database: Database) -> Firm:
    """Another firm, in the same database."""
    return Firm(database)


@dataclass
class Gate:
    """A gate of our own over real HTTP: it grants everything but what it is told to refuse."""

    refused: set[UUID] = field(default_factory=set)
    asked: list[PaymentsAsked] = field(default_factory=list)
    is_faulty: bool = False
    clock_ahead: timedelta = timedelta()
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(
            next(line for line in head.lower().splitlines() if line.startswith("content-length")).split(":")[1]
        )
        asked = PaymentsAsked.model_validate_json(await reader.readexactly(length))
        self.asked.append(asked)
        is_ours = f"Bearer {SERVICE_TOKEN}" in head and head.startswith("POST /v1/gate/payments ")
        body = b"" if self.is_faulty else self._answer(asked).model_dump_json().encode()
        status = "200 OK" if is_ours and not self.is_faulty else "500 Internal Server Error"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    def _answer(self, asked: PaymentsAsked) -> PaymentsAnswered:
        firm = Firm(cast("Database", None), asked.firm_id)
        return PaymentsAnswered(
            granted=[
                PaymentGranted(invoice_id=each, grant=firm.grant(asked.contact_id, each, now() + self.clock_ahead))
                for each in asked.invoice_ids
                if each not in self.refused
            ],
            refused=[
                PaymentRefused(invoice_id=each, slug="not_shared") for each in asked.invoice_ids if each in self.refused
            ],
        )


@pytest_asyncio.fixture
async def gate() -> AsyncIterator[Gate]:
    made = Gate()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@pytest_asyncio.fixture
async def sharing_gate(gate: Gate) -> AsyncIterator[SharingGate]:
    """The gateway to that gate."""
    made = SharingGate(gate.url, SERVICE_TOKEN, PUBLIC_KEY, timeout_seconds=5)
    yield made
    await made.close()


@pytest.fixture
def gate_arguments(gate: Gate) -> tuple[str, str, str]:
    """How another process finds that gate: its address, the token, and the key to check grants with."""
    return gate.url, SERVICE_TOKEN, PUBLIC_KEY_TEXT
