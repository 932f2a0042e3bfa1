"""Sharing with those who were named in a draft, whatever order the facts come in, on a real database."""

import asyncio
import itertools
from typing import Any

import pytest

from chassis.ids import new_id
from sharing.usecases.share_as_wished import share_as_wished


@pytest.mark.proves("I2", "S1")
async def test_a_wish_is_granted_when_the_invoice_is_final_by_one_act(world: Any) -> None:
    ada, ben = await world.people(2)
    invoice_id = await world.draft([ada, ben])
    assert not await world.grant_wishes()
    assert await world.said() == []
    await world.receive((world.finalised(invoice_id), 2))
    assert await world.grant_wishes()
    ((kind, fact),) = await world.said()
    assert (kind, {share["contact_id"] for share in fact["shares"]}) == ("invoice-shared", {str(ada), str(ben)})
    assert fact["_envelope"]["actor"] == "staff:dana"
    assert await world.wishes(invoice_id) == {ada: ("shared", None), ben: ("shared", None)}
    assert not await world.grant_wishes()
    assert await world.said() == []


@pytest.mark.proves("I2")
async def test_the_order_of_facts_does_not_matter(worlds: Any) -> None:
    for order in itertools.permutations(["firm", "matter", "contact", "created", "finalised"]):
        world, ada, invoice_id = worlds(), new_id(), new_id()
        facts = {
            "matter": (world.matter_changed([ada]), 1),
            "contact": (world.contact_changed(ada), 1),
            "created": (world.created(invoice_id, [ada]), 1),
            "finalised": (world.finalised(invoice_id), 2),
        }
        for name in order:
            assert not await world.grant_wishes(), order
            await (world.firm() if name == "firm" else world.receive(facts[name]))
        assert await world.grant_wishes(), order
        assert [kind for kind, _ in await world.said()] == ["invoice-shared"], order
        assert await world.states(invoice_id) == {ada: ("active", 1)}, order


@pytest.mark.proves("I2", "S8")
async def test_a_wish_that_cannot_be_granted_is_kept_with_its_reason(world: Any) -> None:
    ada, mute = await world.contact(), await world.contact(email=None)
    stranger = await world.contact()
    await world.firm()
    await world.matter([ada, mute])
    invoice_id = await world.draft([ada, mute, stranger])
    await world.receive((world.finalised(invoice_id), 2))
    await world.grant_wishes()
    assert await world.wishes(invoice_id) == {ada: ("shared", None), mute: ("due", None), stranger: ("due", None)}
    await world.wishes_age(60)
    await world.grant_wishes()
    assert await world.wishes(invoice_id) == {
        ada: ("shared", None),
        mute: ("refused", "no_address"),
        stranger: ("refused", "contact_not_on_matter"),
    }


@pytest.mark.proves("I2")
async def test_a_matter_that_is_told_of_last_still_grants_the_wish(world: Any) -> None:
    ada, invoice_id = new_id(), new_id()
    await world.firm()
    await world.matter([], revision=1)
    await world.receive(
        (world.contact_changed(ada), 1), (world.created(invoice_id, [ada]), 1), (world.finalised(invoice_id), 2)
    )
    await world.grant_wishes()
    await world.wishes_age(59)
    await world.grant_wishes()
    await world.matter([ada], revision=2)
    await world.wishes_age(1)
    assert await world.grant_wishes()
    assert await world.wishes(invoice_id) == {ada: ("shared", None)}
    assert [kind for kind, _ in await world.said()] == ["invoice-shared"]


@pytest.mark.proves("I2")
async def test_a_barred_wish_is_left_alone_between_looks(world: Any) -> None:
    await world.people(1)
    stranger = await world.contact()
    invoice_id = await world.draft([stranger])
    await world.receive((world.finalised(invoice_id), 2))
    assert await world.grant_wishes()
    assert not await world.grant_wishes()
    await world.wishes_age(20)
    assert await world.grant_wishes()
    await world.wishes_age(15)
    assert not await world.grant_wishes()
    assert await world.wishes(invoice_id) == {stranger: ("due", None)}


@pytest.mark.proves("I2")
async def test_who_is_not_heard_of_yet_waits_without_keeping_the_others_waiting(world: Any) -> None:
    (ada,) = await world.people(1)
    late = new_id()
    await world.matter([ada, late])
    invoice_id = await world.draft([ada, late])
    await world.receive((world.finalised(invoice_id), 2))
    await world.grant_wishes()
    assert await world.wishes(invoice_id) == {ada: ("shared", None), late: ("due", None)}
    assert not await world.grant_wishes()
    await world.receive((world.contact_changed(late), 1))
    await world.grant_wishes()
    assert await world.states(invoice_id) == {ada: ("active", 1), late: ("active", 1)}
    assert [len(fact["shares"]) for _, fact in await world.said()] == [1, 1]


@pytest.mark.proves("I2", "S1")
async def test_a_set_that_was_saved_since_is_the_later_word(world: Any) -> None:
    ada, ben = await world.people(2)
    invoice_id = await world.draft([ada, ben])
    await world.receive((world.finalised(invoice_id), 2))
    await world.save(invoice_id, [ada])
    await world.grant_wishes()
    assert await world.states(invoice_id) == {ada: ("active", 1)}
    assert await world.wishes(invoice_id) == {ada: ("superseded", None), ben: ("superseded", None)}


@pytest.mark.proves("I2", "S1")
async def test_an_empty_set_that_is_saved_on_a_draft_ends_its_wishes(world: Any) -> None:
    ada, ben = await world.people(2)
    draft, other = await world.draft([ada, ben]), await world.draft([ada])
    await world.save(draft, [])
    assert await world.wishes(draft) == {ada: ("superseded", None), ben: ("superseded", None)}
    await world.receive((world.finalised(draft), 2), (world.finalised(other), 2))
    await world.grant_wishes()
    assert await world.states(draft) == {}
    assert await world.states(other) == {ada: ("active", 1)}


@pytest.mark.proves("I2")
async def test_the_same_facts_twice_share_once(world: Any) -> None:
    (ada,) = await world.people(1)
    invoice_id = new_id()
    for _ in range(2):
        await world.receive((world.created(invoice_id, [ada]), 1), (world.finalised(invoice_id), 2))
        await world.grant_wishes()
    assert [kind for kind, _ in await world.said()] == ["invoice-shared"]


@pytest.mark.proves("I2")
async def test_two_workers_and_a_person_at_once_tell_each_contact_once(world: Any) -> None:
    ada, ben = await world.people(2)
    invoices = [await world.draft([ada, ben]) for _ in range(6)]

    async def work() -> None:
        async with world.transaction() as tx:
            await share_as_wished(tx)

    await world.receive(*((world.finalised(invoice_id), 2) for invoice_id in invoices))
    await asyncio.gather(*(work() for _ in range(3)), *(world.save(invoice_id, [ada]) for invoice_id in invoices[:3]))
    while await world.grant_wishes():
        pass
    told = [(fact["invoice_id"], share["contact_id"]) for kind, fact in await world.said() if kind == "invoice-shared"
            for share in fact["shares"]]  # fmt: skip
    assert len(told) == len(set(told))
    for invoice_id in invoices[3:]:
        assert await world.states(invoice_id) == {ada: ("active", 1), ben: ("active", 1)}
    for invoice_id in invoices[:3]:
        assert (await world.states(invoice_id))[ada] == ("active", 1)
        assert (await world.states(invoice_id)).get(ben, ("revoked", 1)) == ("revoked", 1)
