"""What notify tells others of deliveries: facts in the outbox, in the transaction of what they tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis import outbox
from chassis.database import Tx
from chassis.outcome import Cause
from contracts.message import Fact
from contracts.notify import CoveredItem, DeliveryAccepted, DeliveryFailed
from notify.domain.delivery import Delivery, Item
from notify.domain.news import invoice_ids_of


@dataclass(frozen=True, slots=True)
class Accepted:
    """A server took the message; `subject` is its subject line."""

    delivery: Delivery
    items: Sequence[Item]
    attempts: int
    subject: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class Failed:
    """The contact was not told, and why."""

    delivery: Delivery
    items: Sequence[Item]
    attempts: int
    reason: str


async def append_ends(tx: Tx, ends: Sequence[Accepted | Failed]) -> None:
    """Tell how deliveries ended, each as a consequence of the event that called for it."""
    await outbox.append(tx, [_cause(end.delivery).message(_fact(end)) for end in ends])


def _cause(delivery: Delivery) -> Cause:
    return Cause("notify", delivery.cause_id, delivery.firm_id, delivery.actor, delivery.correlation_id)


def _fact(end: Accepted | Failed) -> Fact:
    delivery = end.delivery
    covered = [_covered(item) for item in end.items]
    told_of = (*(item.invoice_id for item in end.items), *invoice_ids_of(delivery.news))
    invoice_ids = list(dict.fromkeys(told_of))
    if isinstance(end, Failed):
        return DeliveryFailed(
            delivery_id=delivery.delivery_id,
            contact_id=delivery.contact_id,
            kind=delivery.kind,
            template=delivery.template,
            items=covered,
            reason=end.reason[:2000],
            attempts=end.attempts,
            invoice_ids=invoice_ids,
        )
    return DeliveryAccepted(
        delivery_id=delivery.delivery_id,
        contact_id=delivery.contact_id,
        kind=delivery.kind,
        template=delivery.template,
        subject=end.subject[:998],
        items=covered,
        accepted_at=end.accepted_at,
        attempts=end.attempts,
        invoice_ids=invoice_ids,
    )


def _covered(item: Item) -> CoveredItem:
    return CoveredItem(
        invoice_id=item.invoice_id,
        version=item.version,
        share_id=item.share_id,
        generation=item.generation,
        channel=item.channel,
    )
