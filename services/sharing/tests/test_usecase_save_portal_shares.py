"""Saving sets of contacts, on a real database."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.ids import new_id
from chassis.outcome import Done, NotYetKnown, Refused, perhaps_late
from sharing.store.share_answers import PortalSharesSaved, Unshared
from sharing.usecases.share_invoices import share_invoices


def saved(shared: list[UUID] = [], unshared: list[UUID] = [], unchanged: list[UUID] = []) -> Done:  # noqa: B006 - never changed
    gone = [Unshared(contact_id=contact_id, channels_still_open=[]) for contact_id in unshared]
    return Done(PortalSharesSaved(shared=shared, unshared=gone, unchanged=unchanged))


@pytest.mark.proves("S1")
async def test_saving_a_set_shares_with_the_added_and_unshares_the_removed(world: Any) -> None:
    ada, ben, cid = await world.people(3)
    invoice_id = await world.invoice()
    assert await world.save(invoice_id, [ada, ben], message="As discussed") == saved(shared=[ada, ben])
    (told, shared), (noted, _) = await world.said()
    assert (told, noted) == ("invoice-shared", "communication-logged")
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


@pytest.mark.proves("S1", "S6", "S8")
async def test_what_is_refused_changes_nothing_and_tells_nobody(world: Any) -> None:
    ada, ben = await world.people(2)
    draft, invoice_id, stranger, spouse = await world.draft(), await world.invoice(), await world.contact(), new_id()
    nobody = new_id()
    assert await world.save(nobody, [ada]) == NotYetKnown("invoice")
    assert await world.save(draft, [ada], new=[spouse]) == perhaps_late(
        Refused(
            "draft_needs_confirmation",
            f"invoice {draft} is a draft: sharing it with finalise_drafts finalises it first",
            {"invoice_id": str(draft)},
        )
    )
    assert await world.save(invoice_id, [ada, stranger]) == perhaps_late(
        Refused(
            "contact_not_on_matter",
            f"contact {stranger} is not on the invoice's matter",
            {"invoice_id": str(invoice_id), "contact_id": str(stranger)},
        )
    )
    assert await world.save(invoice_id, [ada, nobody]) == NotYetKnown("contact", ids=(nobody,))
    await world.matter([ada, ben], portal=False)
    assert await world.save(invoice_id, [ada], new=[spouse]) == perhaps_late(
        Refused(
            "portal_disabled",
            f"the portal of matter {world.matter_id} is off",
            {"invoice_id": str(invoice_id), "matter_id": str(world.matter_id)},
        )
    )
    assert await world.said() == []
    async with world.transaction() as tx:
        assert await tx.fetchval("select count(*) from shares") == 0
        assert await tx.fetchval("select count(*) from contacts where contact_id = $1", spouse) == 0


@pytest.mark.proves("S1")
async def test_another_firms_invoices_and_contacts_are_unknown(worlds: Any) -> None:
    ours, theirs = worlds(), worlds()
    theirs.matter_id = ours.matter_id
    (ada,) = await ours.people(1)
    await theirs.people(1)
    our_invoice, their_invoice = await ours.invoice(), await theirs.invoice()
    assert await theirs.save(our_invoice, [ada]) == NotYetKnown("invoice")
    assert await theirs.save(their_invoice, [ada]) == NotYetKnown("contact", ids=(ada,))
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
        assert await share_invoices(tx, requests) == [saved(shared=[ada])] * 2
    await ours.save(invoice_id, [])
    async with ours.transaction() as tx:
        rows = await tx.fetch("select firm_id, state from shares")
    assert {row["firm_id"]: row["state"] for row in rows} == {ours.firm_id: "revoked", theirs.firm_id: "active"}


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
