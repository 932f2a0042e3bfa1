"""The gate: what is in force passes and is on record, and nothing passes once its end has committed."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio

from chassis.clock import now
from chassis.grants import make_key_pair, read_private_key, read_public_key, verify_grant
from chassis.health import Progress
from chassis.http.app import build_app
from chassis.ids import new_id
from chassis.principal import Principal
from chassis.testing import eventually
from contracts.sharing import ShareByLink
from sharing.api import ROUTES
from sharing.api.gate import gate_routes
from sharing.usecases.admit_deliveries import admit_deliveries

RACES = 200
TOKEN = "t" * 40
PRIVATE_KEY, PUBLIC_KEY = make_key_pair()


async def share_of(world: Any, invoice_id: Any) -> tuple[Any, int]:
    """The one share of an invoice, and its generation."""
    async with world.database.reading() as tx:
        row = await tx.fetchrow("select share_id, generation from shares where item_id = $1", invoice_id)
    return row["share_id"], row["generation"]


@pytest_asyncio.fixture
async def client(world: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Another service of the same stack."""
    routes = [*ROUTES, gate_routes(TOKEN, read_private_key(PRIVATE_KEY))]
    app = build_app("sharing", routes, world.database, Progress())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(cast("Any", app)),
        base_url="http://sharing",
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as opened:
        yield opened


@pytest.mark.proves("S7", "S8")
async def test_a_delivery_passes_while_its_share_is_in_force_at_its_generation(world: Any) -> None:
    (ada,) = await world.people(1)
    invoice_id = await world.invoice()
    await world.save(invoice_id, [ada])
    share_id, _ = await share_of(world, invoice_id)
    assert await world.pass_delivery((share_id, 1), (new_id(), 1)) == [share_id]
    assert await world.pass_delivery((share_id, 2)) == []
    await world.matter([ada], portal=False)
    assert await world.pass_delivery((share_id, 1)) == [], "suspended"
    await world.matter([ada])
    assert await world.pass_delivery((share_id, 1)) == [share_id]
    await world.revoke(invoice_id)
    assert await world.pass_delivery((share_id, 1)) == [], "revoked"
    await world.save(invoice_id, [ada])
    assert await world.pass_delivery((share_id, 1), (share_id, 2)) == [share_id], "only as it is now"
    async with world.database.reading() as tx:
        rows = await tx.fetch("select purpose, generation from gate_passages order by passage_id")
    assert [tuple(row) for row in rows] == [("delivery", 1), ("delivery", 1), ("delivery", 2)]


@pytest.mark.proves("P1", "S7", "S11")
async def test_a_payment_is_granted_for_what_is_on_the_contacts_page_alone(world: Any) -> None:
    ada, ben = await world.people(2)
    portal, mailed, linked, bens, draft = [await world.invoice() for _ in range(4)] + [await world.draft()]
    await world.save(portal, [ada])
    await world.mail(portal, [ada])
    await world.mail(mailed, [ada])
    await world.ask(ShareByLink(invoice_id=linked, contact_id=ada, channel="link"))
    await world.save(bens, [ben])
    grants = await world.pass_payment(ada, portal, mailed, linked, bens, draft, new_id())
    assert {grant.invoice_id for grant in grants} == {portal, mailed}
    assert {(grant.contact_id, grant.version, grant.generation) for grant in grants} == {(ada, 1, 1)}
    await world.revoke(portal, channels=["portal"])
    await world.revoke(mailed)
    assert {grant.invoice_id for grant in await world.pass_payment(ada, portal, mailed)} == {portal}


@pytest.mark.proves("S7")
async def test_another_firms_shares_do_not_pass(worlds: Any) -> None:
    ours, theirs = worlds(), worlds()
    (ada,) = await ours.people(1)
    invoice_id = await ours.invoice()
    await ours.mail(invoice_id, [ada])
    assert await theirs.pass_delivery(await share_of(ours, invoice_id)) == []
    assert await theirs.pass_payment(ada, invoice_id) == []


@pytest.mark.proves("S7", "P9")
async def test_services_ask_the_gate_over_http(world: Any, client: httpx.AsyncClient) -> None:
    (ada,) = await world.people(1)
    invoice_id, other_id = await world.invoice(), await world.invoice()
    await world.mail(invoice_id, [ada])
    share_id, generation = await share_of(world, invoice_id)
    asked = {"firm_id": str(world.firm_id), "shares": [{"share_id": str(share_id), "generation": generation}]}
    answer = await client.post("/v1/gate/deliveries", json=asked)
    assert (answer.status_code, answer.json()) == (200, {"in_force": [str(share_id)]})

    wanted = {"firm_id": str(world.firm_id), "contact_id": str(ada), "invoice_ids": [str(invoice_id), str(other_id)]}
    answer = await client.post("/v1/gate/payments", json=wanted)
    assert answer.status_code == 200
    assert answer.json()["refused"] == [{"invoice_id": str(other_id), "slug": "not_shared"}]
    (granted,) = answer.json()["granted"]
    grant = verify_grant(read_public_key(PUBLIC_KEY), granted["grant"], now())
    assert (grant.firm_id, grant.contact_id, grant.invoice_id) == (world.firm_id, ada, invoice_id)
    assert (grant.share_id, grant.generation, grant.version) == (share_id, generation, 1)


@pytest.mark.proves("S7")
@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}"]
)
@pytest.mark.parametrize("path", ["deliveries", "payments"])
async def test_the_gate_is_shut_to_whoever_lacks_the_token(client: httpx.AsyncClient, sent: str, path: str) -> None:
    answer = await client.post(f"/v1/gate/{path}", json={}, headers={"Authorization": sent})
    assert (answer.status_code, answer.json()["slug"]) == (401, "not_authenticated")


async def test_the_services_token_opens_nothing_else(world: Any, client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/v1/invoices/{await world.invoice()}/shares")
    assert (answer.status_code, answer.json()["slug"]) == (401, "not_authenticated")


@dataclass
class Race:
    """Askers at the gate and one who unshares, all at once, over one share."""

    world: Any
    contact_id: Any
    invoice_id: Any
    ended_at: float | None = None
    passed: int = 0
    refused: int = 0
    passed_late: int = 0

    async def run(self, head_start: int) -> None:
        share = await share_of(self.world, self.invoice_id)
        await asyncio.gather(self.ask(share), self.ask(share), self.end(share, head_start))

    async def end(self, share: tuple[Any, int], head_start: int) -> None:
        for _ in range(head_start):
            await self.world.pass_delivery(share)
        await self.world.revoke(self.invoice_id)
        self.ended_at = time.monotonic()

    async def ask(self, share: tuple[Any, int]) -> None:
        """Ask until an asking that began after the end has been answered."""
        is_last = False
        while not is_last:
            is_last = self.ended_at is not None
            delivered = await self.world.pass_delivery(share)
            paid = await self.world.pass_payment(self.contact_id, self.invoice_id)
            self.passed += bool(delivered) + bool(paid)
            self.refused += (not delivered) + (not paid)
            self.passed_late += is_last * (bool(delivered) + bool(paid))


@pytest.mark.proves("S7", "P9")
async def test_in_many_races_nothing_passes_after_the_end_has_committed(world: Any) -> None:
    (ada,) = await world.people(1)
    races = [Race(world, ada, await world.invoice()) for _ in range(RACES)]
    for race in races:
        await world.mail(race.invoice_id, [ada])
    for first in range(0, RACES, 4):
        await asyncio.gather(*(race.run(place) for place, race in enumerate(races[first : first + 4])))
    assert [race.invoice_id for race in races if race.passed_late] == []
    assert sum(race.passed for race in races) > 0, "the askers never came first"
    assert all(race.refused >= 4 for race in races)
    async with world.database.reading() as tx:
        assert await tx.fetchval("select count(*) from shares where state = 'revoked'") == RACES
        late = await tx.fetchval(
            "select count(*) from gate_passages as passage join shares using (firm_id, share_id, generation) "
            "where passage.passed_at > shares.ended_at"
        )
    assert late == 0


@pytest.mark.proves("S7")
async def test_who_ends_a_share_waits_for_whoever_passes_and_not_the_other_way_round(world: Any) -> None:
    (ada,) = await world.people(1)
    invoice_id = await world.invoice()
    await world.mail(invoice_id, [ada])
    share = await share_of(world, invoice_id)
    async with world.transaction() as passing:
        assert await admit_deliveries(passing, Principal(world.firm_id, "service", "gate"), [share])
        assert await world.pass_delivery(share), "those who pass do not wait for one another"
        ending = asyncio.create_task(world.revoke(invoice_id))
        await eventually(world.somebody_waits)
        assert not ending.done()
    await ending
    assert await world.pass_delivery(share) == []


@pytest.mark.proves("S8")
async def test_switching_the_portal_while_many_pass_neither_deadlocks_nor_lets_pass_after(world: Any) -> None:
    people = await world.people(3)
    invoices = [await world.invoice() for _ in range(6)]
    for invoice_id in invoices:
        await world.save(invoice_id, people)
    async with world.database.reading() as tx:
        rows = await tx.fetch("select share_id, generation from shares")
    shares = [(row["share_id"], row["generation"]) for row in rows]

    async def switch() -> None:
        for is_on in (False, True, False):
            await world.matter(people, portal=is_on)

    async def revoke_some() -> None:
        for invoice_id in reversed(invoices[:3]):
            await world.revoke(invoice_id, contact_ids=people[:1])

    await asyncio.gather(switch(), revoke_some(), *(world.pass_delivery(*shares[::step]) for step in (1, -1) * 10))
    assert await world.pass_delivery(*shares) == []
