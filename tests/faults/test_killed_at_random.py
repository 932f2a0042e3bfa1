"""Every service killed -9 again and again while clients share, pay, revise and unshare by HTTP and by topic.

Method: a careful client repeats a request with its key until it has an answer; a system around Handbill sends commands
by topic and reads answers. Then the stack is left to settle: every command has one answer, every charge was made once,
every mail was sent under one Message-ID, and the books agree everywhere. The seed of a failed run is in its output.
Source: reliability invariants I1 to I11; mission P9, P10, S6, S7, X1.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from chassis.ids import new_id
from chassis.testing import eventually
from contracts.invoices import ReviseInvoice
from contracts.message import Command
from contracts.payments import PayInvoices
from contracts.sharing import PortalShareSet, ResendShares, RevokeShares, SavePortalShares
from stack.client.api import Answer
from stack.client.careful import until_answered
from stack.client.outage import every_process_ready, kill_at_random
from stack.client.paying import balance_of, books_difference, pay, payable_ids, payment_of
from stack.client.people import Person, meet
from stack.client.practice import Practice, expect, plain_terms
from stack.client.sharing import revoke_shares, share_by_email, shares_of
from stack.client.whole import Whole

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.fault,
    pytest.mark.timeout(420),
    pytest.mark.usefixtures("stack_is_sound"),
]

SERVICES = ("invoices", "sharing", "notify", "payments")
INVOICES = 12
TOTAL_MINOR = 10_000
PART_MINOR = 3_000


async def billed(whole: Whole) -> tuple[Person, Person, list[UUID]]:
    """Invoices that one contact has by e-mail, and another who has none of them."""
    matter_id = await whole.office.matter("Z-1", "In a storm")
    ada, bob = await meet(whole.office, "Ada", matter_id), await meet(whole.office, "Bob", matter_id)
    invoice_ids = [await whole.office.final_invoice(matter_id, plain_terms(TOTAL_MINOR)) for _ in range(INVOICES)]
    for invoice_id in invoice_ids:
        assert (await share_by_email(whole.office, invoice_id, [ada.contact_id])).status == 200

    async def listed() -> bool:
        return await payable_ids(whole.office, ada.contact_id) == set(invoice_ids)

    await eventually(listed, timeout_seconds=60)
    await whole.at_rest()
    return ada, bob, invoice_ids


async def pay_carefully(office: Practice, payment: PayInvoices) -> Answer:
    key = new_id()
    return await until_answered(lambda: pay(office, payment, idempotency_key=key), timeout_seconds=180)


async def revoke_carefully(office: Practice, invoice_id: UUID) -> Answer:
    key = new_id()
    return await until_answered(
        lambda: revoke_shares(office, invoice_id, channels=["portal"], idempotency_key=key), timeout_seconds=180
    )


def commands_for(invoice_ids: Sequence[UUID], ada: Person, bob: Person) -> list[Command]:
    """By topic: everyone gets the portal; the second half is told again, and its last ones lose the mail share."""
    half = INVOICES // 2
    in_portal = PortalShareSet(contact_ids=[ada.contact_id, bob.contact_id])
    return [
        *(SavePortalShares(invoice_id=invoice_id, wanted=in_portal) for invoice_id in invoice_ids),
        *(
            ResendShares(invoice_id=invoice_id, channel="email", contact_ids=[ada.contact_id])
            for invoice_id in invoice_ids[half:-2]
        ),
        *(RevokeShares(invoice_id=invoice_id, channels=["email"]) for invoice_id in invoice_ids[-2:]),
        *(
            ReviseInvoice(invoice_id=invoice_id, terms=plain_terms(TOTAL_MINOR - 500), reason="Half an hour less.")
            for invoice_id in invoice_ids[half:-2]
        ),
    ]


@pytest.mark.proves("P2", "P9", "P10", "S7", "X1", "N5", "I8")
async def test_whatever_dies_and_when_every_command_has_one_answer_and_the_books_balance(whole: Whole) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed of the kills: {seed}")  # noqa: T201 - shown where the test fails
    ada, bob, invoice_ids = await billed(whole)
    paid = invoice_ids[: INVOICES // 2]
    payments, by_topic = (
        [payment_of(ada.contact_id, {invoice_id: PART_MINOR}, "tok_ok") for invoice_id in paid for _ in range(times)]
        for times in (2, 1)
    )
    office = whole.office

    async with asyncio.TaskGroup() as at_once:
        killing = at_once.create_task(kill_at_random(SERVICES, rounds=3, seed=seed))
        paying = [at_once.create_task(pay_carefully(office, payment)) for payment in payments]
        asked = [
            await whole.watch.command(command, firm_id=office.firm_id, actor=office.actor)
            for command in (*commands_for(invoice_ids, ada, bob), *by_topic)
        ]
        revoking = [at_once.create_task(revoke_carefully(office, invoice_id)) for invoice_id in invoice_ids[-2:]]
        await killing
    await every_process_ready()
    assert [task.result().status for task in (*paying, *revoking)] == [202] * len(paying) + [200] * len(revoking)
    answers = [await whole.watch.answers(correlation_id, timeout_seconds=120) for correlation_id in asked]
    await whole.at_rest()

    assert {answer.type.split(".")[2] for (answer,) in answers} == {"command-done"}
    assert [len(await whole.watch.answers(correlation_id)) for correlation_id in asked] == [1] * len(asked)
    await money_agrees(whole, [*payments, *by_topic], paid)
    await shares_agree(whole, invoice_ids)
    await mails_agree(whole, invoice_ids, [ada, bob])


async def money_agrees(whole: Whole, payments: Sequence[PayInvoices], paid: Sequence[UUID]) -> None:
    """Each charge was made once, and payments, invoices and the ledger say the same of it."""
    charges = [charge for each in payments for charge in (await whole.concluded(each.payment_id)).values()]
    assert {charge["state"] for charge in charges} == {"succeeded"}
    ids = {charge["charge_id"] for charge in charges}
    assert len(ids) == len(payments)
    assert await whole.charged(ids) == Counter(ids)
    for invoice_id in paid:
        balance = await balance_of(whole.office, invoice_id)
        shown = (await whole.office.api.get("invoices", f"/v1/invoices/{invoice_id}")).body["balance"]
        assert (balance["settled_minor"], balance["processing_minor"]) == (3 * PART_MINOR, 0)
        assert balance["open_minor"] == TOTAL_MINOR - 3 * PART_MINOR
        assert {name: balance[name] for name in shown} == shown
    assert set((await books_difference(whole.office)).values()) == {0}


async def shares_agree(whole: Whole, invoice_ids: Sequence[UUID]) -> None:
    """Sharing, the indicator and the payment page say the same."""
    for invoice_id in invoice_ids:
        active = [share for share in await shares_of(whole.office, invoice_id) if share["state"] == "active"]
        shown = (await whole.office.api.get("invoices", f"/v1/invoices/{invoice_id}")).body
        assert shown["is_shared"] is any(share["channel"] == "portal" for share in active)
        for contact_id in {share["contact_id"] for share in active}:
            assert invoice_id in await payable_ids(whole.office, UUID(contact_id))


async def mails_agree(whole: Whole, invoice_ids: Sequence[UUID], people: Sequence[Person]) -> None:
    """Each delivery that was accepted is one message in the mailbox, however often it came; and no other is there."""
    received: set[str] = set()
    for person in people:
        received |= {str(mail.message["Message-ID"]) for mail in await whole.post.mails(person)}
    assert received == {
        opened["content"]["message_id"]
        for person in people
        for opened in await deliveries_of(whole.office, person)
        if opened["delivery"]["state"] == "accepted"
    }


async def deliveries_of(office: Practice, person: Person) -> list[dict[str, Any]]:
    listed = await office.api.get("notify", "/v1/deliveries", contact_id=str(person.contact_id), limit=200)
    found = expect("list deliveries", 200, listed).body
    assert found["next"] is None
    return [
        expect("open delivery", 200, await office.api.get("notify", f"/v1/deliveries/{each['delivery_id']}")).body
        for each in found["items"]
    ]
