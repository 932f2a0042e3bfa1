"""What notify tells of an invoice, through the real consumer: each mail in the history of all that it is about."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from chassis.ids import new_id
from contracts.notify import CoveredItem, DeliveryAccepted, DeliveryFailed

Firm = Any
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CONTACT = new_id()


@pytest.mark.proves("I7")
async def test_a_delivery_that_failed_is_told_in_every_invoice_that_it_was_about(
    firm: Firm, client: httpx.AsyncClient
) -> None:
    invoice_ids = [await firm.final(), await firm.final()]
    failed = DeliveryFailed(
        delivery_id=new_id(),
        contact_id=new_id(),
        kind="email",
        template="portal_share",
        items=[
            CoveredItem(invoice_id=invoice_id, version=1, share_id=new_id(), generation=1, channel="portal")
            for invoice_id in invoice_ids
        ],
        reason="550 no such user",
        attempts=3,
    )
    await firm.hears(firm.record(failed))
    for invoice_id in invoice_ids:
        (entry,) = [e for e in await firm.history(client, invoice_id) if e["kind"] == "delivery_failed"]
        assert (entry["summary"]["reason"], entry["summary"]["attempts"]) == ("550 no such user", 3)


@pytest.mark.proves("I7", "P2")
async def test_the_mail_about_a_payment_stands_in_the_history_of_each_of_its_invoices(
    firm: Firm, client: httpx.AsyncClient
) -> None:
    invoice_ids, unrelated_id = [await firm.final() for _ in range(3)], await firm.final()
    said: dict[str, Any] = {"contact_id": CONTACT, "kind": "email", "items": [], "attempts": 1}
    confirmed = DeliveryAccepted(
        delivery_id=new_id(),
        template="payment_concluded",
        subject="Your payment",
        accepted_at=AT,
        invoice_ids=invoice_ids,
        **said,
    )
    refused = DeliveryFailed(
        delivery_id=new_id(), template="charge_refunded", reason="no_address", invoice_ids=invoice_ids[:1], **said
    )
    records = [firm.record(confirmed), firm.record(refused)]
    for _ in range(2):
        await firm.hears(*records)
    kinds = [[entry["kind"] for entry in await firm.history(client, each)] for each in (*invoice_ids, unrelated_id)]
    assert [sorted(kind for kind in those if kind.startswith("delivery")) for those in kinds] == [
        ["delivery_accepted", "delivery_failed"],
        ["delivery_accepted"],
        ["delivery_accepted"],
        [],
    ]
