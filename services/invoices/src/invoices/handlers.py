"""Kafka in: facts of other services and commands to this one, each translated for one use case."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Tx
from chassis.intake.commands import command_consumer, command_route
from chassis.intake.route import Received, fact_consumer, fact_route
from chassis.wire import WireEnvelope
from contracts.invoices import (
    AddContact,
    AddStaffUser,
    AssignMatterContact,
    ChangeContact,
    ChangeDraft,
    ChangeFirm,
    ChangeMatter,
    ChangeStaffUser,
    DraftInvoice,
    FinaliseInvoice,
    OpenMatter,
    RegisterApiKey,
    RevokeApiKey,
)
from contracts.notify import CoveredItem, DeliveryAccepted, DeliveryFailed
from contracts.payments import BalanceChanged
from contracts.sharing import InvoiceShared, SharesRestored, SharesRevoked, SharesSuspended
from invoices.domain.balance import Balance
from invoices.domain.history import Entry, Kind, Origin, Summary
from invoices.domain.share import ShareChange, ShareRef, ShareState
from invoices.usecases.add_contact import add_contact
from invoices.usecases.add_staff_user import add_staff_user
from invoices.usecases.assign_matter_contact import assign_matter_contact
from invoices.usecases.change_contact import change_contact
from invoices.usecases.change_draft import change_draft
from invoices.usecases.change_firm import change_firm
from invoices.usecases.change_matter import change_matter
from invoices.usecases.change_staff_user import change_staff_user
from invoices.usecases.draft_invoice import draft_invoice
from invoices.usecases.finalise_invoice import finalise_invoice
from invoices.usecases.keep_balances import keep_balances
from invoices.usecases.keep_shares import keep_shares
from invoices.usecases.open_matter import open_matter
from invoices.usecases.record_deliveries import record_deliveries
from invoices.usecases.register_api_key import register_api_key
from invoices.usecases.revoke_api_key import revoke_api_key


async def on_invoice_shared(tx: Tx, facts: Sequence[Received[InvoiceShared]]) -> None:
    """Note that some contacts have the invoice now."""
    await keep_shares(tx, [_share_change(fact.envelope, fact.data, "active", "shared") for fact in facts])


async def on_shares_revoked(tx: Tx, facts: Sequence[Received[SharesRevoked]]) -> None:
    """Note that shares ended for good."""
    await keep_shares(tx, [_share_change(fact.envelope, fact.data, "revoked", "unshared") for fact in facts])


async def on_shares_suspended(tx: Tx, facts: Sequence[Received[SharesSuspended]]) -> None:
    """Note that portal shares are hidden."""
    await keep_shares(tx, [_share_change(fact.envelope, fact.data, "suspended", "share_suspended") for fact in facts])


async def on_shares_restored(tx: Tx, facts: Sequence[Received[SharesRestored]]) -> None:
    """Note that hidden portal shares are in force again."""
    await keep_shares(tx, [_share_change(fact.envelope, fact.data, "active", "share_restored") for fact in facts])


async def on_delivery_accepted(tx: Tx, facts: Sequence[Received[DeliveryAccepted]]) -> None:
    """Tell that a receiving server took a message."""
    await record_deliveries(
        tx,
        [
            _entry(
                fact.envelope, invoice_id, "delivery_accepted", _delivery(fact.data) | {"subject": fact.data.subject}
            )
            for fact in facts
            for invoice_id in _covered(fact.data.items)
        ],
    )


async def on_delivery_failed(tx: Tx, facts: Sequence[Received[DeliveryFailed]]) -> None:
    """Tell that a message did not get through."""
    await record_deliveries(
        tx,
        [
            _entry(fact.envelope, invoice_id, "delivery_failed", _delivery(fact.data) | {"reason": fact.data.reason})
            for fact in facts
            for invoice_id in _covered(fact.data.items)
        ],
    )


async def on_balance_changed(tx: Tx, facts: Sequence[Received[BalanceChanged]]) -> None:
    """Keep what payments says is owed."""
    await keep_balances(tx, [Balance(fact.firm_id, **fact.data.model_dump(), revision=fact.revision) for fact in facts])


def _share_change(
    envelope: WireEnvelope,
    data: InvoiceShared | SharesRevoked | SharesSuspended | SharesRestored,
    state: ShareState,
    kind: Kind,
) -> ShareChange:
    shares = tuple(ShareRef(share.share_id, share.generation, share.contact_id) for share in data.shares)
    told: dict[str, str | int | list[str] | None] = {
        "channel": data.channel,
        "contact_ids": [str(share.contact_id) for share in shares],
    }
    if isinstance(data, InvoiceShared):
        told |= {"version": data.version, "message": data.message}
    return ShareChange(data.channel, state, shares, _entry(envelope, data.invoice_id, kind, told))


def _delivery(data: DeliveryAccepted | DeliveryFailed) -> dict[str, str | int]:
    """Tell of a delivery; its exact content opens by its id."""
    return {
        "delivery_id": str(data.delivery_id),
        "contact_id": str(data.contact_id),
        "kind": data.kind,
        "template": data.template,
        "attempts": data.attempts,
    }


def _covered(items: Sequence[CoveredItem]) -> list[UUID]:
    """Each invoice that a delivery tells of, once, whatever the number of its shares."""
    return list(dict.fromkeys(item.invoice_id for item in items))


def _entry(envelope: WireEnvelope, invoice_id: UUID, kind: Kind, summary: Summary) -> Entry:
    origin = Origin(envelope.id, envelope.time, envelope.actor, envelope.correlation, envelope.causation)
    return Entry(envelope.firm, invoice_id, kind, origin, summary)


# In order: a share that ends must not be overtaken by the news that it began.
FACTS = fact_consumer(
    "invoices",
    [
        fact_route(InvoiceShared, on_invoice_shared),
        fact_route(SharesRevoked, on_shares_revoked),
        fact_route(SharesSuspended, on_shares_suspended),
        fact_route(SharesRestored, on_shares_restored),
        fact_route(DeliveryAccepted, on_delivery_accepted),
        fact_route(DeliveryFailed, on_delivery_failed),
        fact_route(BalanceChanged, on_balance_changed),
    ],
    is_ordered=True,
)

COMMANDS = command_consumer(
    "invoices",
    [
        command_route("invoices", ChangeFirm, change_firm),
        command_route("invoices", AddStaffUser, add_staff_user),
        command_route("invoices", ChangeStaffUser, change_staff_user),
        command_route("invoices", RegisterApiKey, register_api_key),
        command_route("invoices", RevokeApiKey, revoke_api_key),
        command_route("invoices", OpenMatter, open_matter),
        command_route("invoices", ChangeMatter, change_matter),
        command_route("invoices", AssignMatterContact, assign_matter_contact),
        command_route("invoices", AddContact, add_contact),
        command_route("invoices", ChangeContact, change_contact),
        command_route("invoices", DraftInvoice, draft_invoice),
        command_route("invoices", ChangeDraft, change_draft),
        command_route("invoices", FinaliseInvoice, finalise_invoice),
    ],
)
