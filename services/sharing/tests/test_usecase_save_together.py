"""Saving several sets in one batch or at once, on a real database."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.database import Tx
from chassis.ids import new_id
from chassis.outcome import Done, NotYetKnown
from chassis.testing.eventually import eventually
from sharing.store.invoices import lock_invoices
from sharing.store.matters import lock_matters
from sharing.usecases.share_invoices import share_invoices


async def test_one_refusal_in_a_batch_leaves_the_others_alone(world: Any) -> None:
    ada, ben = await world.people(2)
    first, draft, last = await world.invoice(), await world.draft(), await world.invoice()
    async with world.transaction() as tx:
        outcomes = await share_invoices(
            tx, [world.request(first, [ada]), world.request(draft, [ada]), world.request(last, [ben])]
        )
    assert [type(outcome) for outcome in outcomes] == [Done, NotYetKnown, Done]
    assert [fact["invoice_id"] for _, fact in await world.said()] == [str(first), str(last)]


@pytest.mark.proves("S1")
async def test_two_who_save_at_once_are_served_one_after_the_other(world: Any) -> None:
    people = await world.people(4)
    invoice_id = await world.invoice()
    now_open: set[UUID] = set()
    for _ in range(5):
        sets = [people[:2], people[2:], [people[0], people[3]], []]
        await asyncio.gather(*(world.save(invoice_id, contact_ids) for contact_ids in sets))
        now_open = {contact for contact, (state, _) in (await world.states(invoice_id)).items() if state == "active"}
        assert now_open in [set(contact_ids) for contact_ids in sets]
    have_it: dict[str, int] = {}
    for kind, fact in await world.said():
        for share in fact["shares"]:
            contact = share["contact_id"]
            if kind == "invoice-shared":
                assert contact not in have_it, "told of what they had"
                have_it[contact] = share["generation"]
            else:
                assert have_it.pop(contact) == share["generation"], "revoked another generation"
    assert {UUID(contact) for contact in have_it} == now_open


async def test_batches_over_the_same_invoices_in_other_orders_do_not_deadlock(world: Any) -> None:
    ada, ben = await world.people(2)
    invoices = [await world.invoice() for _ in range(8)]

    async def save_all(contact_ids: list[UUID], order: list[UUID]) -> None:
        async with world.transaction() as tx:
            await share_invoices(tx, [world.request(invoice_id, contact_ids) for invoice_id in order])

    await asyncio.gather(*(
        save_all(contact_ids, order)
        for contact_ids in ([ada], [ben], [ada, ben])
        for order in (invoices, invoices[::-1])
    ))  # fmt: skip
    assert len({frozenset((await world.states(invoice_id)).items()) for invoice_id in invoices}) == 1


async def test_facts_take_their_locks_in_the_order_of_those_who_share(world: Any) -> None:
    """A batch with a switch of the portal before the invoice meets somebody who has locked the invoice already."""
    (ada,) = await world.people(1)
    invoice_id = await world.draft()
    off, final = world.matter_changed([ada], portal=False), world.finalised(invoice_id)
    async with world.transaction() as sharing:
        await lock_invoices(sharing, [(world.firm_id, invoice_id)])
        taking_in = asyncio.create_task(world.receive((off, 9), (final, 2)))
        await eventually(world.somebody_waits)
        matters = await lock_matters(sharing, [(world.firm_id, world.matter_id)])
        assert [matter.portal_enabled for matter in matters.values()] == [True]
    await taking_in


async def test_a_batch_takes_as_many_statements_as_one_request(world: Any) -> None:
    ada, ben = await world.people(2)
    invoices = [await world.invoice() for _ in range(101)]
    async with world.transaction() as tx:
        await share_invoices(tx, [world.request(invoice_id, [ada]) for invoice_id in invoices])

    async def statements(batch: list[UUID]) -> list[str]:
        """Ada loses these invoices, Ben gains them, and for each a contact is typed in."""
        requests = [world.request(invoice_id, [ben], new=[new_id()]) for invoice_id in batch]
        seen: list[str] = []

        def see(query: asyncpg.connection.LoggedQuery) -> None:
            seen.append(query.query)

        async with world.transaction() as tx:
            assert all(isinstance(outcome, Done) for outcome in await _seen(tx, see, requests))
        return seen

    async def _seen(tx: Tx, see: Any, requests: list[Any]) -> list[Any]:
        tx.add_query_logger(see)
        try:
            return await share_invoices(tx, requests)
        finally:
            tx.remove_query_logger(see)

    one, hundred = await statements(invoices[:1]), await statements(invoices[1:])
    assert one == hundred
    assert len(one) == 13
