"""One version of a final invoice: everything a reader of its paper sees, copied in, so that it stays as it was."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from invoices.domain.contact import Contact, ContactProfile
from invoices.domain.firm import Firm, FirmProfile
from invoices.domain.invoice import Comment, Content, Invoice
from invoices.domain.key import Key
from invoices.domain.matter import Matter
from invoices.domain.refusal import Refusal
from invoices.domain.totals import PricedLine, Totals, price_lines

VERSION_MAX = 2**31 - 1
"""What can be kept of a version's number: no invoice has a version above it."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who bills whom for what, in the words of that day. No billing contact: `billed_to` is None.

    `clients` are the matter's clients other than the billing contact.
    """

    firm: FirmProfile
    matter_number: str
    matter_name: str
    billed_to: ContactProfile | None
    clients: tuple[ContactProfile, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a version. Comments are all there, internal ones too; who may see which is decided later."""

    number: str
    issued_on: date
    due_on: date
    currency: str
    lines: tuple[PricedLine, ...]
    totals: Totals
    notes: str | None
    comments: tuple[Comment, ...]
    parties: Parties


@dataclass(frozen=True, slots=True)
class Version:
    """A version as it is kept: written once, never changed. The first one has no reason."""

    firm_id: UUID
    invoice_id: UUID
    version: int
    created_at: datetime
    document: Document
    reason: str | None = None

    @property
    def key(self) -> Key:
        return self.firm_id, self.invoice_id


def parties_of(firm: Firm, matter: Matter, billing_contact: Contact | None, clients: Iterable[Contact] = ()) -> Parties:
    """Copy in what the parties say of themselves now. A client who is billed too is named once."""
    billed_to = billing_contact.profile if billing_contact else None
    others = sorted((client for client in clients if client != billing_contact), key=lambda client: client.contact_id)
    return Parties(
        firm=firm.profile,
        matter_number=matter.profile.number,
        matter_name=matter.profile.name,
        billed_to=billed_to,
        clients=tuple(client.profile for client in others),
    )


def write_version(
    invoice: Invoice, content: Content, parties: Parties, created_at: datetime, reason: str | None = None
) -> Version:
    """Write the version that a final invoice is at."""
    assert invoice.issue is not None
    priced = price_lines(content.lines, invoice.terms.discount_minor)
    assert not isinstance(priced, Refusal), "its totals were taken when it was drafted"
    document = Document(
        number=invoice.issue.number,
        issued_on=invoice.issue.issued_on,
        due_on=invoice.issue.due_on,
        currency=invoice.terms.currency,
        lines=tuple(priced),
        totals=invoice.totals,
        notes=invoice.terms.notes,
        comments=content.comments,
        parties=parties,
    )
    return Version(invoice.firm_id, invoice.invoice_id, invoice.issue.version, created_at, document, reason)
