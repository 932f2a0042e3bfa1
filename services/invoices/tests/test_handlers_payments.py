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
from contracts.payments import ChargeDeclined, ChargeRefunded, ChargeResult, ChargeSettled, PaymentConcluded
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


async def _history(firm: Firm, client: httpx.AsyncClient, invoice_id: UUID) -> list[dict[str, Any]]:
    response = await client.get(f"/v1/invoices/{invoice_id}/history", headers=firm.headers)
    assert response.status_code == 200, response.text
    return response.json()["items"]


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
    records = _in_order(
        firm,
        [
            ChargeDeclined(**charge, amount_minor=10_000, reason="insufficient_funds"),
            _concluded(1, 2_000, [_result(invoice_id, "declined", 10_000), other]),
            ChargeSettled(**charge, amount_minor=10_000, reference="ch_1"),
            _concluded(2, 12_000, [paid, other]),
            refund,
        ],
    )
    for record in [*records, *records]:
        await firm.hears(record)
    told = [entry for entry in await _history(firm, client, invoice_id) if entry["actor"] == "service:payments"]
    assert [entry["kind"] for entry in told] == [
        "charge_declined",
        "payment_concluded",
        "charge_settled",
        "payment_concluded",
        "charge_refunded",
    ]
    assert [entry["caused_by"] for entry in told[1:]] == [entry["entry_id"] for entry in told[:-1]]
    sums = [(entry["summary"]["amount_minor"], entry["summary"].get("state")) for entry in told]
    assert sums == [(10_000, None), (10_000, "declined"), (10_000, None), (10_000, "succeeded"), (4_000, None)]
    assert told[0]["summary"]["reason"] == "insufficient_funds"
    assert (told[3]["summary"]["attempt"], told[3]["summary"]["paid_minor"]) == (2, 12_000)
    assert (told[4]["summary"]["reason"], told[4]["summary"]["reference"]) == ("Goodwill", "re_1")
    assert "Anna" not in str(told)
    others = [entry["kind"] for entry in await _history(firm, client, other_id)]
    assert sorted(others) == ["created", "finalised", "payment_concluded", "payment_concluded"]


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
        settled = [e for e in await _history(firm, client, invoice_id) if e["kind"] == "charge_settled"]
        assert {entry["summary"]["amount_minor"] for entry in settled} == {100, 101, 102, 103}
        assert len(settled) == 4
