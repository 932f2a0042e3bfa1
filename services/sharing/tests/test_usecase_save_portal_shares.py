"""Saving sets of contacts, on a real database."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.database import Tx
from chassis.ids import new_id
from chassis.outcome import Done, NotYetKnown, Refused, perhaps_late
from chassis.principal import Principal
from sharing.usecases.save_portal_shares import PortalSharesSaved, Unshared, save_portal_shares


def saved(shared: list[UUID] = [], unshared: list[UUID] = [], unchanged: list[UUID] = []) -> Done:  # noqa: B006 - never changed
    gone = [Unshared(contact_id=contact_id, channels_still_open=[]) for contact_id in unshared]
    return Done(PortalSharesSaved(shared=shared, unshared=gone, unchanged=unchanged))


@pytest.mark.proves("S1")
async def test_saving_a_set_shares_with_the_added_and_unshares_the_removed(world: Any) -> None:
    ada, ben, cid = await world.people(3)
    invoice_id = await world.invoice()
    assert await world.save(invoice_id, [ada, ben], message="As discussed") == saved(shared=[ada, ben])
    ((told, shared),) = await world.said()
    assert told == "invoice-shared"
    assert [one["contact_id"] for one in shared["shares"]] == [str(ada), str(ben)]
    assert shared["shares"][0] | {"share_id": ""} == {
        "share_id": "", "generation": 1, "contact_id": str(ada),
        "name": "Contact 0", "email": "ada@client.test", "locale": "en-US",
    }  # fmt: skip
    about = ("matter_name", "number", "version", "currency", "total_minor", "due_on", "channel", "message")
    assert [shared[name] for name in about] == [
        "Estate", "2026-000001", 1, "USD", 10000, "2026-12-22", "portal", "As discussed",
    ]  # fmt: skip

    assert await world.save(invoice_id, [ben, cid]) == saved(shared=[cid], unshared=[ada], unchanged=[ben])
    (revoked, gone), (added, come) = await world.said()
    assert (revoked, [one["contact_id"] for one in gone["shares"]]) == ("shares-revoked", [str(ada)])
    assert (added, [one["contact_id"] for one in come["shares"]]) == ("invoice-shared", [str(cid)])
    assert await world.states(invoice_id) == {ada: ("revoked", 1), ben: ("active", 1), cid: ("active", 1)}


@pytest.mark.proves("S1")
async def test_saving_the_same_set_tells_nobody(world: Any) -> None:
    ada, ben = await world.people(2)
    invoice_id = await world.invoice()
    await world.save(invoice_id, [ada, ben])
    await world.said()
    assert await world.save(invoice_id, [ben, ada]) == saved(unchanged=[ben, ada])
    assert await world.said() == []


@pytest.mark.proves("S1", "S7")
async def test_sharing_again_after_removal_is_a_new_generation_and_is_told_anew(world: Any) -> None:
    (ada,) = await world.people(1)
    invoice_id = await world.invoice()
    for contact_ids in ([ada], [], [ada]):
        await world.save(invoice_id, contact_ids)
    first, gone, again = [(kind, fact["shares"][0]) for kind, fact in await world.said()]
    assert [kind for kind, _ in (first, gone, again)] == ["invoice-shared", "shares-revoked", "invoice-shared"]
    assert [share["generation"] for _, share in (first, gone, again)] == [1, 1, 2]
    assert first[1]["share_id"] == again[1]["share_id"]


@pytest.mark.proves("S1")
async def test_the_answer_names_the_channels_that_stay_open(world: Any) -> None:
    (ada,) = await world.people(1)
    invoice_id = await world.invoice()
    await world.save(invoice_id, [ada])
    async with world.transaction() as tx:
        await tx.execute(
            "insert into shares select firm_id, $1, item_kind, item_id, item_version, matter_id, contact_id, 'email', "
            "state, generation, message, shared_by, first_shared_at, shared_at, ended_at from shares",
            new_id(),
        )
    outcome = await world.save(invoice_id, [])
    unshared = [Unshared(contact_id=ada, channels_still_open=["email"])]
    assert outcome == Done(PortalSharesSaved(shared=[], unshared=unshared, unchanged=[]))


@pytest.mark.proves("S1")
async def test_a_contact_typed_in_is_shared_with_and_joins_the_matter(world: Any) -> None:
    await world.people(1)
    invoice_id, spouse = await world.invoice(), new_id()
    assert await world.save(invoice_id, [], new=[spouse]) == saved(shared=[spouse])
    (told, shared), (asked, command) = await world.said()
    assert (told, shared["shares"][0]["email"]) == ("invoice-shared", "spouse@client.test")
    assert (asked, command["_envelope"]["actor"]) == ("add-contact", "service:sharing")
    assert command["_envelope"]["type"].startswith("handbill.invoices.")
    assert (command["matter_id"], command["roles"]) == (str(world.matter_id), ["other"])

    assert await world.save(invoice_id, [], new=[spouse]) == saved(unchanged=[spouse])
    assert await world.said() == []


@pytest.mark.proves("S1")
async def test_a_contact_typed_in_stays_on_the_matter_until_invoices_has_told_of_it(world: Any) -> None:
    await world.people(1)
    first, second, third = await world.invoice(), await world.invoice(), await world.invoice()
    spouse = new_id()
    await world.save(first, [], new=[spouse])
    await world.matter([])
    assert await world.save(second, [spouse]) == saved(shared=[spouse])
    await world.matter([spouse])
    await world.matter([])
    assert await world.save(third, [spouse]) == perhaps_late(
        Refused("contact_not_on_matter", f"contact {spouse} is not on the invoice's matter")
    )


async def test_what_invoices_says_of_a_typed_in_contact_replaces_what_was_typed(world: Any) -> None:
    await world.people(1)
    first, second = await world.invoice(), await world.invoice()
    spouse = new_id()
    await world.save(first, [], new=[spouse])
    await world.receive((world.contact_changed(spouse, email="new@client.test"), 1))
    await world.said()
    await world.save(second, [], new=[spouse])
    ((_, shared),) = await world.said()
    assert shared["shares"][0]["email"] == "new@client.test"


async def test_contacts_typed_in_by_one_request_are_known_to_the_next(world: Any) -> None:
    await world.people(1)
    first, second, spouse = await world.invoice(), await world.invoice(), new_id()
    requests = [
        world.request(first, [], new=[spouse]),
        world.request(second, [spouse]),
        world.request(await world.invoice(), [], new=[spouse]),
    ]
    async with world.transaction() as tx:
        assert await save_portal_shares(tx, requests) == [saved(shared=[spouse])] * 3
    assert [kind for kind, _ in await world.said()].count("add-contact") == 1


async def test_typing_in_a_contact_needs_the_right_to_add_one(world: Any) -> None:
    await world.people(1)
    invoice_id = await world.invoice()
    world.principal = Principal(world.firm_id, "api_key", str(new_id()), frozenset({"shares:write"}))
    outcome = await world.save(invoice_id, [], new=[new_id()])
    assert outcome == Refused("scope_missing", "typing in a contact needs contacts:write")


@pytest.mark.proves("S1", "S6", "S8")
async def test_what_is_refused_changes_nothing_and_tells_nobody(world: Any) -> None:
    ada, ben = await world.people(2)
    draft, invoice_id, stranger, spouse = await world.draft(), await world.invoice(), await world.contact(), new_id()
    nobody = new_id()
    assert await world.save(nobody, [ada]) == NotYetKnown("invoice")
    assert await world.save(draft, [ada], new=[spouse]) == perhaps_late(
        Refused("draft_needs_confirmation", f"invoice {draft} is a draft: finalise it first")
    )
    assert await world.save(invoice_id, [ada, stranger]) == perhaps_late(
        Refused("contact_not_on_matter", f"contact {stranger} is not on the invoice's matter")
    )
    assert await world.save(invoice_id, [ada, new_id()]) == NotYetKnown("contact")
    await world.matter([ada, ben], portal=False)
    assert await world.save(invoice_id, [ada], new=[spouse]) == perhaps_late(
        Refused("portal_disabled", f"the portal of matter {world.matter_id} is off")
    )
    assert await world.said() == []
    async with world.transaction() as tx:
        assert await tx.fetchval("select count(*) from shares") == 0
        assert await tx.fetchval("select count(*) from contacts where contact_id = $1", spouse) == 0


async def test_one_refusal_in_a_batch_leaves_the_others_alone(world: Any) -> None:
    ada, ben = await world.people(2)
    first, draft, last = await world.invoice(), await world.draft(), await world.invoice()
    async with world.transaction() as tx:
        outcomes = await save_portal_shares(
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
            await save_portal_shares(tx, [world.request(invoice_id, contact_ids) for invoice_id in order])

    await asyncio.gather(*(
        save_all(contact_ids, order)
        for contact_ids in ([ada], [ben], [ada, ben])
        for order in (invoices, invoices[::-1])
    ))  # fmt: skip
    assert len({frozenset((await world.states(invoice_id)).items()) for invoice_id in invoices}) == 1


@pytest.mark.proves("S1")
async def test_another_firms_invoices_and_contacts_are_unknown(worlds: Any) -> None:
    ours, theirs = worlds(), worlds()
    theirs.matter_id = ours.matter_id
    (ada,) = await ours.people(1)
    await theirs.people(1)
    our_invoice, their_invoice = await ours.invoice(), await theirs.invoice()
    assert await theirs.save(our_invoice, [ada]) == NotYetKnown("invoice")
    assert await theirs.save(their_invoice, [ada]) == NotYetKnown("contact")
    assert await ours.said() == []


@pytest.mark.proves("S1")
async def test_the_same_ids_in_two_firms_are_two_things(worlds: Any) -> None:
    ours, theirs = worlds(), worlds()
    theirs.matter_id = ours.matter_id
    ada, invoice_id = new_id(), new_id()
    for world in (ours, theirs):
        await world.firm()
        await world.matter([ada])
        await world.receive((world.contact_changed(ada), 1), (world.finalised(invoice_id), 2))
    requests = [world.request(invoice_id, [ada]) for world in (ours, theirs)]
    async with ours.transaction() as tx:
        assert await save_portal_shares(tx, requests) == [saved(shared=[ada])] * 2
    await ours.save(invoice_id, [])
    async with ours.transaction() as tx:
        rows = await tx.fetch("select firm_id, state from shares")
    assert {row["firm_id"]: row["state"] for row in rows} == {ours.firm_id: "revoked", theirs.firm_id: "active"}


async def test_a_batch_takes_as_many_statements_as_one_request(world: Any) -> None:
    ada, ben = await world.people(2)
    invoices = [await world.invoice() for _ in range(101)]
    async with world.transaction() as tx:
        await save_portal_shares(tx, [world.request(invoice_id, [ada]) for invoice_id in invoices])

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
            return await save_portal_shares(tx, requests)
        finally:
            tx.remove_query_logger(see)

    one, hundred = await statements(invoices[:1]), await statements(invoices[1:])
    assert one == hundred
    assert len(one) == 12


@pytest.mark.proves("S1", "S7")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sets=st.lists(st.sets(st.integers(0, 3)), min_size=1, max_size=6))
async def test_generations_count_how_often_it_was_shared(world: Any, sets: list[set[int]]) -> None:
    people = await world.people(4)
    invoice_id = await world.invoice()
    await world.said()
    shared_count = dict.fromkeys(people, 0)
    before: set[int] = set()
    for wanted in sets:
        await world.save(invoice_id, [people[index] for index in wanted])
        for index in wanted - before:
            shared_count[people[index]] += 1
        before = wanted
    states = await world.states(invoice_id)
    assert {contact: generation for contact, (_, generation) in states.items()} == {
        contact: count for contact, count in shared_count.items() if count
    }
    assert {contact for contact, (state, _) in states.items() if state == "active"} == {people[i] for i in before}
    told = [
        share["contact_id"] for kind, fact in await world.said() if kind == "invoice-shared" for share in fact["shares"]
    ]
    assert {contact: told.count(str(contact)) for contact in people} == shared_count
