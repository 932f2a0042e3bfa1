"""Mails about money, from facts through the real intake: one per conclusion, with everything in it."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from chassis.clock import now
from chassis.health import Progress
from chassis.ids import new_id
from chassis.intake.guard import Guard
from chassis.testing.records import record_of
from contracts.payments import ChargeRefunded, ChargeResult, PaymentConcluded
from notify.handlers import FACTS
from notify.store.delivery_list import DeliveryFilter, list_deliveries

Mailroom = Any


@pytest.fixture
def guard(room: Mailroom) -> Guard:
    """Notify's own intake of facts."""
    return Guard(room.database, FACTS, Progress())


def charge(number: str, amount_minor: int, state: Any, **more: Any) -> ChargeResult:
    return ChargeResult(
        charge_id=new_id(),
        invoice_id=new_id(),
        number=number,
        matter_name=f"Matter of {number}",
        amount_minor=amount_minor,
        state=state,
        reference=f"Rook {number}",
        **more,
    )


def concluded(**more: Any) -> PaymentConcluded:
    made_up: dict[str, Any] = {
        "payment_id": new_id(),
        "attempt": 1,
        "contact_id": new_id(),
        "name": "Ada Byron",
        "email": "ada@example.test",
        "locale": "en-US",
        "currency": "USD",
        "paid_minor": 10_000,
        "charges": [
            charge("R-1", 10_000, "succeeded"),
            charge("R-2", 20_000, "declined", decline_reason="insufficient_funds"),
            charge("R-3", 30_000, "unknown"),
        ],
        "concluded_at": now(),
    }
    return PaymentConcluded(**(made_up | more))


def plain(content: bytes) -> str:
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


@pytest.mark.proves("P2", "N1")
async def test_a_payment_is_confirmed_by_one_mail_with_every_charge(room: Mailroom, guard: Guard) -> None:
    await room.plan()
    fact, firm = concluded(), room.firm.firm_id
    event_id = new_id()
    await guard.handle([record_of(fact, 1, firm=firm, id=event_id), record_of(fact, 2, firm=firm, id=event_id)])
    await room.send_due()
    (taken,) = room.server.mails
    text = plain(taken.content)
    for words in (
        "Paid in all: $100.00",
        "Received:   $100.00\nOn your statement: Rook R-1",
        "Amount:     $200.00\nState:      Not paid: there was not enough money on the account",
        "Amount:     $300.00\nState:      Being processed",
        "Matter of R-3",
        "Each invoice is its own line on your statement",
    ):
        assert words in text
    assert room.gate.asked == []
    ((kind, told),) = await room.facts()
    assert (kind, told["items"]) == ("delivery-accepted", [])
    assert told["invoice_ids"] == [str(charge.invoice_id) for charge in fact.charges]


@pytest.mark.proves("P2", "P3")
async def test_another_attempt_of_a_payment_is_told_anew(room: Mailroom, guard: Guard) -> None:
    await room.plan()
    first = concluded()
    second = first.model_copy(update={"attempt": 2, "charges": [charge("R-2", 20_000, "succeeded")]})
    firm = room.firm.firm_id
    await guard.handle([record_of(first, 1, firm=firm), record_of(second, 2, firm=firm)])
    assert await room.send_due() == 2


@pytest.mark.proves("P2", "N5")
async def test_a_payer_without_an_address_is_recorded_as_not_told(room: Mailroom, guard: Guard) -> None:
    await room.plan()
    await guard.handle([record_of(concluded(email=None), 1, firm=room.firm.firm_id)])
    assert await room.send_due() == 0
    assert await room.state() == ("failed", "no_address")
    ((kind, told),) = await room.facts()
    assert (kind, len(told["invoice_ids"])) == ("delivery-failed", 3)


async def text_of(room: Mailroom, guard: Guard, fact: PaymentConcluded | ChargeRefunded) -> str:
    """The plain form of the one mail that a fact calls for."""
    await room.plan()
    await guard.handle([record_of(fact, 1, firm=room.firm.firm_id)])
    await room.send_due()
    (taken,) = room.server.mails
    text = plain(taken.content)
    assert "\n\n\n" not in text
    return text


@pytest.mark.proves("P2", "N1")
async def test_a_part_payment_says_what_was_received_and_what_is_still_open(room: Mailroom, guard: Guard) -> None:
    charges = [charge("R-1", 30_000, "succeeded", attempt=1, open_minor=54_620)]
    text = await text_of(room, guard, concluded(paid_minor=30_000, charges=charges))
    assert "Received:   $300.00\nStill open: $546.20\nOn your statement: Rook R-1\n" in text
    for words in ("State:", "Paid in all", "Each invoice is its own line", "try again"):
        assert words not in text


@pytest.mark.proves("P2", "N1")
async def test_a_whole_payment_says_that_the_invoice_is_paid(room: Mailroom, guard: Guard) -> None:
    charges = [charge("R-1", 30_000, "succeeded", attempt=1, open_minor=0)]
    text = await text_of(room, guard, concluded(paid_minor=30_000, charges=charges))
    assert "Received:   $300.00\nState:      Paid\nOn your statement: Rook R-1\n" in text
    assert "Still open" not in text


@pytest.mark.proves("P3", "N1")
async def test_the_confirmation_of_a_retry_tells_what_it_did_apart_from_what_was_paid_before(
    room: Mailroom, guard: Guard
) -> None:
    charges = [
        charge("R-1", 10_000, "succeeded", attempt=1, open_minor=0),
        charge("R-2", 26_000, "succeeded", attempt=1, open_minor=0),
        charge("R-3", 90_000, "succeeded", attempt=2, open_minor=0),
        charge("R-4", 8_554, "declined", attempt=2, open_minor=8_554, decline_reason="card_declined"),
        charge("R-5", 5_000, "declined", attempt=1, open_minor=5_000, decline_reason="card_declined"),
        charge("R-6", 6_000, "declined", attempt=1, open_minor=0, decline_reason="card_declined"),
    ]
    text = await text_of(room, guard, concluded(attempt=2, paid_minor=126_000, charges=charges))
    assert "Paid this time: $900.00\n" in text
    assert "Paid before, not charged again:\nInvoice R-1: $100.00\nInvoice R-2: $260.00\n" in text
    assert "Not tried again, and still not paid:\nInvoice R-5: $50.00\n\n" in text
    assert "You can try again what was not paid. What was paid will not be charged again." in text
    assert "1,260" not in text
    assert "Rook R-1" not in text


@pytest.mark.proves("P2", "N1")
async def test_a_mail_of_which_nothing_was_paid_says_nothing_of_what_was(room: Mailroom, guard: Guard) -> None:
    charges = [charge("R-1", 10_000, "declined", attempt=1, open_minor=10_000, decline_reason="card_declined")]
    text = await text_of(room, guard, concluded(paid_minor=0, charges=charges))
    assert "Your payment could not be made. Nothing was taken.\n" in text
    assert "You can try again.\nhttps://pay.example/pay\n" in text
    for words in ("Paid", "$0.00", "own line", "will not be charged again"):
        assert words not in text


@pytest.mark.proves("P3")
async def test_what_was_paid_by_other_means_meanwhile_is_not_to_be_tried_again(room: Mailroom, guard: Guard) -> None:
    charges = [charge("R-1", 10_000, "declined", attempt=1, open_minor=0, decline_reason="card_declined")]
    assert "try again" not in await text_of(room, guard, concluded(paid_minor=0, charges=charges))


@pytest.mark.proves("P2", "N1")
@pytest.mark.parametrize("reason", ["expired", "abandoned", "request_refused"])
async def test_no_bank_is_blamed_for_what_was_never_sent_to_it(room: Mailroom, guard: Guard, reason: str) -> None:
    charges = [charge("R-1", 10_000, "declined", decline_reason=reason)]
    text = await text_of(room, guard, concluded(paid_minor=0, charges=charges))
    assert "State:      Not paid: it could not be sent to the bank; nothing was taken\n" in text
    assert "the bank declined it" not in text


@pytest.mark.proves("P5", "N1", "N4")
async def test_a_refund_is_told_to_the_payer(room: Mailroom, guard: Guard) -> None:
    await room.plan()
    refunded = ChargeRefunded(
        invoice_id=new_id(),
        charge_id=new_id(),
        refund_id=new_id(),
        payment_id=new_id(),
        contact_id=new_id(),
        name="Ada Byron",
        email="ada@example.test",
        locale="en-US",
        number="R-1",
        currency="USD",
        amount_minor=2_500,
        reason="Billed twice",
        reference="Rook R-1",
        open_minor=3_000,
    )
    await guard.handle([record_of(refunded, 1, firm=room.firm.firm_id)])
    await room.send_due()
    ((_, told),) = await room.facts()
    assert told["invoice_ids"] == [str(refunded.invoice_id)]
    async with room.database.reading() as tx:
        for invoice_id, count in ((refunded.invoice_id, 1), (new_id(), 0)):
            found = await list_deliveries(tx, room.firm.firm_id, DeliveryFilter(invoice_id=invoice_id), 10)
            assert len(found) == count
    text = plain(room.server.mails[0].content)
    assert "With that, the invoice is open again." in text
    for words in (
        "Open now:  $30.00",
        "Paid back: $25.00",
        "Invoice:   R-1",
        "On your statement: Rook R-1",
        "Why:       Billed twice",
    ):
        assert words in text
