"""Who is planned to be told, on real PostgreSQL."""

import asyncio
from typing import Any

import pytest

from chassis.clock import now
from chassis.ids import new_id
from chassis.outcome import Cause
from notify.domain.replicas import Contact
from notify.usecases.keep_contacts import keep_contacts
from notify.usecases.plan_deliveries import ToldAct, plan_deliveries

Mailroom = Any


@pytest.mark.proves("N1", "N2")
async def test_an_act_plans_one_mail_for_each_contact(room: Mailroom) -> None:
    data, cause = room.act("ada@example.test", "bob@example.test")
    await room.plan((data, cause))
    planned = await room.rows("select * from deliveries order by recipient_email")
    assert [row["recipient_email"] for row in planned] == ["ada@example.test", "bob@example.test"]
    assert {row["state"] for row in planned} == {"planned"}
    assert {(row["template"], row["subject_id"], row["version"], row["occasion"]) for row in planned} == {
        ("invoice_shared", data.invoice_id, 1, cause.message_id)
    }
    items = await room.rows("select * from delivery_items")
    assert {row["share_id"] for row in items} == {share.share_id for share in data.shares}


@pytest.mark.proves("N2")
async def test_the_same_act_again_plans_nothing(room: Mailroom) -> None:
    act = room.act()
    await room.plan(act)
    await room.plan(act)
    assert len(await room.rows("select from deliveries")) == 1
    assert len(await room.rows("select from delivery_items")) == 1


@pytest.mark.proves("N2", "S7")
async def test_sharing_again_tells_again(room: Mailroom) -> None:
    data, cause = room.act()
    again = data.shares[0].model_copy(update={"generation": 2})
    await room.plan((data, cause))
    await room.plan(
        (
            data.model_copy(update={"shares": [again]}),
            Cause("notify", new_id(), cause.firm_id, cause.actor, cause.correlation_id),
        )
    )
    assert len(await room.rows("select from deliveries")) == 2


async def test_many_acts_are_planned_at_once(room: Mailroom) -> None:
    acts = [room.act(f"a{number}@example.test", f"b{number}@example.test") for number in range(50)]
    await room.plan(*acts)
    assert len(await room.rows("select from deliveries")) == 100


@pytest.mark.proves("N5")
async def test_a_contact_without_an_address_is_recorded_as_not_told(room: Mailroom) -> None:
    data, cause = room.act(None, "bob@example.test")
    await room.plan((data, cause))
    await room.plan((data, cause))
    states = await room.rows("select state, reason from deliveries order by state")
    assert states == [{"state": "failed", "reason": "no_address"}, {"state": "planned", "reason": None}]
    ((kind, told),) = await room.facts()
    assert kind == "delivery-failed"
    assert told["contact_id"] == str(data.shares[0].contact_id)
    assert (told["reason"], told["attempts"]) == ("no_address", 0)
    assert [item["share_id"] for item in told["items"]] == [str(data.shares[0].share_id)]


async def test_an_address_that_the_act_lacks_is_taken_from_the_contact(room: Mailroom) -> None:
    data, cause = room.act(None)
    async with room.database.transaction() as tx:
        contact_id = data.shares[0].contact_id
        await keep_contacts(tx, [Contact(room.firm.firm_id, contact_id, "Ada", "known@example.test", "en-US", 3)])
        await keep_contacts(tx, [Contact(room.firm.firm_id, contact_id, "Ada", "older@example.test", "en-US", 2)])
    await room.plan((data, cause))
    assert await room.rows("select recipient_email from deliveries") == [{"recipient_email": "known@example.test"}]


async def test_another_firms_contact_lends_no_address(room: Mailroom) -> None:
    data, cause = room.act(None)
    async with room.database.transaction() as tx:
        contact_id = data.shares[0].contact_id
        await keep_contacts(tx, [Contact(new_id(), contact_id, "Ada", "other@example.test", "en-US", 3)])
    await room.plan((data, cause))
    assert await room.rows("select recipient_email from deliveries") == [{"recipient_email": None}]


async def test_a_channel_without_a_template_tells_nobody_but_its_shares_are_known(room: Mailroom) -> None:
    await room.plan(room.act(channel="link"))
    assert await room.rows("select from deliveries") == []
    assert await room.rows("select channel, state from shares") == [{"channel": "link", "state": "active"}]


@pytest.mark.proves("N2")
async def test_an_act_handled_by_several_at_once_is_planned_once(room: Mailroom) -> None:
    act = room.act("ada@example.test", "bob@example.test")

    async def handle() -> None:
        async with room.database.transaction() as tx:
            await plan_deliveries(tx, [ToldAct(act[0], act[1], now())])

    await asyncio.gather(*(handle() for _ in range(8)))
    assert len(await room.rows("select from deliveries")) == 2
    assert len(await room.rows("select from delivery_items")) == 2
