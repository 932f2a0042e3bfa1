"""What payments tells of an invoice, through the real consumer: one timeline with everything else, in order."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.ids import new_id
from chassis.parked import RawRecord
from contracts.message import Fact
from contracts.payments import (
    ChargeDeclined,
    ChargeRefunded,
    ChargeResult,
    ChargeSettled,
    PaymentConcluded,
    PaymentStarted,
    RefundDeclined,
)
from invoices.handlers import FACTS

Firm = Any
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PAYMENT, CONTACT = UUID(int=71), UUID(int=72)


def _result(invoice_id: UUID, state: Any, amount_minor: int) -> ChargeResult:
    return ChargeResult(
        charge_id=new_id(),
        invoice_id=invoice_id,
        number="INV-000001",
        matter_name="Estate of M. Okafor",
        amount_minor=amount_minor,
        state=state,
    )


def _concluded(attempt: int, paid_minor: int, charges: Sequence[ChargeResult]) -> PaymentConcluded:
    return PaymentConcluded(
        payment_id=PAYMENT,
        attempt=attempt,
        contact_id=CONTACT,
        name="Anna Okafor",
        email="anna.okafor@mail.example",
        locale="en-US",
        currency="USD",
        paid_minor=paid_minor,
        charges=list(charges),
        concluded_at=AT,
    )


def _in_order(firm: Firm, facts: Sequence[Fact]) -> list[RawRecord]:
    """Records of these facts, each a second after the one before, and caused by it."""
    causation, records = None, []
    for seconds, fact in enumerate(facts):
        records.append(
            firm.record(fact, actor="service:payments", at=AT + timedelta(days=1, seconds=seconds), causation=causation)
        )
        causation = firm.last_message_id
    return records


@pytest.mark.proves("I7")
async def test_charges_refunds_and_payments_are_told_in_order_with_their_cause(
    firm: Firm, client: httpx.AsyncClient
) -> None:
    invoice_id, other_id = await firm.final(), await firm.final()
    charge = {
        "invoice_id": invoice_id,
        "charge_id": new_id(),
        "payment_id": PAYMENT,
        "contact_id": CONTACT,
        "currency": "USD",
    }
    paid, other = _result(invoice_id, "succeeded", 10_000), _result(other_id, "succeeded", 2_000)
    refund = ChargeRefunded(
        **charge,
        refund_id=new_id(),
        name="Anna Okafor",
        email=None,
        locale="en-US",
        number="INV-000001",
        amount_minor=4_000,
        reason="Goodwill",
        reference="re_1",
    )
    refused = RefundDeclined(**charge, refund_id=new_id(), amount_minor=3_000, reason="card_closed")
    records = _in_order(
        firm,
        [
            ChargeDeclined(**charge, amount_minor=10_000, reason="insufficient_funds"),
            _concluded(1, 2_000, [_result(invoice_id, "declined", 10_000), other]),
            ChargeSettled(**charge, amount_minor=10_000, reference="ch_1"),
            _concluded(2, 12_000, [paid, other]),
            refused,
            refund,
        ],
    )
    for record in [*records, *records]:
        await firm.hears(record)
    told = [entry for entry in await firm.history(client, invoice_id) if entry["actor"] == "service:payments"]
    assert [entry["kind"] for entry in told] == [
        "charge_declined",
        "payment_concluded",
        "charge_settled",
        "payment_concluded",
        "refund_declined",
        "charge_refunded",
    ]
    assert [entry["caused_by"] for entry in told[1:]] == [entry["entry_id"] for entry in told[:-1]]
    sums = [(entry["summary"]["amount_minor"], entry["summary"].get("state")) for entry in told]
    assert sums[:4] == [(10_000, None), (10_000, "declined"), (10_000, None), (10_000, "succeeded")]
    assert told[0]["summary"]["reason"] == "insufficient_funds"
    assert (told[3]["summary"]["attempt"], told[3]["summary"]["paid_minor"]) == (2, 12_000)
    assert (told[4]["summary"]["amount_minor"], told[4]["summary"]["reason"]) == (3_000, "card_closed")
    assert (told[5]["summary"]["amount_minor"], told[5]["summary"]["reason"]) == (4_000, "Goodwill")
    assert told[5]["summary"]["reference"] == "re_1"
    assert "Anna" not in str(told)
    others = [entry["kind"] for entry in await firm.history(client, other_id)]
    assert sorted(others) == ["created", "finalised", "payment_concluded", "payment_concluded"]


@pytest.mark.proves("I7")
async def test_a_payment_under_way_is_told_and_is_the_cause_of_what_becomes_of_its_charges(
    firm: Firm, client: httpx.AsyncClient
) -> None:
    """The charge's topic may bring its outcome first: the timeline is in the order of what happened all the same."""
    invoice_id, other_id = await firm.final(), await firm.final()
    charges = [_result(invoice_id, "submitted", 10_000), _result(other_id, "submitted", 2_000)]
    settled = ChargeSettled(
        invoice_id=invoice_id,
        charge_id=charges[0].charge_id,
        payment_id=PAYMENT,
        contact_id=CONTACT,
        currency="USD",
        amount_minor=10_000,
        reference="ch_1",
    )
    started = PaymentStarted(payment_id=PAYMENT, contact_id=CONTACT, currency="USD", charges=charges)
    records = _in_order(firm, [started, settled])
    for record in (*reversed(records), *records):
        await firm.hears(record)
    first, second = [entry for entry in await firm.history(client, invoice_id) if entry["actor"] == "service:payments"]
    assert (first["kind"], second["kind"]) == ("payment_started", "charge_settled")
    assert second["caused_by"] == first["entry_id"]
    assert first["summary"] == {
        "payment_id": str(PAYMENT),
        "contact_id": str(CONTACT),
        "charge_id": str(charges[0].charge_id),
        "currency": "USD",
        "amount_minor": 10_000,
    }
    (other,) = [entry for entry in await firm.history(client, other_id) if entry["actor"] == "service:payments"]
    assert (other["kind"], other["entry_id"]) == ("payment_started", first["entry_id"])
    assert other["summary"]["amount_minor"] == 2_000


@pytest.mark.proves("I7")
async def test_a_batch_of_charges_on_many_invoices_is_told_once_each(firm: Firm, client: httpx.AsyncClient) -> None:
    invoice_ids = [await firm.final() for _ in range(3)]
    records = [
        firm.record(
            ChargeSettled(
                invoice_id=invoice_id,
                charge_id=new_id(),
                payment_id=PAYMENT,
                contact_id=CONTACT,
                currency="USD",
                amount_minor=100 + number,
                reference=f"ch_{number}",
            )
        )
        for number in range(4)
        for invoice_id in invoice_ids
    ]
    await firm.hears(*records, *records[:5], consumer=FACTS)
    for invoice_id in invoice_ids:
        settled = [e for e in await firm.history(client, invoice_id) if e["kind"] == "charge_settled"]
        assert {entry["summary"]["amount_minor"] for entry in settled} == {100, 101, 102, 103}
        assert len(settled) == 4
