"""Matters, contacts and roles on real PostgreSQL."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from chassis.ids import new_id
from chassis.outcome import Done, NotYetKnown, Refused
from contracts.invoices import (
    AddContact,
    AssignMatterContact,
    ChangeContact,
    ChangeMatter,
    ContactProfile,
    MatterContact,
    MatterProfile,
    OpenMatter,
)
from invoices.store.contacts import find_known_contacts
from invoices.store.matters import find_matters
from invoices.usecases.add_contact import add_contact
from invoices.usecases.assign_matter_contact import assign_matter_contact
from invoices.usecases.change_contact import change_contact
from invoices.usecases.change_matter import change_matter
from invoices.usecases.open_matter import open_matter

Firm = Any
NewFirm = Callable[..., Awaitable[Firm]]
PROFILE = MatterProfile(number="2026-0114", name="Estate of M. Okafor")
ANNA = ContactProfile(name="Anna Okafor", email="anna.okafor@mail.example")


@pytest.mark.proves("I1")
async def test_an_opened_matter_is_published_with_everyone_on_it(firm: Firm) -> None:
    anna, ben = await firm.contact(), await firm.contact("Ben Okafor")
    matter_id = await firm.matter({anna: ["client", "billing"], ben: ["other"]})
    (body,) = [body for body in await firm.published() if body["subject"] == str(matter_id)]
    assert (body["type"], body["revision"]) == ("handbill.invoices.matter-changed.v1", 1)
    assert body["actor"] == firm.principal.actor
    roles = {contact["contact_id"]: contact["roles"] for contact in body["data"]["contacts"]}
    assert roles == {str(anna): ["billing", "client"], str(ben): ["other"]}


@pytest.mark.proves("I1")
async def test_opening_the_same_matter_again_changes_nothing_and_another_one_is_refused(firm: Firm) -> None:
    anna = await firm.contact()
    command = OpenMatter(
        matter_id=new_id(), profile=PROFILE, contacts=[MatterContact(contact_id=anna, roles=["client"])]
    )
    first = await firm.done(open_matter, command)
    assert await firm.done(open_matter, command) == first
    other = command.model_copy(update={"contacts": []})
    assert await firm.refused(open_matter, other) == "already_exists"
    assert await firm.published_of(command.matter_id) == [("matter-changed", 1)]


@pytest.mark.proves("I1")
async def test_a_matter_waits_for_contacts_that_are_not_known_yet(firm: Firm) -> None:
    contacts = [MatterContact(contact_id=new_id(), roles=["client"])]
    command = OpenMatter(matter_id=new_id(), profile=PROFILE, contacts=contacts)
    assert await firm.do(open_matter, command) == [NotYetKnown("contact")]
    assert await firm.published_of(command.matter_id) == []


@pytest.mark.proves("I1")
async def test_another_firm_neither_sees_nor_takes_an_id(firm: Firm, new_firm: NewFirm) -> None:
    anna = await firm.contact()
    matter_id = await firm.matter({anna: ["client"]})
    other = await new_firm(name="Other")
    assert await other.refused(change_matter, ChangeMatter(matter_id=matter_id, profile=PROFILE)) == "unknown_matter"
    assert await other.refused(open_matter, OpenMatter(matter_id=matter_id, profile=PROFILE)) == "already_exists"
    taken = AddContact(contact_id=anna, profile=ANNA)
    assert await other.refused(add_contact, taken) == "already_exists"
    assign = AssignMatterContact(matter_id=await other.matter(), contact_id=anna, roles=["client"])
    assert await other.do(assign_matter_contact, assign) == [NotYetKnown("contact")]
    assert len(await other.published_of(matter_id)) == 0


@pytest.mark.proves("I1", "S8")
async def test_changing_a_matter_keeps_its_contacts_and_counts_up(firm: Firm) -> None:
    anna = await firm.contact()
    matter_id = await firm.matter({anna: ["client"]})
    changed = PROFILE.model_copy(update={"portal_enabled": False})
    command = ChangeMatter(matter_id=matter_id, profile=changed)
    assert (await firm.done(change_matter, command)).revision == 2
    assert (await firm.done(change_matter, command)).revision == 2
    assert await firm.published_of(matter_id) == [("matter-changed", 1), ("matter-changed", 2)]
    last = (await firm.published())[-1]["data"]
    assert last["profile"]["portal_enabled"] is False
    assert [contact["contact_id"] for contact in last["contacts"]] == [str(anna)]


@pytest.mark.proves("I1")
async def test_roles_are_set_and_taken_off(firm: Firm) -> None:
    anna, ben = await firm.contact(), await firm.contact("Ben Okafor")
    matter_id = await firm.matter({anna: ["billing"]})
    taken = AssignMatterContact(matter_id=matter_id, contact_id=ben, roles=["billing"])
    assert await firm.refused(assign_matter_contact, taken) == "billing_taken"
    off = AssignMatterContact(matter_id=matter_id, contact_id=anna, roles=[])
    assert (await firm.done(assign_matter_contact, off)).roles == []
    assert (await firm.done(assign_matter_contact, taken)).roles == ["billing"]
    async with firm.database.reading() as tx:
        matter = (await find_matters(tx, [(firm.firm_id, matter_id)]))[firm.firm_id, matter_id]
    assert matter.billing_contact_id == ben
    assert matter.revision == 3


@pytest.mark.proves("I1")
async def test_two_billing_contacts_at_once_end_with_one(firm: Firm) -> None:
    anna, ben, matter_id = await firm.contact(), await firm.contact("Ben Okafor"), await firm.matter()
    first, second = await firm.do_while_open(
        assign_matter_contact,
        AssignMatterContact(matter_id=matter_id, contact_id=anna, roles=["billing"]),
        AssignMatterContact(matter_id=matter_id, contact_id=ben, roles=["billing"]),
    )
    assert isinstance(first, Done)
    assert isinstance(second, Refused)
    assert second.slug == "billing_taken"
    assert await firm.published_of(matter_id) == [("matter-changed", 1), ("matter-changed", 2)]


@pytest.mark.proves("I1")
async def test_the_database_itself_lets_no_second_billing_contact_in(firm: Firm) -> None:
    anna, ben = await firm.contact(), await firm.contact("Ben Okafor")
    matter_id = await firm.matter({anna: ["billing"]})
    async with firm.database.reading() as tx:
        with pytest.raises(asyncpg.UniqueViolationError, match="matter_contacts_billing_key"):
            await tx.execute(
                "insert into matter_contacts values ($1, $2, $3, array['billing'])", firm.firm_id, matter_id, ben
            )


@pytest.mark.proves("I1", "S1")
async def test_a_contact_typed_in_joins_its_matter_and_typed_again_changes_nothing(firm: Firm) -> None:
    matter_id = await firm.matter()
    command = AddContact(contact_id=new_id(), profile=ANNA, matter_id=matter_id, roles=["other"])
    first = await firm.done(add_contact, command)
    assert first.roles == ["other"]
    assert await firm.done(add_contact, command) == first
    assert await firm.published_of(command.contact_id) == [("contact-changed", 1)]
    assert await firm.published_of(matter_id) == [("matter-changed", 1), ("matter-changed", 2)]


@pytest.mark.proves("I1", "S1")
async def test_a_known_contact_added_to_a_matter_keeps_the_roles_it_has(firm: Firm) -> None:
    matter_id = await firm.matter()
    command = AddContact(contact_id=new_id(), profile=ANNA, matter_id=matter_id, roles=["billing"])
    await firm.done(add_contact, command)
    again = command.model_copy(update={"roles": ["other"]})
    assert (await firm.done(add_contact, again)).roles == ["billing", "other"]
    async with firm.database.reading() as tx:
        (matter,) = (await find_matters(tx, [(firm.firm_id, matter_id)])).values()
    assert matter.roles_of(command.contact_id) == ("billing", "other")


@pytest.mark.proves("I1")
async def test_several_contacts_joining_one_matter_in_one_call_are_taken_in_order(firm: Firm) -> None:
    matter_id = await firm.matter()
    commands = [AddContact(contact_id=new_id(), profile=ANNA, matter_id=matter_id, roles=["billing"]) for _ in range(3)]
    commands.append(AddContact(contact_id=new_id(), profile=ANNA, matter_id=matter_id, roles=["client"]))
    commands.append(AddContact(contact_id=new_id(), profile=ANNA, matter_id=new_id(), roles=["client"]))
    outcomes = await firm.do(add_contact, *commands)
    assert [type(outcome).__name__ for outcome in outcomes] == ["Done", "Refused", "Refused", "Done", "NotYetKnown"]
    assert await firm.published_of(matter_id) == [("matter-changed", number) for number in (1, 2, 3)]
    async with firm.database.reading() as tx:
        known = await find_known_contacts(tx, [(firm.firm_id, command.contact_id) for command in commands])
    assert {contact_id for _, contact_id in known} == {commands[0].contact_id, commands[3].contact_id}


@pytest.mark.proves("I1")
async def test_a_contact_is_changed_and_published(firm: Firm) -> None:
    contact_id = await firm.contact()
    command = ChangeContact(contact_id=contact_id, profile=ANNA.model_copy(update={"email": None}))
    assert (await firm.done(change_contact, command)).revision == 2
    assert (await firm.done(change_contact, command)).revision == 2
    assert await firm.published_of(contact_id) == [("contact-changed", 1), ("contact-changed", 2)]
    assert await firm.refused(change_contact, ChangeContact(contact_id=new_id(), profile=ANNA)) == "unknown_contact"
    wrong = AddContact(contact_id=contact_id, profile=ANNA)
    assert await firm.refused(add_contact, wrong) == "already_exists"


@pytest.mark.proves("I1")
async def test_the_same_new_contact_from_two_sides_at_once_is_added_once(firm: Firm) -> None:
    matter_id = await firm.matter()
    command = AddContact(contact_id=new_id(), profile=ANNA, matter_id=matter_id, roles=["other"])
    outcomes = await firm.do_at_once(add_contact, *[command] * 6)
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert await firm.published_of(command.contact_id) == [("contact-changed", 1)]
    assert await firm.published_of(matter_id) == [("matter-changed", 1), ("matter-changed", 2)]
