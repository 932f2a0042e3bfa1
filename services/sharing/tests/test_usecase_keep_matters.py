"""The portal switched off and on, on a real database."""

import asyncio
from typing import Any

import pytest

from chassis.outcome import NotYetKnown

WITHOUT_INVOICES = ["note", "event"]


@pytest.mark.proves("S8")
@pytest.mark.parametrize("off", [{"portal": False}, {"kinds": WITHOUT_INVOICES}], ids=["portal", "kind"])
async def test_switching_off_suspends_and_switching_on_restores_without_mail(world: Any, off: dict) -> None:
    ada, ben = await world.people(2)
    first, second = await world.invoice(), await world.invoice()
    await world.save(first, [ada, ben])
    await world.save(second, [ada])
    await world.save(second, [ben])
    await world.said()

    await world.matter([ada, ben], **off)
    suspended = {fact["invoice_id"]: (kind, len(fact["shares"])) for kind, fact in await world.said()}
    assert suspended == {str(first): ("shares-suspended", 2), str(second): ("shares-suspended", 1)}
    assert await world.states(second) == {ada: ("revoked", 1), ben: ("suspended", 1)}

    await world.matter([ada, ben])
    restored = {fact["invoice_id"]: (kind, len(fact["shares"])) for kind, fact in await world.said()}
    assert restored == {str(first): ("shares-restored", 2), str(second): ("shares-restored", 1)}
    assert await world.states(second) == {ada: ("revoked", 1), ben: ("active", 1)}


@pytest.mark.proves("S8")
async def test_while_suspended_a_set_may_take_away_but_not_add(world: Any) -> None:
    ada, ben, cid = await world.people(3)
    invoice_id = await world.invoice()
    await world.save(invoice_id, [ada, ben])
    await world.matter([ada, ben, cid], portal=False)
    await world.said()
    refused = await world.save(invoice_id, [ada, cid])
    assert isinstance(refused, NotYetKnown)
    assert refused.otherwise is not None
    assert refused.otherwise.slug == "portal_disabled"
    await world.save(invoice_id, [ada])
    assert [kind for kind, _ in await world.said()] == ["shares-revoked"]
    await world.matter([ada, ben, cid])
    assert await world.states(invoice_id) == {ada: ("active", 1), ben: ("revoked", 1)}


@pytest.mark.proves("S8")
async def test_a_late_fact_of_an_older_matter_changes_nothing(world: Any) -> None:
    (ada,) = await world.people(1)
    invoice_id = await world.invoice()
    await world.save(invoice_id, [ada])
    await world.said()
    await world.matter([ada], revision=9, portal=False)
    await world.matter([], revision=8)
    assert [kind for kind, _ in await world.said()] == ["shares-suspended"]
    assert await world.states(invoice_id) == {ada: ("suspended", 1)}


@pytest.mark.proves("S8")
async def test_only_shares_of_that_matter_and_that_firm_are_suspended(worlds: Any) -> None:
    ours, theirs = worlds(), worlds()
    theirs.matter_id = ours.matter_id
    shared = []
    for world in (ours, theirs):
        (ada,) = await world.people(1)
        invoice_id = await world.invoice()
        await world.save(invoice_id, [ada])
        shared.append((world, invoice_id, ada))
    await ours.matter([], portal=False)
    assert [await world.states(invoice_id) for world, invoice_id, _ in shared] == [
        {shared[0][2]: ("suspended", 1)},
        {shared[1][2]: ("active", 1)},
    ]


@pytest.mark.proves("S8")
async def test_sharing_and_switching_off_at_once_never_leave_a_share_shown_in_a_closed_portal(world: Any) -> None:
    (ada,) = await world.people(1)
    for _ in range(10):
        await world.matter([ada])
        invoices = [await world.invoice() for _ in range(4)]
        await asyncio.gather(
            *(world.save(invoice_id, [ada]) for invoice_id in invoices), world.matter([ada], portal=False)
        )
        for invoice_id in invoices:
            assert (await world.states(invoice_id)).get(ada, ("never", 0))[0] in {"suspended", "never"}
