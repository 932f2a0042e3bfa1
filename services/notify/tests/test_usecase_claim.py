"""Who may send a delivery, and for how long: leases on real PostgreSQL."""

import asyncio
from typing import Any

import pytest

from chassis.clock import now
from chassis.database import Database, open_pool
from notify.usecases.claim_deliveries import claim_deliveries
from notify.usecases.keep_firms import keep_firms
from notify.usecases.plan_deliveries import ToldAct, plan_deliveries
from notify.usecases.renew_claims import renew_claims
from notify.usecases.send_delivery import send_delivery

Mailroom = Any


@pytest.mark.proves("N5")
async def test_a_delivery_waits_for_its_firm_and_is_due_when_it_arrives(room: Mailroom) -> None:
    data, cause = room.act()
    async with room.database.transaction() as tx:
        await plan_deliveries(tx, [ToldAct(data, cause, now())])
    assert await room.send_due() == 0
    async with room.database.transaction() as tx:
        await keep_firms(tx, [room.firm])
    assert await room.send_due() == 1
    assert len(room.server.mails) == 1


@pytest.mark.proves("N5")
async def test_several_senders_at_once_never_claim_the_same_delivery(room: Mailroom) -> None:
    await room.plan(*(room.act(f"a{number}@example.test") for number in range(60)))
    claims = await asyncio.gather(*(claim_deliveries(room.database, 10, 60) for _ in range(10)))
    claimed = [each.delivery.delivery_id for claim in claims for each in claim]
    while more := await claim_deliveries(room.database, 10, 60):
        claimed += [each.delivery.delivery_id for each in more]
    assert len(claimed) == len(set(claimed)) == 60


@pytest.mark.proves("N5")
async def test_a_sender_that_was_away_too_long_records_nothing(room: Mailroom) -> None:
    await room.plan(room.act())
    (late,) = await claim_deliveries(room.database, 1, 60)
    await room.pass_time()
    (present,) = await claim_deliveries(room.database, 1, 60)
    room.server.script = ["accept", "refuse"]
    await send_delivery(room.database, room.desk, present)
    await send_delivery(room.database, room.desk, late)
    (row,) = await room.rows("select state, attempts, possibly_sent_twice from deliveries")
    assert row == {"state": "accepted", "attempts": 2, "possibly_sent_twice": True}
    outcomes = await room.rows("select outcome from attempts order by attempt")
    assert [row["outcome"] for row in outcomes] == ["interrupted", "accepted"]
    assert [kind for kind, _ in await room.facts()] == ["delivery-accepted"]


async def test_a_renewed_lease_is_not_taken_for_abandoned(room: Mailroom) -> None:
    await room.plan(room.act())
    (claimed,) = await claim_deliveries(room.database, 1, 60)
    await room.pass_time()
    await renew_claims(room.database, [claimed.claim], 60)
    assert await claim_deliveries(room.database, 1, 60) == []


@pytest.mark.proves("N5")
async def test_a_delivery_that_keeps_killing_its_sender_is_given_up(room: Mailroom) -> None:
    await room.plan(room.act())
    for _ in range(3):
        assert len(await claim_deliveries(room.database, 1, 60)) == 1
        await room.pass_time()
    await room.send_due()
    assert room.server.mails == []
    assert (await room.state())[0] == "failed"
    assert [kind for kind, _ in await room.facts()] == ["delivery-failed"]


async def test_looking_for_work_where_there_is_none_commits_nothing(room: Mailroom) -> None:
    commits: list[None] = []
    pool = await open_pool(room.dsn, application="test", size_max=1)
    watched = Database(pool, lambda: commits.append(None))
    data, cause = room.act()
    async with room.database.transaction() as tx:
        await plan_deliveries(tx, [ToldAct(data, cause, now())])
    assert await claim_deliveries(watched, 1, 60) == []
    assert commits == []

    async with room.database.transaction() as tx:
        await keep_firms(tx, [room.firm])
    assert len(await claim_deliveries(watched, 1, 60)) == 1
    assert await claim_deliveries(watched, 1, 60) == []
    assert len(commits) == 1
    await watched.close()
