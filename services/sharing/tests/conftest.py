"""A firm's world as sharing knows it, on a real database: facts come in by the real handlers, each in a transaction."""

import itertools
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest_asyncio

from chassis.database import Database, Tx
from chassis.grants import Grant
from chassis.ids import new_id
from chassis.intake.apply import apply_batch
from chassis.intake.reading import read
from chassis.intake.route import Consumer
from chassis.outcome import Cause, Outcome, Request
from chassis.principal import Principal
from chassis.testing.records import record_of
from contracts.answers import ANSWERS_OF
from contracts.fields import Channel, ContactRole, ItemKind
from contracts.invoices import (
    ContactChanged,
    ContactProfile,
    FinaliseInvoice,
    FirmChanged,
    FirmProfile,
    InvoiceCreated,
    InvoiceFinalised,
    InvoiceTotals,
    MatterChanged,
    MatterContact,
    MatterProfile,
)
from contracts.message import Command, Message
from contracts.sharing import (
    EmailShareRequest,
    NewContact,
    PortalShareSet,
    ResendShares,
    RevokeShares,
    SavePortalShares,
    ShareByEmail,
    ShareByLink,
)
from sharing.handlers import FACTS
from sharing.jobs import open_pending, open_wishes
from sharing.usecases.admit_deliveries import admit_deliveries
from sharing.usecases.grant_payments import grant_payments
from sharing.usecases.resend_shares import resend_shares
from sharing.usecases.revoke_shares import revoke_shares
from sharing.usecases.share_invoices import share_invoices

ALL_KINDS: list[ItemKind] = ["invoice", "event", "task", "note", "document", "message", "form"]
TOTALS = InvoiceTotals(subtotal_minor=10000, discount_minor=0, tax_minor=0, total_minor=10000)

USE_CASES: dict[type[Command], Any] = {
    SavePortalShares: share_invoices,
    ShareByEmail: share_invoices,
    ShareByLink: share_invoices,
    RevokeShares: revoke_shares,
    ResendShares: resend_shares,
}


class World:
    """One firm, one matter, and what a test makes in them. Several worlds may share a database."""

    def __init__(self, database: Database, firm_id: UUID, principal: Principal | None = None) -> None:
        self.database = database
        self.firm_id = firm_id
        self.matter_id = new_id()
        self.principal = principal or Principal(firm_id, "service", "test")
        self._offsets = itertools.count()
        self._matter_revisions = itertools.count(1)

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
        return self.database.transaction()

    async def receive(self, *facts: tuple[Message, int], consumer: Consumer = FACTS) -> None:
        """Take facts in, each with its revision, as one batch from Kafka."""
        records = [
            record_of(data, next(self._offsets), firm=self.firm_id, revision=revision, actor="staff:dana")
            for data, revision in facts
        ]
        async with self.transaction() as tx:
            await apply_batch(tx, consumer, [read(consumer, record) for record in records])

    async def firm(self, channels: Sequence[Channel] = ("portal", "email", "link", "text"), revision: int = 1) -> None:
        profile = FirmProfile(name="Okafor Law", reply_to="office@okafor.test", channels=list(channels))
        await self.receive((FirmChanged(firm_id=self.firm_id, profile=profile), revision))

    def matter_changed(
        self,
        members: Sequence[UUID] = (),
        *,
        portal: bool = True,
        kinds: Sequence[ItemKind] = tuple(ALL_KINDS),
        roles: Sequence[ContactRole] = ("client",),
    ) -> MatterChanged:
        profile = MatterProfile(number="M-1", name="Estate", portal_enabled=portal, portal_kinds=list(kinds))
        contacts = [MatterContact(contact_id=contact_id, roles=list(roles)) for contact_id in members]
        return MatterChanged(matter_id=self.matter_id, profile=profile, contacts=contacts)

    async def matter(self, members: Sequence[UUID] = (), *, revision: int | None = None, **said: object) -> None:
        """Say what the matter is now; each time newer than before."""
        revision = revision or next(self._matter_revisions)
        await self.receive((self.matter_changed(members, **said), revision))  # type: ignore[arg-type]

    def contact_changed(
        self, contact_id: UUID, *, email: str | None = "ada@client.test", name: str = "Ada", phone: str | None = None
    ) -> ContactChanged:
        return ContactChanged(contact_id=contact_id, profile=ContactProfile(name=name, email=email, phone=phone))

    async def contact(self, **said: Any) -> UUID:
        contact_id = new_id()
        await self.receive((self.contact_changed(contact_id, **said), 1))
        return contact_id

    def created(self, invoice_id: UUID, share_with: Sequence[UUID] = ()) -> InvoiceCreated:
        return InvoiceCreated(
            invoice_id=invoice_id,
            matter_id=self.matter_id,
            currency="USD",
            totals=TOTALS,
            share_with=list(share_with),
        )

    def finalised(self, invoice_id: UUID) -> InvoiceFinalised:
        return InvoiceFinalised(
            invoice_id=invoice_id,
            matter_id=self.matter_id,
            number="2026-000001",
            version=1,
            currency="USD",
            totals=TOTALS,
            issued_on=date(2026, 11, 22),
            due_on=date(2026, 12, 22),
        )

    async def draft(self, share_with: Sequence[UUID] = ()) -> UUID:
        invoice_id = new_id()
        await self.receive((self.created(invoice_id, share_with), 1))
        return invoice_id

    async def invoice(self) -> UUID:
        """Make a final invoice."""
        invoice_id = new_id()
        await self.receive((self.created(invoice_id), 1), (self.finalised(invoice_id), 2))
        return invoice_id

    async def people(self, count: int) -> list[UUID]:
        """Make a firm, a matter with its portal on, and contacts on it."""
        contacts = [await self.contact(name=f"Contact {number}") for number in range(count)]
        await self.firm()
        await self.matter(contacts)
        return contacts

    def request(
        self, invoice_id: UUID, contact_ids: Sequence[UUID], *, new: Sequence[UUID] = (), message: str | None = None
    ) -> Request[SavePortalShares]:
        typed_in = [
            NewContact(contact_id=contact_id, profile=ContactProfile(name="Spouse", email="spouse@client.test"))
            for contact_id in new
        ]
        wanted = PortalShareSet(contact_ids=list(contact_ids), new_contacts=typed_in, message=message)
        cause = Cause("sharing", new_id(), self.firm_id, self.principal.actor, new_id())
        return Request(SavePortalShares(invoice_id=invoice_id, wanted=wanted), self.principal, cause)

    async def save(self, invoice_id: UUID, contact_ids: Sequence[UUID], **more: object) -> Outcome:
        """Save one set, in a transaction of its own."""
        async with self.transaction() as tx:
            (outcome,) = await share_invoices(tx, [self.request(invoice_id, contact_ids, **more)])  # type: ignore[arg-type]
        return outcome

    async def ask(self, command: Command, cause: Cause | None = None) -> Outcome:
        """Ask one command of sharing, in a transaction of its own."""
        use_case = USE_CASES[type(command)]
        cause = cause or Cause("sharing", new_id(), self.firm_id, self.principal.actor, new_id())
        async with self.transaction() as tx:
            (outcome,) = await use_case(tx, [Request(command, self.principal, cause)])
        return outcome

    async def mail(
        self, invoice_id: UUID, contact_ids: Sequence[UUID], *, cause: Cause | None = None, **wanted: Any
    ) -> Outcome:
        """E-mail an invoice."""
        request = EmailShareRequest(contact_ids=list(contact_ids), **wanted)
        return await self.ask(ShareByEmail(invoice_id=invoice_id, wanted=request), cause)

    async def revoke(self, invoice_id: UUID, **which: Any) -> Outcome:
        return await self.ask(RevokeShares(invoice_id=invoice_id, **which))

    async def carry_out(self) -> bool:
        """Run one step of the job that carries out what waited for a final invoice."""
        async with open_pending() as step:
            return await step(self.database)

    async def finalise(self, invoice_id: UUID) -> None:
        """Have invoices say that a draft is final, and carry out everything that waited for it."""
        await self.receive((self.finalised(invoice_id), 2))
        while await self.carry_out():
            pass

    async def refuse_finalising(self, command_id: UUID, slug: str = "no_lines") -> None:
        """Have invoices reject a command to finalise."""
        rejected = ANSWERS_OF["invoices"].rejected(
            correlation_id=new_id(),
            command_id=command_id,
            command_type=FinaliseInvoice.wire.type,
            slug=slug,
            detail="an invoice needs a line",
        )
        await self.receive((rejected, 1))

    async def pass_delivery(self, *shares: tuple[UUID, int]) -> list[UUID]:
        """Ask the gate before a delivery."""
        async with self.transaction() as tx:
            return await admit_deliveries(tx, Principal(self.firm_id, "service", "gate"), shares)

    async def pass_payment(self, contact_id: UUID, *invoice_ids: UUID) -> list[Grant]:
        """Ask the gate before a payment."""
        async with self.transaction() as tx:
            return await grant_payments(tx, Principal(self.firm_id, "service", "gate"), contact_id, invoice_ids)

    async def command(self, command_id: UUID) -> tuple[str, str | None]:
        """State and slug of a command that was accepted."""
        async with self.database.reading() as tx:
            row = await tx.fetchrow("select state, slug from pending_shares where command_id = $1", command_id)
        assert row is not None
        return row["state"], row["slug"]

    async def channels(self, invoice_id: UUID) -> dict[tuple[UUID, str], tuple[str, int]]:
        """State and generation of each share of an invoice, by contact and channel."""
        async with self.database.reading() as tx:
            rows = await tx.fetch(
                "select contact_id, channel, state, generation from shares where item_id = $1", invoice_id
            )
        return {(row["contact_id"], row["channel"]): (row["state"], row["generation"]) for row in rows}

    async def grant_wishes(self) -> bool:
        """Run one step of the job that decides wishes."""
        async with open_wishes() as step:
            return await step(self.database)

    async def somebody_waits(self) -> bool:
        """Whether anybody waits for a lock, asked anew: in one transaction the answer would stay the same."""
        async with self.database.reading() as tx:
            return await tx.fetchval(
                "select exists (select from pg_stat_activity "
                "where datname = current_database() and wait_event_type = 'Lock')"
            )

    async def wishes_age(self, seconds: float) -> None:
        """Make it later for wishes that are barred."""
        aged = "update share_wishes set barred_at = barred_at - $1::interval, next_at = next_at - $1::interval"
        async with self.transaction() as tx:
            await tx.execute(aged, timedelta(seconds=seconds))

    async def said(self) -> list[tuple[str, dict]]:
        """Take everything out of the outbox: the short type and the data of each message, in order."""
        async with self.transaction() as tx:
            rows = await tx.fetch("delete from outbox returning outbox_id, type, payload")
        return [
            (row["type"].split(".")[2], json.loads(row["payload"])["data"] | {"_envelope": json.loads(row["payload"])})
            for row in sorted(rows, key=lambda row: row["outbox_id"])
        ]

    async def states(self, invoice_id: UUID) -> dict[UUID, tuple[str, int]]:
        """State and generation of each share of an invoice, by contact."""
        async with self.database.reading() as tx:
            rows = await tx.fetch("select contact_id, state, generation from shares where item_id = $1", invoice_id)
        return {row["contact_id"]: (row["state"], row["generation"]) for row in rows}

    async def wishes(self, invoice_id: UUID) -> dict[UUID, tuple[str, str | None]]:
        """State and refusal of each wish for an invoice, by contact."""
        async with self.database.reading() as tx:
            rows = await tx.fetch(
                "select contact_id, state, refusal from share_wishes where invoice_id = $1", invoice_id
            )
        return {row["contact_id"]: (row["state"], row["refusal"]) for row in rows}


@pytest_asyncio.fixture
async def worlds(
    database_of: Callable[[str], Awaitable[Database]],
) -> Callable[[], World]:
    """Make worlds in one database, each a firm of its own."""
    database = await database_of("sharing")
    return lambda: World(database, new_id())


@pytest_asyncio.fixture
async def world(worlds: Callable[[], World]) -> World:
    """One firm's world."""
    return worlds()
