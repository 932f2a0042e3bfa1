"""What payments listens to, and that whatever is asked of it has an answer."""

from typing import Any

import pytest

from chassis.ids import new_id
from chassis.intake.apply import apply_batch
from chassis.intake.reading import read
from contracts import topics
from contracts.payments import RefundCharge
from contracts.sharing import PortalShareSet, SavePortalShares
from payments.handlers import COMMANDS, FACTS

Firm = Any


def test_payments_reads_what_it_keeps_and_keeps_the_order_of_each_key() -> None:
    assert {*FACTS.topics} == {
        topics.FIRM,
        topics.API_KEY,
        topics.MATTER,
        topics.CONTACT,
        topics.INVOICE,
        topics.SHARE,
    }
    assert FACTS.is_ordered


@pytest.mark.proves("P5", "X1")
async def test_a_refund_by_topic_has_one_answer_and_one_effect_however_often_it_comes(firm: Firm) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    wish = firm.wish(contact_id, {invoice_id: 10_000})
    await firm.pays(wish)
    await firm.settles_all()
    charge = (await firm.story(wish.payment_id)).charges[0].charge
    command = RefundCharge(charge_id=charge.charge_id, refund_id=new_id(), amount_minor=400, reason="goodwill")
    record = firm.record(command, actor="service:accounting")
    for _ in range(2):
        async with firm.database.transaction() as tx:
            await apply_batch(tx, COMMANDS, [read(COMMANDS, record)])
    (answer,) = await firm.told("command-done")
    assert answer["result"]["amount_minor"] == 400
    await firm.settles_all()
    assert (await firm.balance(invoice_id)).open_minor == 400


@pytest.mark.proves("X1")
async def test_a_command_that_payments_does_not_know_has_one_answer_however_often_it_comes(firm: Firm) -> None:
    command = SavePortalShares(invoice_id=new_id(), wanted=PortalShareSet(contact_ids=[]))
    record = firm.record(command)
    readings = [read(COMMANDS, record), read(COMMANDS, record)]
    async with firm.database.transaction() as tx:
        await apply_batch(tx, COMMANDS, readings)
    (answer,) = await firm.announced()
    assert answer["type"] == "handbill.payments.command-rejected.v1"
    assert answer["data"]["slug"] == "unknown_command"
