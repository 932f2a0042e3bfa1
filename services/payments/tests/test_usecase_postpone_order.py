"""Giving an order back: it locks as settling does, so that the two wait for one another and never for ever."""

import asyncio
from typing import Any

import pytest

from chassis.outcome import Done
from chassis.testing import eventually
from payments.domain.processor_answer import Succeeded, Unknown
from payments.store.charges import lock_charges
from payments.usecases.postpone_order import Patience, postpone_order
from payments.usecases.settle_order import settle_order

Firm = Any
IS_ANY_WAITING = """
select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')
"""


@pytest.mark.proves("P11")
@pytest.mark.parametrize("kind", ["charge", "refund"])
async def test_an_order_given_back_while_its_outcome_is_settled_waits_for_that_and_changes_nothing(
    firm: Firm, kind: str
) -> None:
    """Settling stands between its lock of the charge and its end of the order while the other one comes."""
    (invoice_id,) = await firm.bills(contact_id := firm.matter_id, 10_000)
    assert isinstance((await firm.pays(firm.wish(contact_id, {invoice_id: 10_000})))[0], Done)
    if kind == "refund":
        (charged,) = await firm.claims()
        await firm.settles(charged.order)
        assert isinstance(await firm.refunds(charged.order.charge_id, 4_000), Done)
    (claimed,) = await firm.claims()
    order = claimed.order

    async def give_back() -> None:
        async with firm.database.transaction() as tx:
            await postpone_order(tx, claimed, Unknown("no answer"), Patience((1.0,), 3600))

    async def is_any_waiting() -> bool:
        async with firm.database.reading() as tx:
            return bool(await tx.fetchval(IS_ANY_WAITING))

    async with firm.database.transaction() as tx:
        await lock_charges(tx, [(order.firm_id, order.charge_id)])
        giving_back = asyncio.create_task(give_back())
        await eventually(is_any_waiting)
        assert await settle_order(tx, order, Succeeded("ref_1", order.amount_minor, order.currency))
    await giving_back
    async with firm.database.reading() as tx:
        row = await tx.fetchrow("select state, last_heard from processor_orders where order_id = $1", order.order_id)
    assert tuple(row) == ("succeeded", None)
    await firm.books_agree()
