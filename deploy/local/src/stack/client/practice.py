"""A firm at work: opening matters, adding contacts, drafting, finalising and sharing, each in one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from chassis.ids import new_id
from contracts.fields import ContactRole
from contracts.invoices import (
    AddContact,
    ContactProfile,
    DraftInvoice,
    InvoiceLine,
    InvoiceTerms,
    MatterProfile,
    OpenMatter,
)
from contracts.sharing import NewContact, PortalShareSet
from stack.client.api import Answer, Api


class WrongAnswerError(Exception):
    """A service answered otherwise than the caller relies on."""

    def __init__(self, what: str, answer: Answer) -> None:
        super().__init__(f"{what}: {answer.status} {answer.body}")


@dataclass(frozen=True, slots=True)
class Practice:
    """One firm with one API key. `actor` is the key as commands by topic name it."""

    firm_id: UUID
    actor: str
    api: Api

    async def contact(
        self,
        name: str,
        email: str | None,
        *,
        phone: str | None = None,
        matter_id: UUID | None = None,
        roles: Sequence[ContactRole] = (),
    ) -> UUID:
        """Add a contact, and put it on a matter with roles where one is given."""
        command = AddContact(
            contact_id=new_id(),
            profile=ContactProfile(name=name, email=email, phone=phone),
            matter_id=matter_id,
            roles=list(roles),
        )
        expect("add contact", 201, await self.api.send("POST", "invoices", "/v1/contacts", command))
        return command.contact_id

    async def matter(self, number: str, name: str, *, portal_enabled: bool = True) -> UUID:
        """Open a matter without contacts."""
        profile = MatterProfile(number=number, name=name, portal_enabled=portal_enabled)
        command = OpenMatter(matter_id=new_id(), profile=profile)
        expect("open matter", 201, await self.api.send("POST", "invoices", "/v1/matters", command))
        return command.matter_id

    async def draft(self, matter_id: UUID, terms: InvoiceTerms | None = None, share_with: Sequence[UUID] = ()) -> UUID:
        """Draft an invoice; without terms it has one line of 250.00."""
        command = DraftInvoice(
            invoice_id=new_id(), matter_id=matter_id, terms=terms or plain_terms(25_000), share_with=list(share_with)
        )
        expect("draft invoice", 201, await self.api.send("POST", "invoices", "/v1/invoices", command))
        return command.invoice_id

    async def finalise(self, invoice_id: UUID) -> Answer:
        """Finalise a draft; the answer has its number."""
        return expect(
            "finalise invoice", 200, await self.api.send("POST", "invoices", f"/v1/invoices/{invoice_id}/finalise")
        )

    async def final_invoice(self, matter_id: UUID, terms: InvoiceTerms | None = None) -> UUID:
        """Draft an invoice and finalise it."""
        invoice_id = await self.draft(matter_id, terms)
        await self.finalise(invoice_id)
        return invoice_id

    async def save_portal_shares(
        self,
        invoice_id: UUID,
        contact_ids: Sequence[UUID],
        *,
        new_contacts: Sequence[NewContact] = (),
        message: str | None = None,
        idempotency_key: UUID | None = None,
    ) -> Answer:
        """Save who has the invoice in their portal; refusals are returned, not raised."""
        wanted = PortalShareSet(contact_ids=list(contact_ids), new_contacts=list(new_contacts), message=message)
        path = f"/v1/invoices/{invoice_id}/portal-shares"
        return await self.api.send("PUT", "sharing", path, wanted, idempotency_key=idempotency_key)


def plain_terms(total_minor: int, currency: str = "USD") -> InvoiceTerms:
    """Terms with one flat-fee line and no tax."""
    line = InvoiceLine(kind="flat_fee", description="Advice", quantity=Decimal(1), unit_price_minor=total_minor)
    return InvoiceTerms(currency=currency, lines=[line], due_in_days=30)


def expect(what: str, status: int, answer: Answer) -> Answer:
    """Return the answer if it has the status.

    Raises: WrongAnswerError.
    """
    if answer.status != status:
        raise WrongAnswerError(what, answer)
    return answer
