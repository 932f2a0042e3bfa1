"""Sharing by e-mail, link and text, sending again and ending it, on a real database."""

from typing import Any, cast
from uuid import UUID

import pytest

from chassis.ids import new_id
from chassis.outcome import Done, NotYetKnown, Refused, perhaps_late
from contracts.invoices import ContactProfile, InvoiceRevised, InvoiceTotals, InvoiceVoided
from contracts.sharing import NewContact, ResendShares, ShareByLink
from sharing.store.share_answers import LinkGiven, Sent
from sharing.usecases.revoke_shares import SharesEnded


def sent(shared: list[UUID] = [], again: list[UUID] = []) -> Done:  # noqa: B006 - never changed
    return Done(Sent(shared=shared, sent_again=again))


def told(facts: list[tuple[str, dict]]) -> list[tuple[bool, int, list[str]]]:
    """Who was told of it: whether again, in which generation, and who."""
    return [
        (fact["is_resend"], fact["shares"][0]["generation"], [share["contact_id"] for share in fact["shares"]])
        for kind, fact in facts
        if kind == "invoice-shared"
    ]


@pytest.mark.proves("S3", "S8")
async def test_an_invoice_is_mailed_to_anyone_without_a_portal(world: Any) -> None:
    (ada,) = await world.people(1)
    stranger = await world.contact(name="Stranger")
    await world.matter([ada], portal=False)
    invoice_id = await world.invoice()
    assert await world.mail(invoice_id, [ada, stranger], comments="none") == sent([ada, stranger])
    ((kind, fact),) = await world.said()
    assert (kind, fact["channel"], fact["comments"], fact["on_payment_page"], fact["message"]) == (
        "invoice-shared", "email", "none", True, None,
    )  # fmt: skip
    assert [share["email"] for share in fact["shares"]] == ["ada@client.test"] * 2
    assert await world.channels(invoice_id) == {(ada, "email"): ("active", 1), (stranger, "email"): ("active", 1)}


@pytest.mark.proves("S3")
async def test_sending_again_sends_again_in_the_same_generation(world: Any) -> None:
    ada, ben = await world.people(2)
    invoice_id = await world.invoice()
    await world.mail(invoice_id, [ada])
    await world.said()
    assert await world.mail(invoice_id, [ada, ben]) == sent([ben], [ada])
    assert told(await world.said()) == [(False, 1, [str(ben)]), (True, 1, [str(ada)])]


@pytest.mark.proves("S3", "S1")
async def test_a_contact_typed_in_is_mailed_and_joins_the_matter(world: Any) -> None:
    await world.people(1)
    invoice_id, spouse = await world.invoice(), new_id()
    new = NewContact(contact_id=spouse, profile=ContactProfile(name="Spouse", email="spouse@client.test"))
    assert await world.mail(invoice_id, [], new_contacts=[new]) == sent([spouse])
    (shared, fact), (added, command) = await world.said()
    assert (shared, added) == ("invoice-shared", "add-contact")
    assert (command["roles"], command["matter_id"]) == (["other"], str(world.matter_id))
    assert fact["shares"][0]["email"] == "spouse@client.test"


@pytest.mark.proves("S3")
async def test_what_cannot_be_mailed_is_refused_for_all(world: Any) -> None:
    (ada,) = await world.people(1)
    mute, nobody, invoice_id = await world.contact(email=None), new_id(), await world.invoice()
    assert await world.mail(invoice_id, [ada, mute]) == perhaps_late(
        Refused(
            "no_address",
            f"contact {mute} has no address that this channel could use",
            {"invoice_id": str(invoice_id), "contact_id": str(mute)},
        )
    )
    assert await world.mail(invoice_id, [nobody]) == NotYetKnown("contact", ids=(nobody,))
    await world.firm(["portal"], revision=2)
    assert await world.mail(invoice_id, [ada]) == perhaps_late(
        Refused(
            "channel_not_in_plan",
            f"firm {world.firm_id} may not use this channel",
            {"invoice_id": str(invoice_id), "firm_id": str(world.firm_id)},
        )
    )
    assert await world.said() == []
    assert await world.channels(invoice_id) == {}


@pytest.mark.proves("S5")
async def test_a_message_of_its_own_is_noted_on_the_matter_and_the_default_one_is_not(world: Any) -> None:
    ada, ben = await world.people(2)
    invoice_id = await world.invoice()
    await world.mail(invoice_id, [ada])
    await world.save(invoice_id, [ada])
    assert {kind for kind, _ in await world.said()} == {"invoice-shared"}
    await world.mail(invoice_id, [ada, ben], message="As discussed")
    facts = dict(await world.said())
    noted = facts["communication-logged"]
    assert (noted["matter_id"], noted["invoice_id"], noted["channel"], noted["message"]) == (
        str(world.matter_id), str(invoice_id), "email", "As discussed",
    )  # fmt: skip
    assert set(noted["contact_ids"]) == {str(ada), str(ben)}
    await world.save(invoice_id, [ada], message="Nobody is told of this")
    assert await world.said() == []
    async with world.transaction() as tx:
        assert await tx.fetchval("select count(*) from communications") == 1


@pytest.mark.proves("S5", "S10")
@pytest.mark.parametrize("channel", ["link", "text"])
async def test_a_message_that_goes_with_a_link_is_noted_on_the_matter_too(world: Any, channel: str) -> None:
    ada = await world.contact(phone="+14155550100")
    await world.people(0)
    invoice_id, draft = await world.invoice(), await world.draft()

    def link(one: UUID, **more: Any) -> ShareByLink:
        return ShareByLink.model_validate({"invoice_id": one, "contact_id": ada, "channel": channel, **more})

    await world.ask(link(invoice_id))
    await world.ask(link(draft, message="For your records", finalise_drafts=True))
    assert [kind for kind, _ in await world.said()] == ["invoice-shared", "finalise-invoice"]
    await world.finalise(draft)
    facts = dict(await world.said())
    assert facts["invoice-shared"]["message"] == "For your records"
    noted = facts["communication-logged"]
    assert (noted["channel"], noted["message"], noted["contact_ids"]) == (channel, "For your records", [str(ada)])


@pytest.mark.proves("S11")
@pytest.mark.parametrize("channel", ["link", "text"])
async def test_a_link_stays_off_the_payment_page_unless_its_sender_says_so(world: Any, channel: str) -> None:
    ada = await world.contact(phone="+14155550100")
    await world.people(0)
    invoice_id = await world.invoice()
    answers = []
    for on_page in (False, True):
        command = ShareByLink(
            invoice_id=invoice_id, contact_id=ada, channel=cast("Any", channel), on_payment_page=on_page
        )
        answers.append(cast("LinkGiven", cast("Done", await world.ask(command)).answer))
        assert [grant.invoice_id for grant in await world.pass_payment(ada, invoice_id)] == [invoice_id] * on_page
    assert [answer.is_again for answer in answers] == [False, True]
    assert answers[0].share_id == answers[1].share_id
    assert [(fact["channel"], fact["on_payment_page"]) for _, fact in await world.said()] == [
        (channel, False),
        (channel, True),
    ]


@pytest.mark.proves("S10")
async def test_a_text_needs_a_phone_and_a_copied_link_needs_nothing(world: Any) -> None:
    await world.people(0)
    mute, invoice_id = await world.contact(email=None), await world.invoice()
    text = await world.ask(ShareByLink(invoice_id=invoice_id, contact_id=mute, channel="text"))
    about = {"invoice_id": str(invoice_id), "contact_id": str(mute)}
    detail = f"contact {mute} has no address that this channel could use"
    assert text == perhaps_late(Refused("no_address", detail, about))
    assert isinstance(await world.ask(ShareByLink(invoice_id=invoice_id, contact_id=mute, channel="link")), Done)


@pytest.mark.proves("S7")
@pytest.mark.parametrize(
    ("which", "left"),
    [
        ({}, set()),
        ({"channels": ["email"]}, {("ada", "portal"), ("ben", "portal")}),
        ({"contact_ids": ["ada"]}, {("ben", "portal"), ("ben", "email")}),
        ({"channels": ["portal"], "contact_ids": ["ben"]}, {("ada", "portal"), ("ada", "email"), ("ben", "email")}),
        ({"channels": []}, {("ada", "portal"), ("ada", "email"), ("ben", "portal"), ("ben", "email")}),
    ],
    ids=["everything", "a channel", "a contact", "both", "no channel"],
)
async def test_exactly_what_is_named_ends_and_nobody_is_mailed(
    world: Any, which: dict[str, list[str]], left: set[tuple[str, str]]
) -> None:
    people: dict[str, UUID] = dict(zip(("ada", "ben"), await world.people(2), strict=True))
    invoice_id = await world.invoice()
    await world.save(invoice_id, list(people.values()))
    await world.mail(invoice_id, list(people.values()))
    await world.said()
    named = (
        which | {"contact_ids": [people[name] for name in which["contact_ids"]]} if "contact_ids" in which else which
    )
    ended = cast("SharesEnded", cast("Done", await world.revoke(invoice_id, **named)).answer)
    states = await world.channels(invoice_id)
    now_open = {
        (name, channel) for name in people for channel in ("portal", "email")
        if states[people[name], channel][0] == "active"
    }  # fmt: skip
    assert now_open == left
    facts = await world.said()
    assert {kind for kind, _ in facts} <= {"shares-revoked"}
    assert sum(len(fact["shares"]) for _, fact in facts) == len(ended.revoked) == 4 - len(left)
    assert await world.revoke(invoice_id, **named) == Done(SharesEnded(revoked=[], cancelled=[]))
    assert await world.said() == []


@pytest.mark.proves("S7")
async def test_sharing_again_after_unsharing_is_a_new_generation_and_a_new_mail(world: Any) -> None:
    (ada,) = await world.people(1)
    invoice_id = await world.invoice()
    await world.mail(invoice_id, [ada])
    await world.revoke(invoice_id)
    await world.mail(invoice_id, [ada])
    assert told(await world.said()) == [(False, 1, [str(ada)]), (False, 2, [str(ada)])]


@pytest.mark.proves("S7")
async def test_resending_tells_again_without_a_new_generation_and_keeps_what_was_chosen(world: Any) -> None:
    ada, ben = await world.people(2)
    invoice_id = await world.invoice()
    await world.mail(invoice_id, [ada], comments="none")
    await world.mail(invoice_id, [ben])
    await world.said()
    again = ResendShares(invoice_id=invoice_id, channel="email", contact_ids=[ada, ben], message="A reminder")
    assert await world.ask(again) == sent(again=[ada, ben])
    facts = await world.said()
    assert [(fact["comments"], fact["is_resend"]) for kind, fact in facts if kind == "invoice-shared"] == [
        ("none", True), ("all", True),
    ]  # fmt: skip
    assert [kind for kind, _ in facts].count("communication-logged") == 1


@pytest.mark.proves("S7", "S8")
async def test_what_is_not_shared_or_may_not_be_shared_now_is_not_resent(world: Any) -> None:
    ada, ben = await world.people(2)
    invoice_id = await world.invoice()
    await world.save(invoice_id, [ada])
    await world.said()

    def portal(*contact_ids: UUID) -> ResendShares:
        return ResendShares(invoice_id=invoice_id, channel="portal", contact_ids=list(contact_ids))

    assert await world.ask(portal(ada, ben)) == Refused(
        "not_shared",
        f"nothing is shared with contact {ben} by this channel",
        {"invoice_id": str(invoice_id), "contact_id": str(ben)},
    )
    await world.matter([ada], portal=False)
    outcome = await world.ask(portal(ada))
    about = {"invoice_id": str(invoice_id), "matter_id": str(world.matter_id)}
    assert outcome == perhaps_late(Refused("portal_disabled", f"the portal of matter {world.matter_id} is off", about))
    assert [kind for kind, _ in await world.said()] == ["shares-suspended"]


@pytest.mark.proves("I4", "S3")
async def test_a_revised_invoice_is_shared_at_its_newest_version_and_a_void_one_with_nobody_else(world: Any) -> None:
    ada, ben = await world.people(2)
    invoice_id = await world.invoice()
    await world.mail(invoice_id, [ada])
    final = world.finalised(invoice_id)
    dearer = InvoiceTotals(subtotal_minor=20000, discount_minor=0, tax_minor=0, total_minor=20000)
    more = {"previous_total_minor": 10000, "reason": "Hours added", "changed": ["lines"]}
    revised = InvoiceRevised.model_validate({**dict(final), "version": 2, "totals": dearer, **more})
    await world.receive((revised, 3))
    await world.said()
    await world.mail(invoice_id, [ada])
    ((_, fact),) = await world.said()
    assert (fact["version"], fact["total_minor"], fact["is_resend"]) == (2, 20000, True)
    assert fact["invoice_revision"] == 3, "so that who hears of it knows what they were not told"
    said: dict[str, Any] = {name: value for name, value in dict(revised).items() if name in InvoiceVoided.model_fields}
    await world.receive((InvoiceVoided.model_validate(said | {"total_minor": 20000}), 4))
    void = Refused("void", f"invoice {invoice_id} is void", {"invoice_id": str(invoice_id)})
    assert await world.mail(invoice_id, [ben]) == perhaps_late(void)


async def test_another_firms_invoice_is_unknown_to_every_command(worlds: Any) -> None:
    ours, theirs = worlds(), worlds()
    (ada,) = await ours.people(1)
    invoice_id = await ours.invoice()
    await ours.mail(invoice_id, [ada])
    await ours.said()
    assert await theirs.mail(invoice_id, [ada]) == NotYetKnown("invoice")
    assert await theirs.revoke(invoice_id) == NotYetKnown("invoice")
    resend = ResendShares(invoice_id=invoice_id, channel="email", contact_ids=[ada])
    assert await theirs.ask(resend) == NotYetKnown("invoice")
    assert await ours.said() == []
