"""Tell every contact of a share act, once (mission N1, N2, S3, S7). Who has no address is recorded as not told (N5).

Planned even where the firm, or the PDF that goes with it, has not arrived here yet: the delivery waits for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Tx
from chassis.ids import new_id
from chassis.outcome import Cause
from chassis.tracing import current_traceparent
from contracts.sharing import InvoiceShared, Shared
from notify.domain.changes import LastAct, is_news
from notify.domain.delivery import Item
from notify.domain.planning import ShareAct, Told, plan_act
from notify.domain.share import Share
from notify.store.change_windows import lock_invoices, open_windows
from notify.store.contacts import find_contacts
from notify.store.invoice_changes import list_changes
from notify.store.plans import insert_plans
from notify.store.share_acts import upsert_share_acts
from notify.store.shares import begin_shares


@dataclass(frozen=True, slots=True)
class ToldAct:
    """A share act as it arrived. `shared_at` is by the clock of who shared, so that nothing is decided by it."""

    data: InvoiceShared
    cause: Cause
    shared_at: datetime


async def plan_deliveries(tx: Tx, acts: Sequence[ToldAct]) -> None:
    """Plan one delivery per contact and act, in the caller's transaction. Safe to repeat, by the send key."""
    await lock_invoices(tx, {(act.cause.firm_id, act.data.invoice_id) for act in acts})
    await begin_shares(tx, [share for act in acts for share in _shares(act.data, act.cause)])
    await _catch_up(tx, [kept for act in acts for kept in _kept(act)])
    contacts = await find_contacts(
        tx, [(act.cause.firm_id, shared.contact_id) for act in acts for shared in act.data.shares]
    )
    await insert_plans(tx, [plan for act in acts for plan in plan_act(_act(act.data, act.cause), contacts, new_id)])


async def _catch_up(tx: Tx, acts: Sequence[LastAct]) -> None:
    """Keep what is told now. An edit that the act did not know of and that was here first is told after its window."""
    invoices = {(act.firm_id, act.invoice_id) for act in acts}
    await upsert_share_acts(tx, acts)
    edits = await list_changes(tx, invoices)
    late = {
        (act.firm_id, act.invoice_id)
        for act in acts
        for edit in edits
        if (edit.firm_id, edit.invoice_id) == (act.firm_id, act.invoice_id) and is_news(edit, act)
    }
    if late:
        await open_windows(tx, late)


def _shares(data: InvoiceShared, cause: Cause) -> list[Share]:
    return [
        Share(
            cause.firm_id,
            shared.share_id,
            shared.generation,
            data.invoice_id,
            shared.contact_id,
            data.channel,
            "active",
        )
        for shared in data.shares
    ]


def _kept(act: ToldAct) -> list[LastAct]:
    data = act.data
    return [
        LastAct(
            firm_id=act.cause.firm_id,
            share_id=shared.share_id,
            generation=shared.generation,
            invoice_id=data.invoice_id,
            contact_id=shared.contact_id,
            channel=data.channel,
            version=data.version,
            matter_name=data.matter_name,
            comments=data.comments,
            on_payment_page=data.on_payment_page,
            invoice_revision=data.invoice_revision,
            name=shared.name,
            email=shared.email,
            locale=shared.locale,
            shared_at=act.shared_at,
        )
        for shared in data.shares
    ]


def _act(data: InvoiceShared, cause: Cause) -> ShareAct:
    return ShareAct(
        firm_id=cause.firm_id,
        event_id=cause.message_id,
        actor=cause.actor,
        correlation_id=cause.correlation_id,
        traceparent=current_traceparent(),
        channel=data.channel,
        message=data.message,
        told=tuple(
            Told(shared.contact_id, shared.name, shared.email, shared.locale, _item(data, shared))
            for shared in data.shares
        ),
    )


def _item(data: InvoiceShared, shared: Shared) -> Item:
    return Item(
        invoice_id=data.invoice_id,
        version=data.version,
        share_id=shared.share_id,
        generation=shared.generation,
        channel=data.channel,
        number=data.number,
        matter_name=data.matter_name,
        currency=data.currency,
        total_minor=data.total_minor,
        due_on=data.due_on,
        pdf_comments=data.comments if data.channel == "email" else None,
        on_payment_page=data.on_payment_page,
    )
