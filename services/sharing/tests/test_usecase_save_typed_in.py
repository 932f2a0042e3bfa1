"""Saving sets with contacts typed in while sharing, on a real database."""

from typing import Any
from uuid import UUID

import pytest

from chassis.ids import new_id
from chassis.outcome import Done, Refused, perhaps_late
from chassis.principal import Principal
from sharing.store.share_answers import PortalSharesSaved
from sharing.usecases.share_invoices import share_invoices


def shared_with(contact_id: UUID) -> Done:
    return Done(PortalSharesSaved(shared=[contact_id], unshared=[], unchanged=[]))


@pytest.mark.proves("S1")
async def test_a_contact_typed_in_is_shared_with_and_joins_the_matter(world: Any) -> None:
    await world.people(1)
    invoice_id, spouse = await world.invoice(), new_id()
    assert await world.save(invoice_id, [], new=[spouse]) == shared_with(spouse)
    (told, shared), (asked, command) = await world.said()
    assert (told, shared["shares"][0]["email"]) == ("invoice-shared", "spouse@client.test")
    assert (asked, command["_envelope"]["actor"]) == ("add-contact", "service:sharing")
    assert command["_envelope"]["type"].startswith("handbill.invoices.")
    assert (command["matter_id"], command["roles"]) == (str(world.matter_id), ["other"])

    assert await world.save(invoice_id, [], new=[spouse]) == Done(
        PortalSharesSaved(shared=[], unshared=[], unchanged=[spouse])
    )
    assert await world.said() == []


@pytest.mark.proves("S1")
async def test_typing_in_a_contact_that_invoices_knows_puts_it_on_the_matter_as_it_is(world: Any) -> None:
    await world.people(1)
    invoice_id, cousin = await world.invoice(), await world.contact(email="cousin@client.test", name="Cousin")
    assert await world.save(invoice_id, [], new=[cousin]) == shared_with(cousin)
    (told, shared), (asked, command) = await world.said()
    assert (told, shared["shares"][0]["email"]) == ("invoice-shared", "cousin@client.test")
    assert (asked, command["_envelope"]["actor"]) == ("assign-matter-contact", "service:sharing")
    assert (command["matter_id"], command["contact_id"], command["roles"]) == (
        str(world.matter_id),
        str(cousin),
        ["other"],
    )
    assert await world.save(await world.invoice(), [cousin]) == shared_with(cousin)


@pytest.mark.proves("S1")
async def test_typing_in_a_contact_that_is_on_the_matter_leaves_its_roles_alone(world: Any) -> None:
    (ada,) = await world.people(1)
    assert await world.save(await world.invoice(), [], new=[ada]) == shared_with(ada)
    assert [kind for kind, _ in await world.said()] == ["invoice-shared"]


@pytest.mark.proves("S1")
async def test_a_contact_typed_in_stays_on_the_matter_until_invoices_has_told_of_it(world: Any) -> None:
    await world.people(1)
    first, second, third = await world.invoice(), await world.invoice(), await world.invoice()
    spouse = new_id()
    await world.save(first, [], new=[spouse])
    await world.matter([])
    assert await world.save(second, [spouse]) == shared_with(spouse)
    await world.matter([spouse])
    await world.matter([])
    assert await world.save(third, [spouse]) == perhaps_late(
        Refused(
            "contact_not_on_matter",
            f"contact {spouse} is not on the invoice's matter",
            {"invoice_id": str(third), "contact_id": str(spouse)},
        )
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
        assert await share_invoices(tx, requests) == [shared_with(spouse)] * 3
    assert [kind for kind, _ in await world.said()].count("add-contact") == 1


async def test_typing_in_a_contact_needs_the_right_to_add_one(world: Any) -> None:
    await world.people(1)
    invoice_id = await world.invoice()
    world.principal = Principal(world.firm_id, "api_key", str(new_id()), frozenset({"shares:write"}))
    outcome = await world.save(invoice_id, [], new=[new_id()])
    assert outcome == Refused("scope_missing", "typing in a contact needs contacts:write")
