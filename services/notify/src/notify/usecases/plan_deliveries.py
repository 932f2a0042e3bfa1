"""Tell every contact of a share act, once (mission N1, N2). Who has no address is recorded as not told (N5).

Planned even where the firm has not arrived here yet: the delivery waits for it.
"""

from collections.abc import Sequence

from chassis.database import Tx
from chassis.ids import new_id
from chassis.outcome import Cause
from chassis.tracing import current_traceparent
from contracts.sharing import InvoiceShared, Shared
from notify.domain.delivery import Item
from notify.domain.planning import ShareAct, Told, plan_act
from notify.domain.share import Share
from notify.store.contacts import find_contacts
from notify.store.deliveries import insert_deliveries
from notify.store.delivery_facts import Failed, append_ends
from notify.store.delivery_items import insert_items
from notify.store.shares import begin_shares


async def plan_deliveries(tx: Tx, acts: Sequence[tuple[InvoiceShared, Cause]]) -> None:
    """Plan one delivery per contact and act, in the caller's transaction. Safe to repeat, by the send key."""
    await begin_shares(tx, [share for data, cause in acts for share in _shares(data, cause)])
    contacts = await find_contacts(
        tx, [(cause.firm_id, shared.contact_id) for data, cause in acts for shared in data.shares]
    )
    planned = [plan for data, cause in acts for plan in plan_act(_act(data, cause), contacts, new_id)]
    inserted = await insert_deliveries(tx, [plan.delivery for plan in planned])
    new = [plan for plan in planned if plan.delivery.delivery_id in inserted]
    await insert_items(tx, new)
    untold = [plan for plan in new if plan.delivery.recipient_email is None]
    await append_ends(tx, [Failed(plan.delivery, plan.items, 0, "no_address") for plan in untold])


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
    )
