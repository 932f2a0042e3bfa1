"""Sharing a draft over the whole stack: it asks first, is finalised by sharing, and shares nothing where that fails.

Source: mission I2, S1, S6, X1.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from chassis.testing import eventually
from contracts.sharing import EmailShareRequest, PortalShareSet, SavePortalShares, ShareByEmail, ShareByLink
from stack.client.api import Answer
from stack.client.asked import ask, ask_done, ask_refused
from stack.client.people import Person, PostOffice, attachments_of, meet
from stack.client.practice import Practice, plain_terms
from stack.client.sharing import revoke_shares, share_by_email, shares_of
from stack.client.topics import TopicWatch

pytestmark = pytest.mark.kafka

NO_LINES = plain_terms(1).model_copy(update={"lines": []})
Rest = Callable[[], Awaitable[None]]


async def drafted(office: Practice, *, is_empty: bool = False) -> tuple[UUID, Person]:
    matter_id = await office.matter("D-1", "Drafts")
    ada = await meet(office, "Ada", matter_id)
    return await office.draft(matter_id, NO_LINES if is_empty else None), ada


async def status_of(office: Practice, invoice_id: UUID) -> str:
    return (await office.api.get("invoices", f"/v1/invoices/{invoice_id}")).body["status"]


async def ended(office: Practice, accepted: Answer) -> dict[str, object]:
    """Ask where an answer says, until the command has ended."""
    location = accepted.location
    assert location is not None
    assert location == f"/v1/commands/{accepted.body['command_id']}"

    async def state() -> dict[str, object]:
        body = (await office.api.get("sharing", location)).body
        return body if body["state"] != "waiting" else {}

    return await eventually(state)


@pytest.mark.proves("S6", "X1")
async def test_a_draft_asks_first_by_every_channel_and_a_no_changes_nothing(
    office: Practice, post: PostOffice, watch: TopicWatch, at_rest: Rest
) -> None:
    draft_id, ada = await drafted(office)
    ids = [ada.contact_id]

    by_http = await share_by_email(office, draft_id, ids)

    assert (by_http.status, by_http.body["slug"]) == (409, "draft_needs_confirmation")
    assert str(draft_id) in by_http.body["detail"]
    for command in (
        ShareByEmail(invoice_id=draft_id, wanted=EmailShareRequest(contact_ids=ids)),
        SavePortalShares(invoice_id=draft_id, wanted=PortalShareSet(contact_ids=ids)),
        ShareByLink(invoice_id=draft_id, contact_id=ada.contact_id, channel="link"),
    ):
        assert await ask_refused(watch, office, command) == "draft_needs_confirmation"
    await at_rest()
    assert await status_of(office, draft_id) == "draft"
    assert await shares_of(office, draft_id) == []
    assert await post.mails(ada) == []


@pytest.mark.proves("S6", "S3")
async def test_with_leave_by_http_the_draft_is_finalised_and_then_shared_with_its_pdf(
    office: Practice, post: PostOffice
) -> None:
    draft_id, ada = await drafted(office)

    answer = await share_by_email(office, draft_id, [ada.contact_id], finalise_drafts=True)

    assert (answer.status, answer.body["state"]) == (202, "waiting")
    told = await ended(office, answer)
    assert (told["state"], told["slug"]) == ("done", None)
    assert told["result"] == {"shared": [str(ada.contact_id)], "sent_again": []}
    assert await status_of(office, draft_id) == "final"
    (mail,) = await post.arrived(ada, 1)
    assert [content[:5] for content in attachments_of(mail)] == [b"%PDF-"]
    number = (await office.api.get("invoices", f"/v1/invoices/{draft_id}")).body["number"]
    assert number in mail.subject


@pytest.mark.proves("S6", "S1", "X1")
async def test_with_leave_by_topic_there_is_one_answer_when_it_is_shared(
    office: Practice, post: PostOffice, watch: TopicWatch, at_rest: Rest
) -> None:
    draft_id, ada = await drafted(office)
    wanted = PortalShareSet(contact_ids=[ada.contact_id], finalise_drafts=True)
    command = SavePortalShares(invoice_id=draft_id, wanted=wanted)

    correlation_id = await watch.command(command, firm_id=office.firm_id, actor=office.actor)

    (answer,) = await watch.answers(correlation_id)
    assert (answer.type, answer.data["result"]["shared"]) == (
        "handbill.sharing.command-done.v1",
        [str(ada.contact_id)],
    )
    await at_rest()
    assert len(await watch.answers(correlation_id)) == 1
    assert await status_of(office, draft_id) == "final"
    await post.arrived(ada, 1)


@pytest.mark.proves("S6", "X1")
async def test_where_finalising_fails_nothing_is_shared_and_the_reason_is_told_by_http_and_by_topic(
    office: Practice, post: PostOffice, watch: TopicWatch, at_rest: Rest
) -> None:
    empty_id, ada = await drafted(office, is_empty=True)
    wanted = EmailShareRequest(contact_ids=[ada.contact_id], finalise_drafts=True)

    answer = await share_by_email(office, empty_id, [ada.contact_id], finalise_drafts=True)

    assert (answer.status, answer.body["state"]) == (202, "waiting")
    told = await ended(office, answer)
    assert (told["state"], told["slug"], told["result"]) == ("rejected", "no_lines", None)
    assert await ask_refused(watch, office, ShareByEmail(invoice_id=empty_id, wanted=wanted)) == "no_lines"
    await at_rest()
    assert await status_of(office, empty_id) == "draft"
    assert await shares_of(office, empty_id) == []
    assert await post.mails(ada) == []


@pytest.mark.proves("I2", "S1")
async def test_whom_a_draft_names_has_it_in_the_portal_once_it_is_final_and_not_before(
    office: Practice, post: PostOffice, at_rest: Rest
) -> None:
    matter_id = await office.matter("D-2", "Named at creation")
    ada, bob = await meet(office, "Ada", matter_id), await meet(office, "Bob", matter_id)
    draft_id = await office.draft(matter_id, share_with=[ada.contact_id, bob.contact_id])
    await at_rest()
    assert await post.mails(ada) == []

    await office.finalise(draft_id)

    for person in (ada, bob):
        await post.arrived(person, 1)

    async def indicated() -> bool:
        return (await office.api.get("invoices", f"/v1/invoices/{draft_id}")).body["is_shared"]

    await eventually(indicated)


@pytest.mark.proves("S6", "S7")
async def test_unsharing_a_draft_right_after_its_share_leaves_nothing_shared_whatever_came_first(
    office: Practice, watch: TopicWatch, at_rest: Rest
) -> None:
    draft_id, ada = await drafted(office)
    wanted = PortalShareSet(contact_ids=[ada.contact_id], finalise_drafts=True)
    command = SavePortalShares(invoice_id=draft_id, wanted=wanted)
    correlation_id = await watch.command(command, firm_id=office.firm_id, actor=office.actor)

    async def is_there() -> bool:
        return (await office.api.get("sharing", f"/v1/invoices/{draft_id}/shares")).status == 200

    await eventually(is_there)
    revoked = await revoke_shares(office, draft_id)
    assert revoked.status == 200
    (answer,) = await watch.answers(correlation_id)
    await at_rest()
    active = [share for share in await shares_of(office, draft_id) if share["state"] == "active"]
    # The command may come after the end that was asked by HTTP: the two ways have no order between them.
    came_first = bool(revoked.body["revoked"] or revoked.body["cancelled"])
    assert (active == []) is came_first
    if revoked.body["cancelled"]:
        assert answer.data["slug"] == "revoked", answer.data


@pytest.mark.proves("S6")
async def test_two_commands_for_one_draft_make_it_final_once_and_are_both_answered(
    office: Practice, post: PostOffice, watch: TopicWatch
) -> None:
    draft_id, ada = await drafted(office)
    email = ShareByEmail(
        invoice_id=draft_id, wanted=EmailShareRequest(contact_ids=[ada.contact_id], finalise_drafts=True)
    )
    portal = SavePortalShares(
        invoice_id=draft_id, wanted=PortalShareSet(contact_ids=[ada.contact_id], finalise_drafts=True)
    )

    settled = [await ask(watch, office, command) for command in (email, portal)]

    assert [each.type for each in settled] == ["command-done", "command-done"]
    await post.arrived(ada, 2)
    finalised = watch.of_firm(office.firm_id, "invoices.invoice-finalised")
    assert len([fact for fact in finalised if fact.key == str(draft_id)]) == 1
    assert await ask_done(watch, office, portal) == {"shared": [], "unshared": [], "unchanged": [str(ada.contact_id)]}
