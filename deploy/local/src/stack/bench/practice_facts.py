"""Facts of a firm's invoices as the invoices service would tell them, many at once: what a service must know first."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from chassis.clock import now
from chassis.ids import new_id
from chassis.wire import write_envelope
from contracts.invoices import (
    ApiKeyChanged,
    ContactChanged,
    ContactProfile,
    FirmChanged,
    FirmProfile,
    InvoiceFinalised,
    InvoiceTotals,
    MatterChanged,
    MatterContact,
    MatterProfile,
)
from contracts.message import Message
from stack.bench.feed import Entry

INVOICES_PER_MATTER = 10
CONTACTS_PER_MATTER = 2

_TOTAL_MINOR = 25_000


@dataclass(frozen=True, slots=True)
class ToldInvoice:
    """A final invoice that was told of, and who is on its matter."""

    invoice_id: UUID
    contact_ids: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class ToldFirm:
    """A firm with one API key that may share."""

    firm_id: UUID
    api_key_id: UUID

    @property
    def actor(self) -> str:
        return f"api_key:{self.api_key_id}"

    def entry(self, message: Message, *, message_id: UUID | None = None, source: str = "/handbill/invoices") -> Entry:
        """Write a message of this firm as a record of its topic."""
        body = write_envelope(
            message,
            id=message_id or new_id(),
            source=source,
            type=message.wire.type,
            subject=str(message.key),
            time=now(),
            firm=self.firm_id,
            revision=1,
            actor=self.actor,
            correlation=new_id(),
        )
        return Entry(message.wire.topic.name, str(message.key).encode(), body)

    def introduction(self) -> list[Entry]:
        """Tell of the firm itself and of its key."""
        profile = FirmProfile(name="Benchmark & Partners", reply_to="office@example.test")
        key = ApiKeyChanged(
            api_key_id=self.api_key_id,
            label="benchmark",
            secret_sha256=hashlib.sha256(self.api_key_id.bytes).hexdigest(),
            scopes=["shares:write"],
            is_revoked=False,
        )
        return [self.entry(FirmChanged(firm_id=self.firm_id, profile=profile)), self.entry(key)]

    def matter(self, number: int) -> tuple[list[Entry], list[ToldInvoice]]:
        """Tell of a matter, the contacts on it and its final invoices."""
        matter_id = new_id()
        contact_ids = [new_id() for _ in range(CONTACTS_PER_MATTER)]
        invoices = [ToldInvoice(new_id(), contact_ids) for _ in range(INVOICES_PER_MATTER)]
        matter = MatterChanged(
            matter_id=matter_id,
            profile=MatterProfile(number=f"M-{number:06}", name="Estate of Client"),
            contacts=[MatterContact(contact_id=contact_id, roles=["client"]) for contact_id in contact_ids],
        )
        messages: list[Message] = [matter, *_contacts(contact_ids), *_finalised(matter_id, number, invoices)]
        return [self.entry(message) for message in messages], invoices


def new_firm() -> ToldFirm:
    """Think of a firm."""
    return ToldFirm(new_id(), new_id())


def _contacts(contact_ids: Sequence[UUID]) -> Iterator[ContactChanged]:
    for contact_id in contact_ids:
        profile = ContactProfile(name="Ada Client", email=f"{contact_id.hex[-8:]}@example.test")
        yield ContactChanged(contact_id=contact_id, profile=profile)


def _finalised(matter_id: UUID, number: int, invoices: Sequence[ToldInvoice]) -> Iterator[InvoiceFinalised]:
    today = now().date()
    for position, invoice in enumerate(invoices):
        yield InvoiceFinalised(
            invoice_id=invoice.invoice_id,
            matter_id=matter_id,
            number=f"INV-{number:06}-{position:02}",
            version=1,
            currency="USD",
            totals=InvoiceTotals(subtotal_minor=_TOTAL_MINOR, discount_minor=0, tax_minor=0, total_minor=_TOTAL_MINOR),
            issued_on=today,
            due_on=today + timedelta(days=30),
        )
