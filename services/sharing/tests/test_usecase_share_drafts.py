"""Sharing a draft: asked first, finalised, and then shared or not at all; whatever order the messages come in."""

import asyncio
import itertools
from typing import Any, cast
from uuid import UUID

import pytest

from chassis.ids import new_id
from chassis.outcome import Accepted, Cause, Done, Refused, perhaps_late
from chassis.principal import Principal
from contracts.invoices import ContactProfile
from contracts.sharing import NewContact, PortalShareSet, SavePortalShares, ShareByLink
from sharing.usecases.revoke_shares import SharesEnded
from sharing.usecases.share_finalised import share_finalised

pytestmark = pytest.mark.proves("S6")


async def accept(world: Any, invoice_id: UUID, contact_ids: list[UUID], **wanted: Any) -> tuple[UUID, UUID]:
    """E-mail a draft with leave to finalise it; returns the command's id, and that of the command to finalise."""
    outcome = await world.mail(invoice_id, contact_ids, finalise_drafts=True, **wanted)
    ((kind, asked),) = await world.said()
    assert kind == "finalise-invoice"
    return cast("Accepted", outcome).command_id, UUID(asked["_envelope"]["id"])


async def save_set(world: Any, invoice_id: UUID, contact_ids: list[UUID]) -> Any:
    wanted = PortalShareSet(contact_ids=contact_ids, finalise_drafts=True)
    return await world.ask(SavePortalShares(invoice_id=invoice_id, wanted=wanted))


async def test_without_leave_the_answer_asks_first_and_nothing_changes(world: Any) -> None:
    (ada,) = await world.people(1)
    draft = await world.draft()
    asks = perhaps_late(
        Refused(
            "draft_needs_confirmation",
            f"invoice {draft} is a draft: sharing it with finalise_drafts finalises it first",
            {"invoice_id": str(draft)},
        )
    )
    assert await world.mail(draft, [ada]) == asks
    assert await world.ask(ShareByLink(invoice_id=draft, contact_id=ada, channel="link")) == asks
    assert await world.save(draft, [ada]) == asks
    assert await world.said() == []


async def test_with_leave_it_is_finalised_and_then_shared_and_answered_once(world: Any) -> None:
    (ada,) = await world.people(1)
    draft = await world.draft()
    world.principal = Principal(world.firm_id, "api_key", str(new_id()), frozenset({"shares:write", "invoices:write"}))
    cause = Cause("sharing", new_id(), world.firm_id, world.principal.actor, new_id())
    outcome = await world.mail(draft, [ada], finalise_drafts=True, message="Here it is", comments="none", cause=cause)
    assert outcome == Accepted(cause.message_id)
    ((kind, asked),) = await world.said()
    envelope = asked["_envelope"]
    assert (kind, asked["invoice_id"], envelope["actor"]) == ("finalise-invoice", str(draft), "service:sharing")
    assert (envelope["correlation"], envelope["causation"]) == (str(cause.correlation_id), str(cause.message_id))
    assert await world.channels(draft) == {}
    assert await world.command(cause.message_id) == ("waiting", None)

    await world.finalise(draft)
    (shared, fact), (noted, _), (answer, done) = await world.said()
    assert (shared, noted, answer) == ("invoice-shared", "communication-logged", "command-done")
    assert (fact["message"], fact["comments"], fact["version"]) == ("Here it is", "none", 1)
    assert done["result"] == {"shared": [str(ada)], "sent_again": []}
    assert (done["command_id"], done["correlation_id"]) == (str(cause.message_id), str(cause.correlation_id))
    assert done["command_type"] == "handbill.sharing.share-by-email.v1"
    assert fact["_envelope"]["actor"] == done["_envelope"]["actor"] == world.principal.actor
    assert await world.command(cause.message_id) == ("done", None)
    assert not await world.carry_out()
    assert await world.said() == []


async def test_an_invoice_that_is_final_already_is_shared_at_once(world: Any) -> None:
    (ada,) = await world.people(1)
    outcome = await world.mail(await world.invoice(), [ada], finalise_drafts=True)
    assert isinstance(outcome, Done)
    assert [kind for kind, _ in await world.said()] == ["invoice-shared"]


async def test_when_finalising_fails_nothing_is_shared_and_the_asker_learns_why(world: Any) -> None:
    (ada,) = await world.people(1)
    draft = await world.draft()
    command_id, finalise_id = await accept(world, draft, [ada])
    for _ in range(2):
        await world.refuse_finalising(finalise_id)
    ((kind, answer),) = await world.said()
    assert (kind, answer["slug"], answer["detail"]) == ("command-rejected", "no_lines", "an invoice needs a line")
    assert answer["command_id"] == str(command_id)
    await world.finalise(draft)
    assert await world.said() == []
    assert await world.channels(draft) == {}
    assert await world.command(command_id) == ("rejected", "no_lines")


async def test_answers_to_other_commands_and_other_firms_answers_change_nothing(worlds: Any) -> None:
    ours, theirs = worlds(), worlds()
    (ada,) = await ours.people(1)
    draft = await ours.draft()
    command_id, finalise_id = await accept(ours, draft, [ada])
    await ours.refuse_finalising(new_id())
    await theirs.refuse_finalising(finalise_id)
    assert await ours.command(command_id) == ("waiting", None)
    assert await ours.said() == []


@pytest.mark.parametrize("order", list(itertools.permutations(["final", "refused", "carried out"])))
async def test_whatever_comes_first_decides_and_is_answered_once(world: Any, order: tuple[str, ...]) -> None:
    """Another person finalises while our own command is refused: both are true, one of them is heard first."""
    (ada,) = await world.people(1)
    draft = await world.draft()
    command_id, finalise_id = await accept(world, draft, [ada])
    for step in (*order, *order):
        if step == "final":
            await world.receive((world.finalised(draft), 2))
        elif step == "refused":
            await world.refuse_finalising(finalise_id)
        else:
            await world.carry_out()
    facts = [kind for kind, _ in await world.said()]
    state, _ = await world.command(command_id)
    assert facts in (["invoice-shared", "command-done"], ["command-rejected"])
    assert (state == "done") == (facts[-1] == "command-done") == bool(await world.channels(draft))


async def test_the_portal_and_the_contacts_are_judged_again_when_it_is_final(worlds: Any) -> None:
    for what, slug in (("portal", "portal_disabled"), ("member", "contact_not_on_matter"), ("address", "no_address")):
        world = worlds()
        (ada,) = await world.people(1)
        draft = await world.draft()
        accepted = cast("Accepted", await save_set(world, draft, [ada]))
        if what == "address":
            await world.receive((world.contact_changed(ada, email=None), 2))
        else:
            await world.matter([ada] if what == "portal" else [], portal=what != "portal")
        await world.said()
        await world.finalise(draft)
        ((kind, answer),) = await world.said()
        assert (kind, answer["slug"]) == ("command-rejected", slug), what
        subject = {"matter_id": str(world.matter_id)} if what == "portal" else {"contact_id": str(ada)}
        assert answer["about"] == {"invoice_id": str(draft), **subject}
        assert await world.command(accepted.command_id) == ("rejected", slug)
        assert await world.channels(draft) == {}


async def test_what_is_refused_anyway_is_refused_before_anything_is_finalised(world: Any) -> None:
    mute = await world.contact(email=None)
    await world.firm()
    await world.matter([mute])
    draft = await world.draft()
    outcome = await world.mail(draft, [mute], finalise_drafts=True)
    about = {"invoice_id": str(draft), "contact_id": str(mute)}
    detail = f"contact {mute} has no address that this channel could use"
    assert outcome == perhaps_late(Refused("no_address", detail, about))
    assert await world.said() == []


async def test_finalising_needs_the_right_to(world: Any) -> None:
    (ada,) = await world.people(1)
    draft = await world.draft()
    world.principal = Principal(world.firm_id, "api_key", str(new_id()), frozenset({"shares:write"}))
    outcome = await world.mail(draft, [ada], finalise_drafts=True)
    assert outcome == Refused("scope_missing", "finalising a draft needs invoices:write")
    assert await world.said() == []


@pytest.mark.proves("S7")
async def test_unsharing_meanwhile_takes_out_those_it_names_and_cancels_when_nobody_is_left(world: Any) -> None:
    ada, ben = await world.people(2)
    draft = await world.draft()
    command_id, _ = await accept(world, draft, [ada, ben])
    assert await world.revoke(draft, contact_ids=[ada]) == Done(SharesEnded(revoked=[], cancelled=[]))
    assert await world.revoke(draft, channels=["portal"]) == Done(SharesEnded(revoked=[], cancelled=[]))
    other_id, _ = await accept(world, draft, [ada])
    assert await world.revoke(draft, contact_ids=[ada]) == Done(SharesEnded(revoked=[], cancelled=[other_id]))
    ((kind, answer),) = await world.said()
    assert (kind, answer["slug"], answer["command_id"]) == ("command-rejected", "revoked", str(other_id))
    await world.finalise(draft)
    assert await world.channels(draft) == {(ben, "email"): ("active", 1)}
    assert await world.command(command_id) == ("done", None)
    assert [kind for kind, _ in await world.said()] == ["invoice-shared", "command-done"]


@pytest.mark.proves("S1", "S7")
async def test_a_later_set_ends_one_that_waits_and_unsharing_ends_what_the_draft_wished(world: Any) -> None:
    ada, ben = await world.people(2)
    draft = await world.draft([ben])
    first = cast("Accepted", await save_set(world, draft, [ada]))
    second = cast("Accepted", await save_set(world, draft, [ada, ben]))
    assert await world.command(first.command_id) == ("rejected", "superseded")
    await world.revoke(draft, contact_ids=[ben])
    assert await world.wishes(draft) == {ben: ("superseded", None)}
    await world.finalise(draft)
    await world.grant_wishes()
    assert await world.channels(draft) == {(ada, "portal"): ("active", 1)}
    assert await world.command(second.command_id) == ("done", None)


@pytest.mark.proves("I2", "S1")
async def test_a_set_that_waits_goes_before_the_drafts_own_wishes(world: Any) -> None:
    ada, ben = await world.people(2)
    draft = await world.draft([ben])
    await save_set(world, draft, [ada])
    await world.receive((world.finalised(draft), 2))
    assert not await world.grant_wishes()
    await world.carry_out()
    await world.grant_wishes()
    assert await world.channels(draft) == {(ada, "portal"): ("active", 1)}
    assert await world.wishes(draft) == {ben: ("superseded", None)}


async def test_several_acts_of_one_draft_are_carried_out_in_the_order_they_were_asked(world: Any) -> None:
    ada, ben = await world.people(2)
    draft, spouse = await world.draft(), new_id()
    profile = ContactProfile(name="Spouse", email="spouse@client.test", locale="de-AT")
    await accept(world, draft, [ada], new_contacts=[NewContact(contact_id=spouse, profile=profile)])
    await accept(world, draft, [ada, ben])
    link = ShareByLink(invoice_id=draft, contact_id=spouse, channel="link", finalise_drafts=True)
    # Nothing was kept of the contact that was typed in: finalising may fail yet.
    assert (await world.ask(link)).what == "contact"
    await world.finalise(draft)
    facts = await world.said()
    told = [(fact["is_resend"], [share["contact_id"] for share in fact["shares"]]) for kind, fact in facts
            if kind == "invoice-shared"]  # fmt: skip
    assert told == [(False, [str(ada), str(spouse)]), (False, [str(ben)]), (True, [str(ada)])]
    assert [fact["profile"]["locale"] for kind, fact in facts if kind == "add-contact"] == ["de-AT"]
    assert [kind for kind, _ in facts].count("command-done") == 2


async def test_many_workers_a_refusal_and_an_unsharing_at_once_end_each_act_once(world: Any) -> None:
    ada, ben = await world.people(2)
    drafts = [await world.draft() for _ in range(8)]
    accepted = [await accept(world, draft, [ada, ben]) for draft in drafts]

    async def work() -> None:
        async with world.transaction() as tx:
            await share_finalised(tx)

    await world.receive(*((world.finalised(draft), 2) for draft in drafts))
    await asyncio.gather(
        *(work() for _ in range(3)),
        *(world.refuse_finalising(finalise_id) for _, finalise_id in accepted[:4]),
        *(world.revoke(draft) for draft in drafts[2:6]),
    )
    while await world.carry_out():
        pass
    facts = await world.said()
    answers = [fact["command_id"] for kind, fact in facts if kind.startswith("command-")]
    assert sorted(answers) == sorted(str(command_id) for command_id, _ in accepted)
    for draft, (command_id, _) in zip(drafts, accepted, strict=True):
        state, _ = await world.command(command_id)
        assert bool(await world.channels(draft)) == (state == "done")
    for draft in drafts[2:6]:
        assert {state for state, _ in (await world.channels(draft)).values()} <= {"revoked"}
