"""Facts of other services as Kafka brings them: raw records, one firm's."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from chassis.ids import new_id
from chassis.parked import RawRecord
from chassis.wire import write_envelope
from contracts.fields import Channel
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
from contracts.message import Message
from contracts.sharing import InvoiceShared, Shared, ShareRef, SharesRestored, SharesRevoked, SharesSuspended

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Ending = type[SharesRevoked] | type[SharesSuspended] | type[SharesRestored]


class Facts:
    """What invoices and sharing tell of one firm."""

    firm_id: UUID
    offset: int
    matter_id: UUID

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
