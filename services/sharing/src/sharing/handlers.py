"""Kafka in: facts of invoices, and commands to sharing, each to one use case."""

from collections.abc import Sequence

from chassis.api_keys import ApiKey
from chassis.database import Tx
from chassis.intake.commands import command_consumer, command_route
from chassis.intake.route import Received, fact_consumer, fact_route
from contracts.answers import ANSWERS_OF, CommandDiscarded, CommandRejected
from contracts.invoices import (
    ApiKeyChanged,
    ContactChanged,
    DraftChanged,
    FirmChanged,
    InvoiceCreated,
    InvoiceCredited,
    InvoiceFinalised,
    InvoiceRevised,
    InvoiceVoided,
    MatterChanged,
)
from contracts.sharing import ResendShares, RevokeShares, SavePortalShares, ShareByEmail, ShareByLink
from sharing.domain.replicas import Contact, Firm, Invoice, InvoiceStatus, Issue, Matter, MatterContact
from sharing.domain.wish import Wish
from sharing.usecases.keep_api_keys import keep_api_keys
from sharing.usecases.keep_contacts import keep_contacts
from sharing.usecases.keep_firms import keep_firms
from sharing.usecases.keep_invoices import keep_invoices
from sharing.usecases.keep_matters import keep_matters
from sharing.usecases.refuse_pending_shares import refuse_pending_shares
from sharing.usecases.resend_shares import resend_shares
from sharing.usecases.revoke_shares import revoke_shares
from sharing.usecases.share_invoices import share_invoices


async def on_firm_changed(tx: Tx, facts: Sequence[Received[FirmChanged]]) -> None:
    """Keep what a firm says of itself now."""
    await keep_firms(
        tx, [Firm(fact.data.firm_id, frozenset(fact.data.profile.channels), fact.revision) for fact in facts]
    )


async def on_api_key_changed(tx: Tx, facts: Sequence[Received[ApiKeyChanged]]) -> None:
    """Keep a key that was made or revoked."""
    await keep_api_keys(tx, [ApiKey.stated(fact.firm_id, fact.revision, fact.data) for fact in facts])


async def on_matter_changed(tx: Tx, facts: Sequence[Received[MatterChanged]]) -> None:
    """Keep what a matter says of itself now, and who is on it."""
    contacts = [
        MatterContact(fact.firm_id, fact.data.matter_id, member.contact_id, tuple(member.roles))
        for fact in facts
        for member in fact.data.contacts
    ]
    causes = {(fact.firm_id, fact.data.matter_id): fact.cause for fact in facts}
    await keep_matters(tx, [_matter(fact) for fact in facts], contacts, causes)


async def on_contact_changed(tx: Tx, facts: Sequence[Received[ContactChanged]]) -> None:
    """Keep what a contact says of itself now."""
    await keep_contacts(tx, [_contact(fact) for fact in facts])


async def on_invoice_created(tx: Tx, facts: Sequence[Received[InvoiceCreated]]) -> None:
    """Keep a draft that was made, and with whom it is to be shared once it is final."""
    wishes = [
        Wish(
            fact.firm_id, fact.data.invoice_id, contact_id,
            wished_by=fact.envelope.actor, correlation_id=fact.envelope.correlation, causation_id=fact.envelope.id,
        )
        for fact in facts
        for contact_id in fact.data.share_with
    ]  # fmt: skip
    await keep_invoices(tx, [_draft(fact) for fact in facts], wishes)


async def on_draft_changed(tx: Tx, facts: Sequence[Received[DraftChanged]]) -> None:
    """Keep what a draft says now."""
    await keep_invoices(tx, [_draft(fact) for fact in facts])


async def on_invoice_finalised(tx: Tx, facts: Sequence[Received[InvoiceFinalised]]) -> None:
    """Keep an invoice that can be shared from now on."""
    await keep_invoices(tx, [_final(fact) for fact in facts])


async def on_invoice_revised(tx: Tx, facts: Sequence[Received[InvoiceRevised]]) -> None:
    """Keep an invoice at its newest version."""
    await keep_invoices(tx, [_final(fact) for fact in facts])


async def on_invoice_voided(tx: Tx, facts: Sequence[Received[InvoiceVoided]]) -> None:
    """Keep an invoice that is shared with nobody else from now on."""
    await keep_invoices(tx, [_after_issue(fact, "void") for fact in facts])


async def on_invoice_credited(tx: Tx, facts: Sequence[Received[InvoiceCredited]]) -> None:
    """Keep an invoice of which less is asked; its total stays."""
    await keep_invoices(tx, [_after_issue(fact, "final") for fact in facts])


async def on_command_refused(tx: Tx, facts: Sequence[Received[CommandRejected] | Received[CommandDiscarded]]) -> None:
    """End what waits for a draft that could not be finalised; answers to commands of others are passed over."""
    await refuse_pending_shares(
        tx, {(fact.firm_id, fact.data.command_id): (fact.data.slug, fact.data.detail) for fact in facts}
    )


# Not ordered: state is compared by revision, and the rest may arrive in any order.
# In the order of locks, as those who share take them: a switch of the portal meets them without a deadlock.
FACTS = fact_consumer(
    "sharing",
    [
        fact_route(InvoiceCreated, on_invoice_created),
        fact_route(DraftChanged, on_draft_changed),
        fact_route(InvoiceFinalised, on_invoice_finalised),
        fact_route(InvoiceRevised, on_invoice_revised),
        fact_route(InvoiceVoided, on_invoice_voided),
        fact_route(InvoiceCredited, on_invoice_credited),
        # Several commands may have one correlation, which is the key of their answers.
        fact_route(ANSWERS_OF["invoices"].rejected, on_command_refused, folds=True),
        fact_route(ANSWERS_OF["invoices"].discarded, on_command_refused, folds=True),
        fact_route(MatterChanged, on_matter_changed),
        fact_route(ContactChanged, on_contact_changed),
        fact_route(FirmChanged, on_firm_changed),
        fact_route(ApiKeyChanged, on_api_key_changed),
    ],
)
COMMANDS = command_consumer(
    "sharing",
    [
        command_route("sharing", SavePortalShares, share_invoices),
        command_route("sharing", ShareByEmail, share_invoices),
        command_route("sharing", ShareByLink, share_invoices),
        command_route("sharing", RevokeShares, revoke_shares),
        command_route("sharing", ResendShares, resend_shares),
    ],
)


def _matter(fact: Received[MatterChanged]) -> Matter:
    profile = fact.data.profile
    return Matter(
        firm_id=fact.firm_id,
        matter_id=fact.data.matter_id,
        name=profile.name,
        portal_enabled=profile.portal_enabled,
        portal_kinds=frozenset(profile.portal_kinds),
        revision=fact.revision,
    )


def _contact(fact: Received[ContactChanged]) -> Contact:
    profile = fact.data.profile
    return Contact(
        firm_id=fact.firm_id,
        contact_id=fact.data.contact_id,
        name=profile.name,
        kind=profile.kind,
        email=profile.email,
        phone=profile.phone,
        locale=profile.locale,
        revision=fact.revision,
    )


def _draft(fact: Received[InvoiceCreated] | Received[DraftChanged]) -> Invoice:
    return Invoice(
        firm_id=fact.firm_id,
        invoice_id=fact.data.invoice_id,
        matter_id=fact.data.matter_id,
        status="draft",
        currency=fact.data.currency,
        total_minor=fact.data.totals.total_minor,
        issue=None,
        revision=fact.revision,
    )


def _final(fact: Received[InvoiceFinalised] | Received[InvoiceRevised]) -> Invoice:
    final = fact.data
    return Invoice(
        firm_id=fact.firm_id,
        invoice_id=final.invoice_id,
        matter_id=final.matter_id,
        status="final",
        currency=final.currency,
        total_minor=final.totals.total_minor,
        issue=Issue(final.number, final.version, final.due_on),
        revision=fact.revision,
    )


def _after_issue(fact: Received[InvoiceVoided] | Received[InvoiceCredited], status: InvoiceStatus) -> Invoice:
    said = fact.data
    return Invoice(
        firm_id=fact.firm_id,
        invoice_id=said.invoice_id,
        matter_id=said.matter_id,
        status=status,
        currency=said.currency,
        total_minor=said.total_minor,
        issue=Issue(said.number, said.version, said.due_on),
        revision=fact.revision,
    )
