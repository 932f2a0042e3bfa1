"""What is no longer shared is not told, on real PostgreSQL; what may have been told all the same is marked."""

from typing import Any

import pytest

from chassis.outcome import Cause
from contracts.sharing import InvoiceShared
from notify.domain.share import Share, ShareState
from notify.store.delivery_list import DeliveryFilter, KeptDelivery, list_deliveries
from notify.usecases.claim_deliveries import claim_deliveries
from notify.usecases.keep_restored_shares import keep_restored_shares
from notify.usecases.send_delivery import send_delivery
from notify.usecases.withdraw_deliveries import withdraw_deliveries

Mailroom = Any
Act = tuple[InvoiceShared, Cause]


def shares_of(act: Act, state: ShareState, generation: int = 1) -> list[Share]:
    data, cause = act
    return [
        Share(cause.firm_id, share.share_id, generation, data.invoice_id, share.contact_id, "portal", state)
        for share in data.shares
    ]


@pytest.mark.proves("S7", "S8")
@pytest.mark.parametrize("state", ["revoked", "suspended"])
async def test_what_is_unshared_before_it_was_sent_is_withdrawn(room: Mailroom, state: ShareState) -> None:
    act = room.act()
    await room.plan(act)
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, state))
    assert await room.state() == ("withdrawn", "unshared")
    async with room.database.transaction() as tx:
        await keep_restored_shares(tx, shares_of(act, "active"))
    assert await room.send_due() == 0
    assert room.server.mails == []


@pytest.mark.proves("S7")
async def test_a_revocation_that_overtakes_its_share_still_withdraws(room: Mailroom) -> None:
    act = room.act()
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, "revoked"))
    await room.plan(act)
    assert await room.send_due() == 0
    assert room.server.mails == []
    assert await room.state() == ("withdrawn", "unshared")


@pytest.mark.proves("S7")
async def test_revoking_an_earlier_generation_leaves_the_present_one_alone(room: Mailroom) -> None:
    act = room.act(generation=2)
    await room.plan(act)
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, "revoked", generation=1))
    assert await room.send_due() == 1


@pytest.mark.proves("S7", "N5")
async def test_what_is_unshared_while_it_is_on_its_way_is_not_tried_again(room: Mailroom) -> None:
    act = room.act()
    await room.plan(act)
    (claimed,) = await claim_deliveries(room.database, 1, 60)
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, "revoked"))
    room.server.script = ["defer"]
    await send_delivery(room.database, room.desk, claimed)
    assert await room.state() == ("retry", "put_off")
    await room.pass_time()
    assert await room.send_due() == 0
    assert await room.state() == ("withdrawn", "unshared")


async def the_one_shown(room: Mailroom) -> KeptDelivery:
    async with room.database.reading() as tx:
        (shown,) = await list_deliveries(tx, room.firm.firm_id, DeliveryFilter(), 2)
    return shown


@pytest.mark.proves("S7", "N5")
async def test_what_is_unshared_after_its_sender_was_killed_is_marked_as_possibly_sent(room: Mailroom) -> None:
    act = room.act()
    await room.plan(act)
    await claim_deliveries(room.database, 1, 60)
    assert not (await the_one_shown(room)).possibly_sent
    await room.pass_time()
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, "revoked"))
    assert await room.send_due() == 0
    shown = await the_one_shown(room)
    assert (shown.state, shown.reason, shown.possibly_sent) == ("withdrawn", "unshared", True)


@pytest.mark.proves("S7", "N5")
async def test_what_is_unshared_after_an_answer_that_never_came_is_marked_as_possibly_sent(room: Mailroom) -> None:
    act = room.act()
    room.server.script = ["silent"]
    await room.plan(act)
    await room.send_due()
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, "revoked"))
    shown = await the_one_shown(room)
    assert (shown.state, shown.reason, shown.possibly_sent) == ("withdrawn", "unshared", True)


@pytest.mark.proves("S7", "N5")
async def test_what_is_unshared_after_it_was_put_off_was_surely_not_sent(room: Mailroom) -> None:
    act = room.act()
    room.server.script = ["defer"]
    await room.plan(act)
    await room.send_due()
    async with room.database.transaction() as tx:
        await withdraw_deliveries(tx, shares_of(act, "revoked"))
    shown = await the_one_shown(room)
    assert (shown.state, shown.reason, shown.possibly_sent) == ("withdrawn", "unshared", False)
