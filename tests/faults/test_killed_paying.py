"""Payments while the charger, the processor or the gate dies: each charge is made once, and nobody is left in doubt.

Method: a service is replaced by one that is killed at a named line, or taken away for a while; what the processor did
is read in its own journal. Source: reliability invariants I9, I10, I11; mission P5, P9, P11, S7.
"""

import asyncio
import signal
from collections import Counter
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.ids import new_id
from chassis.testing import eventually
from stack.client.paying import balance_of, books_difference, pay, payment_of, payment_shown, refund
from stack.client.people import Person
from stack.client.stand_in import stand_in
from stack.client.whole import Whole
from stack.control import Control

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.fault,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("stack_is_sound"),
]

IMPATIENT = {
    "HANDBILL_PROCESSOR_TIMEOUT_SECONDS": "1",
    "HANDBILL_CHARGER_LEASE_SECONDS": "3",
    "HANDBILL_UNKNOWN_PAUSES_SECONDS": "0.5",
}


async def is_paid_once(whole: Whole, payment_id: UUID, person: Person) -> None:
    """One charge at the processor, one fact, one confirmation, and books that agree."""
    charges = await whole.concluded(payment_id)
    assert {charge["state"] for charge in charges.values()} == {"succeeded"}
    await whole.at_rest()
    ids = {charge["charge_id"] for charge in charges.values()}
    assert await whole.charged(ids) == Counter(ids)
    settled = whole.watch.of_firm(whole.office.firm_id, "payments.charge-settled")
    for invoice_id, charge in charges.items():
        assert [fact.data["charge_id"] for fact in settled if fact.key == invoice_id] == [charge["charge_id"]]
        balance = await balance_of(whole.office, UUID(invoice_id))
        assert (balance["settled_minor"], balance["processing_minor"]) == (charge["amount_minor"], 0)
    assert set((await books_difference(whole.office)).values()) == {0}
    confirmations = [mail for mail in await whole.post.mails(person) if "Your payment" in mail.subject]
    assert len({mail.message["Message-ID"] for mail in confirmations}) == 1


@pytest.mark.proves("P9", "P11")
@pytest.mark.parametrize(
    ("line", "method_token"),
    [
        ("charger.before_call", "tok_ok"),
        ("charger.after_call", "tok_ok"),
        ("while it is silent", "tok_timeout_after_charge"),
    ],
)
async def test_a_charger_killed_before_during_or_after_the_answer_has_charged_once(
    whole: Whole, line: str, method_token: str
) -> None:
    invoice_id, ada = await whole.payable_invoice(20_000)
    payment = payment_of(ada.contact_id, {invoice_id: 11_000}, method_token)
    failpoint = f"{line}:kill" if line.startswith("charger.") else ""
    async with stand_in("payments", whole.addresses, HANDBILL_FAILPOINT=failpoint, **IMPATIENT) as doomed:
        answer = await pay(whole.office, payment)
        assert answer.status == 202, answer
        if not failpoint:
            (charge,) = answer.body["charges"]
            await eventually(lambda: whole.charged({charge["charge_id"]}))
            doomed.kill()
        assert await asyncio.wait_for(doomed.wait(), 60) == -signal.SIGKILL

    await is_paid_once(whole, payment.payment_id, ada)


@pytest.mark.proves("P9", "P11")
async def test_a_processor_that_charges_and_falls_silent_or_fails_is_asked_and_charges_once(whole: Whole) -> None:
    tokens = ["tok_timeout_after_charge", "tok_500_after_charge", "tok_timeout_before_charge"]
    bills = [await whole.payable_invoice(20_000) for _ in tokens]
    payments = [
        payment_of(ada.contact_id, {invoice_id: 12_000}, token)
        for token, (invoice_id, ada) in zip(tokens, bills, strict=True)
    ]
    for payment in payments:
        assert (await pay(whole.office, payment)).status == 202

    for payment, (_, ada) in zip(payments, bills, strict=True):
        await is_paid_once(whole, payment.payment_id, ada)


@pytest.mark.proves("P5", "P11")
async def test_a_refund_that_was_made_without_an_answer_is_found_out_and_made_once(whole: Whole) -> None:
    invoice_id, ada = await whole.payable_invoice(20_000)
    payment = payment_of(ada.contact_id, {invoice_id: 20_000}, "tok_refund_500_after_refund")
    await pay(whole.office, payment)
    charge = (await whole.concluded(payment.payment_id))[str(invoice_id)]

    assert (await refund(whole.office, charge["charge_id"], 1_200)).status == 202

    async def is_given_back() -> bool:
        return (await balance_of(whole.office, invoice_id))["refunded_minor"] == 1_200

    await eventually(is_given_back, timeout_seconds=60)
    await whole.at_rest()
    entries = (await whole.http.get(f"{whole.addresses.url_of('processor')}/v1/journal")).json()["entries"]
    refunds = [entry for entry in entries if entry["order"].get("charge_ref") == charge["provider_ref"]]
    assert [(entry["status"], entry["order"]["amount_minor"]) for entry in refunds] == [("succeeded", 1_200)]


@pytest.mark.proves("P1", "P9", "P11")
async def test_while_the_processor_is_away_a_payment_waits_marked_as_processing_and_is_then_made_once(
    whole: Whole,
) -> None:
    invoice_id, ada = await whole.payable_invoice(20_000)
    payment = payment_of(ada.contact_id, {invoice_id: 13_000}, "tok_ok")
    with Control.of_test_stack() as control:
        await asyncio.to_thread(control.stop, "processor")
        try:
            assert (await pay(whole.office, payment)).status == 202

            async def is_unknown() -> bool:
                (charge,) = (await payment_shown(whole.office, payment.payment_id))["charges"]
                return charge["state"] == "unknown"

            await eventually(is_unknown)
            assert await standing(whole, invoice_id) == {"processing_minor": 13_000, "payable_minor": 7_000}
            again = payment_of(ada.contact_id, {invoice_id: 13_000}, "tok_ok")
            assert (await pay(whole.office, again)).body["slug"] == "amount_exceeds_payable"
        finally:
            await asyncio.to_thread(control.start, "processor")

    await is_paid_once(whole, payment.payment_id, ada)


@pytest.mark.proves("S7", "P9")
async def test_while_the_gate_is_away_no_payment_starts_and_nothing_is_held(whole: Whole) -> None:
    invoice_id, ada = await whole.payable_invoice(20_000)
    payment = payment_of(ada.contact_id, {invoice_id: 14_000}, "tok_ok")
    key = new_id()
    with Control.of_test_stack() as control:
        await asyncio.to_thread(control.stop, "sharing")
        try:
            answer = await pay(whole.office, payment, idempotency_key=key)
            assert (answer.status, answer.body["slug"]) == (503, "unavailable")
            assert answer.body["type"] == "urn:handbill:problem:unavailable"
            assert await standing(whole, invoice_id) == {"processing_minor": 0, "payable_minor": 20_000}
            assert await payment_shown(whole.office, payment.payment_id) == {}
        finally:
            await asyncio.to_thread(control.start, "sharing")

    assert (await pay(whole.office, payment, idempotency_key=key)).status == 202
    await is_paid_once(whole, payment.payment_id, ada)


@pytest.mark.proves("S7", "P9", "X1")
async def test_while_the_gate_is_away_a_payment_by_topic_waits_and_is_then_answered_once(whole: Whole) -> None:
    invoice_id, ada = await whole.payable_invoice(20_000)
    payment = payment_of(ada.contact_id, {invoice_id: 15_000}, "tok_ok")
    with Control.of_test_stack() as control:
        await asyncio.to_thread(control.stop, "sharing")
        try:
            asked = await whole.watch.command(payment, firm_id=whole.office.firm_id, actor=whole.office.actor)

            async def was_put_off() -> bool:
                return await tries_of(whole, asked) > 1

            await eventually(was_put_off, timeout_seconds=60)
            assert await standing(whole, invoice_id) == {"processing_minor": 0, "payable_minor": 20_000}
        finally:
            await asyncio.to_thread(control.start, "sharing")

    (answer,) = await whole.watch.answers(asked, timeout_seconds=60)
    assert answer.data["result"]["payment_id"] == str(payment.payment_id)
    await is_paid_once(whole, payment.payment_id, ada)
    assert len(await whole.watch.answers(asked)) == 1


async def tries_of(whole: Whole, command_id: UUID) -> int:
    connection = await asyncpg.connect(whole.addresses.dsn_of("payments"))
    try:
        query = "select coalesce(max(tries), 0) from asked_payments where command_id = $1"
        return await connection.fetchval(query, command_id)
    finally:
        await connection.close()


async def standing(whole: Whole, invoice_id: UUID) -> dict[str, Any]:
    balance = await balance_of(whole.office, invoice_id)
    return {name: balance[name] for name in ("processing_minor", "payable_minor")}
