"""Kafka in: facts of invoices and sharing, and commands to payments, each to one use case."""

from collections.abc import Sequence
from dataclasses import replace

from chassis.api_keys import ApiKey
from chassis.database import Tx
from chassis.intake.commands import command_consumer, command_route
from chassis.intake.route import Received, fact_consumer, fact_route
from contracts.invoices import (
    ApiKeyChanged,
    ContactChanged,
    FirmChanged,
    InvoiceCredited,
    InvoiceFinalised,
    InvoiceRevised,
    InvoiceVoided,
    MatterChanged,
)
from contracts.payments import ClosePaymentCase, PayInvoices, RefundCharge, RetryCharges
from contracts.sharing import InvoiceShared, SharesRestored, SharesRevoked, SharesSuspended
from payments.domain.invoice import Invoice, InvoiceStatus
from payments.domain.payable_share import PayableShare, ShareState, lists_unless_said
from payments.domain.replicas import Contact, Firm, Matter
from payments.usecases.apply_invoice_versions import apply_invoice_versions
from payments.usecases.change_payable_shares import change_payable_shares
from payments.usecases.close_payment_cases import close_payment_cases
from payments.usecases.keep_api_keys import keep_api_keys
from payments.usecases.keep_asked_payments import keep_asked_payments
from payments.usecases.keep_contacts import keep_contacts
from payments.usecases.keep_firms import keep_firms
from payments.usecases.keep_matters import keep_matters
from payments.usecases.keep_payable_shares import keep_payable_shares
from payments.usecases.refund_charge import refund_charge


async def on_firm_changed(tx: Tx, facts: Sequence[Received[FirmChanged]]) -> None:
    """Keep firms."""
    said = [(fact, fact.data.profile) for fact in facts]
    await keep_firms(
        tx,
        [
            Firm(fact.firm_id, profile.name, profile.currency, profile.online_payments, fact.revision)
            for fact, profile in said
        ],
    )


async def on_api_key_changed(tx: Tx, facts: Sequence[Received[ApiKeyChanged]]) -> None:
    """Keep API keys."""
    await keep_api_keys(tx, [ApiKey.stated(fact.firm_id, fact.revision, fact.data) for fact in facts])


async def on_matter_changed(tx: Tx, facts: Sequence[Received[MatterChanged]]) -> None:
    """Keep matters."""
    said = [(fact, fact.data.profile) for fact in facts]
    await keep_matters(
        tx,
        [Matter(fact.firm_id, fact.data.matter_id, matter.number, matter.name, fact.revision) for fact, matter in said],
    )


async def on_contact_changed(tx: Tx, facts: Sequence[Received[ContactChanged]]) -> None:
    """Keep contacts."""
    said = [(fact, fact.data.profile) for fact in facts]
    await keep_contacts(
        tx,
        [
            Contact(fact.firm_id, fact.data.contact_id, profile.name, profile.email, profile.locale, fact.revision)
            for fact, profile in said
        ],
    )


async def on_invoice_finalised(tx: Tx, facts: Sequence[Received[InvoiceFinalised]]) -> None:
    """Judge what is owed by the first version."""
    await apply_invoice_versions(tx, [(_invoice(fact, fact.data.totals.total_minor), fact.cause) for fact in facts])


async def on_invoice_revised(tx: Tx, facts: Sequence[Received[InvoiceRevised]]) -> None:
    """Judge what is owed by a later version."""
    await apply_invoice_versions(tx, [(_invoice(fact, fact.data.totals.total_minor), fact.cause) for fact in facts])


async def on_invoice_voided(tx: Tx, facts: Sequence[Received[InvoiceVoided]]) -> None:
    """Let nothing be owed any more."""
    void = [(replace(_invoice(fact, fact.data.total_minor), status=InvoiceStatus.VOID), fact) for fact in facts]
    await apply_invoice_versions(tx, [(invoice, fact.cause) for invoice, fact in void])


async def on_invoice_credited(tx: Tx, facts: Sequence[Received[InvoiceCredited]]) -> None:
    """Let less be owed."""
    credited = [
        (replace(_invoice(fact, fact.data.total_minor), credited_minor=fact.data.credited_minor), fact.cause)
        for fact in facts
    ]
    await apply_invoice_versions(tx, credited)


async def on_invoice_shared(tx: Tx, facts: Sequence[Received[InvoiceShared]]) -> None:
    """Keep who may pay."""
    await keep_payable_shares(tx, _shares(facts, ShareState.ACTIVE))


async def on_shares_revoked(tx: Tx, facts: Sequence[Received[SharesRevoked]]) -> None:
    """Take the right to pay by these shares away for good."""
    await change_payable_shares(tx, _shares(facts, ShareState.REVOKED))


async def on_shares_suspended(tx: Tx, facts: Sequence[Received[SharesSuspended]]) -> None:
    """Take the right to pay by these shares away until they are restored."""
    await change_payable_shares(tx, _shares(facts, ShareState.SUSPENDED))


async def on_shares_restored(tx: Tx, facts: Sequence[Received[SharesRestored]]) -> None:
    """Give the right to pay by these shares back."""
    await change_payable_shares(tx, _shares(facts, ShareState.ACTIVE))


def _invoice(
    fact: Received[InvoiceFinalised] | Received[InvoiceRevised] | Received[InvoiceVoided] | Received[InvoiceCredited],
    total_minor: int,
) -> Invoice:
    return Invoice(
        firm_id=fact.firm_id,
        invoice_id=fact.data.invoice_id,
        matter_id=fact.data.matter_id,
        number=fact.data.number,
        status=InvoiceStatus.FINAL,
        version=fact.data.version,
        currency=fact.data.currency,
        total_minor=total_minor,
        due_on=fact.data.due_on,
        revision=fact.revision,
    )


def _shares(
    facts: Sequence[
        Received[InvoiceShared] | Received[SharesRevoked] | Received[SharesSuspended] | Received[SharesRestored]
    ],
    state: ShareState,
) -> list[PayableShare]:
    return [
        PayableShare(
            firm_id=fact.firm_id,
            share_id=share.share_id,
            generation=share.generation,
            invoice_id=fact.data.invoice_id,
            contact_id=share.contact_id,
            channel=fact.data.channel,
            state=state,
            lists_on_page=_lists_on_page(fact.data),
        )
        for fact in facts
        for share in fact.data.shares
    ]


def _lists_on_page(data: InvoiceShared | SharesRevoked | SharesSuspended | SharesRestored) -> bool:
    # An end that comes before its share does not say; the share itself does.
    return data.on_payment_page if isinstance(data, InvoiceShared) else lists_unless_said(data.channel)


FACTS = fact_consumer(
    "payments",
    [
        fact_route(FirmChanged, on_firm_changed),
        fact_route(ApiKeyChanged, on_api_key_changed),
        fact_route(MatterChanged, on_matter_changed),
        fact_route(ContactChanged, on_contact_changed),
        fact_route(InvoiceFinalised, on_invoice_finalised),
        fact_route(InvoiceRevised, on_invoice_revised),
        fact_route(InvoiceVoided, on_invoice_voided),
        fact_route(InvoiceCredited, on_invoice_credited),
        fact_route(InvoiceShared, on_invoice_shared),
        fact_route(SharesRevoked, on_shares_revoked),
        fact_route(SharesSuspended, on_shares_suspended),
        fact_route(SharesRestored, on_shares_restored),
    ],
    is_ordered=True,
)
# What starts a payment asks the gate first, which no transaction may do: it is kept, and answered when it has ended.
COMMANDS = command_consumer(
    "payments",
    [
        command_route("payments", PayInvoices, keep_asked_payments),
        command_route("payments", RetryCharges, keep_asked_payments),
        command_route("payments", RefundCharge, refund_charge),
        command_route("payments", ClosePaymentCase, close_payment_cases),
    ],
)
