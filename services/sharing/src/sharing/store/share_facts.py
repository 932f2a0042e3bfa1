"""What sharing says of its shares, in the contract's words. The table is the outbox; the statement is chassis's."""

from collections.abc import Sequence

from contracts.invoices import AddContact, AssignMatterContact, ContactProfile
from contracts.sharing import (
    CommunicationLogged,
    InvoiceShared,
    Shared,
    ShareRef,
    SharesRestored,
    SharesRevoked,
    SharesSuspended,
)
from sharing.domain.communication import Communication
from sharing.domain.replicas import TYPED_IN_REVISION, Contact, Invoice, Matter
from sharing.domain.share import Share


def invoice_shared(
    invoice: Invoice,
    matter: Matter,
    shares: Sequence[tuple[Share, Contact]],
    message: str | None,
    *,
    is_resend: bool = False,
) -> InvoiceShared:
    """Say that an invoice was shared, all by one act and one channel: everything that telling them needs."""
    assert invoice.issue is not None, "a draft is never shared"
    share = shares[0][0]
    return InvoiceShared(
        invoice_id=invoice.invoice_id,
        matter_id=matter.matter_id,
        matter_name=matter.name,
        number=invoice.issue.number,
        version=invoice.issue.version,
        currency=invoice.currency,
        total_minor=invoice.total_minor,
        due_on=invoice.issue.due_on,
        channel=share.channel,
        message=message,
        comments=share.comments,
        on_payment_page=share.on_payment_page,
        is_resend=is_resend,
        invoice_revision=invoice.revision,
        shares=[_shared(share, contact) for share, contact in shares],
    )


def shares_revoked(shares: Sequence[Share]) -> SharesRevoked:
    """Say that shares of one invoice by one channel ended for good."""
    return SharesRevoked(invoice_id=shares[0].item_id, channel=shares[0].channel, shares=_refs(shares))


def communication_logged(communication: Communication) -> CommunicationLogged:
    """Say that somebody wrote to contacts while sharing with them."""
    return CommunicationLogged(
        matter_id=communication.matter_id,
        communication_id=communication.communication_id,
        invoice_id=communication.invoice_id,
        channel=communication.channel,
        contact_ids=list(communication.contact_ids),
        message=communication.message,
    )


def shares_suspended(shares: Sequence[Share]) -> SharesSuspended:
    """Say that portal shares of one invoice are hidden."""
    return SharesSuspended(invoice_id=shares[0].item_id, channel="portal", shares=_refs(shares))


def shares_restored(shares: Sequence[Share]) -> SharesRestored:
    """Say that hidden portal shares of one invoice are in force again."""
    return SharesRestored(invoice_id=shares[0].item_id, channel="portal", shares=_refs(shares))


def contact_joined(contact: Contact, invoice: Invoice) -> AddContact | AssignMatterContact:
    """Ask invoices to have a contact on the invoice's matter as `other`, and to know it where it does not yet.

    One that invoices has told of is not added again: what is told of it here may be old, and would be refused.
    """
    if contact.revision > TYPED_IN_REVISION:
        return AssignMatterContact(matter_id=invoice.matter_id, contact_id=contact.contact_id, roles=["other"])
    profile = ContactProfile(
        name=contact.name, kind=contact.kind, email=contact.email, phone=contact.phone, locale=contact.locale
    )
    return AddContact(contact_id=contact.contact_id, profile=profile, matter_id=invoice.matter_id, roles=["other"])


def _shared(share: Share, contact: Contact) -> Shared:
    return Shared(
        share_id=share.share_id,
        generation=share.generation,
        contact_id=contact.contact_id,
        name=contact.name,
        email=contact.email,
        locale=contact.locale,
    )


def _refs(shares: Sequence[Share]) -> list[ShareRef]:
    return [
        ShareRef(share_id=share.share_id, generation=share.generation, contact_id=share.contact_id) for share in shares
    ]
