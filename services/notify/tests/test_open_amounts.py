"""Mails about an invoice beside what payments says of it: what is open, and no button to pay what is not."""

from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from chassis.health import Progress
from chassis.intake.guard import Guard
from chassis.testing.records import record_of
from contracts.payments import BalanceChanged
from notify.handlers import FACTS

Mailroom = Any
PAY = "https://pay.example/pay"
TOTAL_MINOR = 123_450


@pytest.fixture
def guard(room: Mailroom) -> Guard:
    """Notify's own intake of facts."""
    return Guard(room.database, FACTS, Progress())


def balance_of(act: Any, paid_minor: int, **more: Any) -> BalanceChanged:
    """What is owed on an act's invoice when so much was paid for it."""
    open_minor = TOTAL_MINOR - paid_minor
    made_up: dict[str, Any] = {
        "invoice_id": act[0].invoice_id,
        "version": 1,
        "currency": "USD",
        "total_minor": TOTAL_MINOR,
        "open_minor": open_minor,
        "payable_minor": open_minor,
        "settled_minor": paid_minor,
    }
    return BalanceChanged(**(made_up | more))


async def know(room: Mailroom, guard: Guard, balance: BalanceChanged, revision: int = 1) -> None:
    await guard.handle([record_of(balance, revision, firm=room.firm.firm_id, revision=revision)])


async def mailed(room: Mailroom) -> tuple[str, str]:
    """Both forms of the newest mail."""
    await room.send_due()
    mail = message_from_bytes(room.server.mails[-1].content, policy=default)
    forms = {
        part.get_content_type(): part.get_content().replace("\r\n", "\n")
        for part in mail.walk()
        if part.get_content_maintype() == "text"
    }
    text = forms["text/plain"]
    assert "\n\n\n" not in text
    return text, forms["text/html"]


@pytest.mark.proves("N1", "S7")
@pytest.mark.parametrize("channel", ["portal", "email"])
async def test_a_share_of_a_partly_paid_invoice_says_what_is_open(room: Mailroom, guard: Guard, channel: Any) -> None:
    act = room.act(channel=channel)
    await know(room, guard, balance_of(act, 100_000), revision=2)
    await know(room, guard, balance_of(act, 0), revision=1)
    await room.plan(act)
    await room.make_pdf(act)
    text, html = await mailed(room)
    assert "Total:   $1,234.50\nOpen:    $234.50\n" in text
    assert PAY in text
    assert f'href="{PAY}"' in html
    assert "$234.50 of $1,234.50 open" in html


@pytest.mark.proves("N1", "P1")
@pytest.mark.parametrize("channel", ["portal", "email"])
async def test_a_paid_invoice_has_no_button_to_pay_it(room: Mailroom, guard: Guard, channel: Any) -> None:
    act = room.act(channel=channel)
    await know(room, guard, balance_of(act, TOTAL_MINOR))
    await room.plan(act)
    await room.make_pdf(act)
    text, html = await mailed(room)
    assert "Open:    $0.00\n" in text
    assert PAY not in text + html


@pytest.mark.proves("N1", "P1")
async def test_an_invoice_of_nothing_has_no_button_to_pay_it(room: Mailroom) -> None:
    data, cause = room.act()
    await room.plan((data.model_copy(update={"total_minor": 0}), cause))
    text, html = await mailed(room)
    assert "Open:" not in text
    assert PAY not in text + html


@pytest.mark.proves("N1")
@pytest.mark.parametrize("more", [{"paid_minor": 0}, {"paid_minor": 100, "version": 2}], ids=["unpaid", "of another"])
async def test_what_is_open_is_said_only_of_the_same_version_and_where_it_is_not_the_total(
    room: Mailroom, guard: Guard, more: dict[str, int]
) -> None:
    act = room.act()
    await know(room, guard, balance_of(act, **more))
    await room.plan(act)
    text, _ = await mailed(room)
    assert "Open:" not in text
    assert PAY in text


@pytest.mark.proves("I4", "N1")
async def test_a_change_of_a_partly_paid_invoice_says_what_is_open_whichever_version_the_balance_is_of(
    room: Mailroom, guard: Guard
) -> None:
    act = room.act()
    await room.plan(act)
    await room.send_due()
    await know(room, guard, balance_of(act, 100_000))
    await room.edit(room.change_of(act, 2, 150_000))
    await room.close()
    text, html = await mailed(room)
    assert "New total: $1,500.00\nPaid:      $1,000.00\nOpen:      $500.00\n" in text
    assert PAY in text
    assert "$500.00" in html


@pytest.mark.proves("I4", "N1", "P12")
async def test_a_void_invoice_that_was_partly_paid_says_what_was_paid(room: Mailroom, guard: Guard) -> None:
    act = room.act()
    await room.plan(act)
    await room.send_due()
    await know(room, guard, balance_of(act, 30_000, refunded_minor=5_000))
    await room.edit(room.change_of(act, 1, TOTAL_MINOR, "voided", revision=2))
    await room.close()
    text, html = await mailed(room)
    words = "Of what was paid, $250.00 is not owed any more: please ask Rook & Partners about it."
    assert "Paid:      $250.00\n" in text
    assert words in text
    assert words.replace("&", "&amp;") in html
    assert "Open:" not in text
    assert PAY not in text + html


@pytest.mark.proves("I4", "P1")
async def test_an_invoice_credited_to_what_was_paid_has_no_button_to_pay_it(room: Mailroom, guard: Guard) -> None:
    act = room.act()
    await room.plan(act)
    await room.send_due()
    await know(room, guard, balance_of(act, 100_000))
    await room.edit(room.change_of(act, 1, TOTAL_MINOR, "credited", revision=2, credited_minor=23_450))
    await room.close()
    text, html = await mailed(room)
    assert "Total less credits: $1,000.00\nPaid:      $1,000.00\nOpen:      $0.00\n" in text
    assert PAY not in text + html
