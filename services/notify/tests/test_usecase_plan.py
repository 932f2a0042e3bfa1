"""Who is planned to be told, on real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chassis.database import Database
from chassis.ids import new_id
from chassis.outcome import Cause
from contracts.sharing import InvoiceShared
from notify.domain.replicas import Contact, Firm
from notify.usecases.keep_contacts import keep_contacts
from notify.usecases.plan_deliveries import plan_deliveries

Act = tuple[InvoiceShared, Cause]
NewAct = Callable[..., Act]
Plan = Callable[..., Awaitable[None]]
Rows = Callable[[str], Awaitable[list[dict[str, Any]]]]


@pytest.mark.proves("N1", "N2")
async def test_an_act_plans_one_mail_for_each_contact(new_act: NewAct, plan: Plan, rows: Rows) -> None:
    data, cause = new_act("ada@example.test", "bob@example.test")
    await plan((data, cause))
    planned = await rows("select * from deliveries order by recipient_email")
    assert [row["recipient_email"] for row in planned] == ["ada@example.test", "bob@example.test"]
    assert {row["state"] for row in planned} == {"planned"}
    assert {(row["template"], row["subject_id"], row["version"], row["occasion"]) for row in planned} == {
        ("invoice_shared", data.invoice_id, 1, cause.message_id)
    }
    items = await rows("select * from delivery_items")
    assert {row["share_id"] for row in items} == {share.share_id for share in data.shares}


@pytest.mark.proves("N2")
async def test_the_same_act_again_plans_nothing(new_act: NewAct, plan: Plan, rows: Rows) -> None:
    act = new_act()
    await plan(act)
    await plan(act)
    assert len(await rows("select from deliveries")) == 1
    assert len(await rows("select from delivery_items")) == 1


@pytest.mark.proves("N2", "S7")
async def test_sharing_again_tells_again(new_act: NewAct, plan: Plan, rows: Rows) -> None:
    data, cause = new_act()
    again = data.shares[0].model_copy(update={"generation": 2})
    await plan((data, cause))
    await plan(
        (
            data.model_copy(update={"shares": [again]}),
            Cause("notify", new_id(), cause.firm_id, cause.actor, cause.correlation_id),
        )
    )
    assert len(await rows("select from deliveries")) == 2


async def test_many_acts_are_planned_at_once(new_act: NewAct, plan: Plan, rows: Rows) -> None:
    acts = [new_act(f"a{number}@example.test", f"b{number}@example.test") for number in range(50)]
    await plan(*acts)
    assert len(await rows("select from deliveries")) == 100


@pytest.mark.proves("N5")
async def test_a_contact_without_an_address_is_recorded_as_not_told(
    new_act: NewAct, plan: Plan, rows: Rows, facts: Callable[[], Awaitable[list[tuple[str, dict[str, Any]]]]]
) -> None:
    data, cause = new_act(None, "bob@example.test")
    await plan((data, cause))
    await plan((data, cause))
    states = await rows("select state, reason from deliveries order by state")
    assert states == [{"state": "failed", "reason": "no_address"}, {"state": "planned", "reason": None}]
    ((kind, told),) = await facts()
    assert kind == "delivery-failed"
    assert told["contact_id"] == str(data.shares[0].contact_id)
    assert (told["reason"], told["attempts"]) == ("no_address", 0)
    assert [item["share_id"] for item in told["items"]] == [str(data.shares[0].share_id)]


async def test_an_address_that_the_act_lacks_is_taken_from_the_contact(
    database: Database, firm: Firm, new_act: NewAct, plan: Plan, rows: Rows
) -> None:
    data, cause = new_act(None)
    async with database.transaction() as tx:
        contact_id = data.shares[0].contact_id
        await keep_contacts(tx, [Contact(firm.firm_id, contact_id, "Ada", "known@example.test", "en-US", 3)])
        await keep_contacts(tx, [Contact(firm.firm_id, contact_id, "Ada", "older@example.test", "en-US", 2)])
    await plan((data, cause))
    assert await rows("select recipient_email from deliveries") == [{"recipient_email": "known@example.test"}]


async def test_another_firms_contact_lends_no_address(
    database: Database, new_act: NewAct, plan: Plan, rows: Rows
) -> None:
    data, cause = new_act(None)
    async with database.transaction() as tx:
        contact_id = data.shares[0].contact_id
        await keep_contacts(tx, [Contact(new_id(), contact_id, "Ada", "other@example.test", "en-US", 3)])
    await plan((data, cause))
    assert await rows("select recipient_email from deliveries") == [{"recipient_email": None}]


async def test_a_channel_without_a_template_tells_nobody_but_its_shares_are_known(
    new_act: NewAct, plan: Plan, rows: Rows
) -> None:
    await plan(new_act(channel="link"))
    assert await rows("select from deliveries") == []
    assert await rows("select channel, state from shares") == [{"channel": "link", "state": "active"}]


@pytest.mark.proves("N2")
async def test_an_act_handled_by_several_at_once_is_planned_once(
    database: Database, new_act: NewAct, rows: Rows
) -> None:
    act = new_act("ada@example.test", "bob@example.test")

    async def handle() -> None:
        async with database.transaction() as tx:
            await plan_deliveries(tx, [act])

    await asyncio.gather(*(handle() for _ in range(8)))
    assert len(await rows("select from deliveries")) == 2
    assert len(await rows("select from delivery_items")) == 2
