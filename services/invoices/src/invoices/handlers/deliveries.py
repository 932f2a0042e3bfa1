"""Facts of notify: what became of e-mails and texts about an invoice."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Tx
from chassis.intake.route import Received
from contracts.notify import DeliveryAccepted, DeliveryFailed
from invoices.handlers.entries import entry_of
from invoices.usecases.record_deliveries import record_deliveries


async def on_delivery_accepted(tx: Tx, facts: Sequence[Received[DeliveryAccepted]]) -> None:
    """Tell that a receiving server took a message."""
    await record_deliveries(
        tx,
        [
            entry_of(
                fact.envelope, invoice_id, "delivery_accepted", _delivery(fact.data) | {"subject": fact.data.subject}
            )
            for fact in facts
            for invoice_id in _told_of(fact.data)
        ],
    )


async def on_delivery_failed(tx: Tx, facts: Sequence[Received[DeliveryFailed]]) -> None:
    """Tell that a message did not get through."""
    await record_deliveries(
        tx,
        [
            entry_of(fact.envelope, invoice_id, "delivery_failed", _delivery(fact.data) | {"reason": fact.data.reason})
            for fact in facts
            for invoice_id in _told_of(fact.data)
        ],
    )


def _delivery(data: DeliveryAccepted | DeliveryFailed) -> dict[str, str | int]:
    """Tell of a delivery; its exact content opens by its id."""
    return {
        "delivery_id": str(data.delivery_id),
        "contact_id": str(data.contact_id),
        "kind": data.kind,
        "template": data.template,
        "attempts": data.attempts,
    }


def _told_of(data: DeliveryAccepted | DeliveryFailed) -> list[UUID]:
    """Each invoice that a delivery tells of, once: by its shares, or by a payment that the mail is about."""
    return list(dict.fromkeys([*(item.invoice_id for item in data.items), *data.invoice_ids]))
