"""An invoice by e-mail over the whole stack: its PDF, its message, its end, and being told again.

Source: mission S3, S5, S7, I7, I8, N1, X1.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from chassis.testing import eventually
from contracts.sharing import EmailShareRequest, ResendShares, RevokeShares, ShareByEmail
from stack.client.asked import ask_done, ask_refused
from stack.client.paying import payable_ids
from stack.client.people import Person, PostOffice, attachments_of, meet
from stack.client.practice import Practice
from stack.client.sharing import resend_shares, revoke_shares, share_by_email, share_in_portal, shares_of
from stack.client.topics import TopicWatch
from stack.control import Control

pytestmark = pytest.mark.kafka

NOTE = "The notary's bill, as discussed."


async def billed(office: Practice) -> tuple[UUID, UUID, Person]:
    """A matter with a final invoice of 250.00, and somebody on it."""
    matter_id = await office.matter("E-1", "Estate by mail")
    return matter_id, await office.final_invoice(matter_id), await meet(office, "Ada", matter_id)


async def pays(office: Practice, person: Person, *invoice_ids: UUID) -> None:
    async def as_expected() -> bool:
        return await payable_ids(office, person.contact_id) == set(invoice_ids)

    await eventually(as_expected)


@pytest.mark.proves("S3", "S5", "N1", "I5", "I8")
async def test_an_invoice_by_mail_brings_its_pdf_and_message_and_is_noted_on_the_matter(
    office: Practice, post: PostOffice, watch: TopicWatch
) -> None:
    matter_id, invoice_id, ada = await billed(office)

    answer = await share_by_email(office, invoice_id, [ada.contact_id], message=NOTE)

    assert (answer.status, answer.body["shared"]) == (200, [str(ada.contact_id)])
    (mail,) = await post.arrived(ada, 1)
    _, content = await office.api.download("invoices", f"/v1/invoices/{invoice_id}/versions/1/pdf")
    assert attachments_of(mail) == [content]
    assert content.startswith(b"%PDF-")
    for said in (NOTE, "Shared & Partners", "Estate by mail", "250.00", "Pay it here"):
        assert said in mail.part("plain")
    communications = (await office.api.get("sharing", f"/v1/matters/{matter_id}/communications")).body["items"]
    assert [(each["message"], each["contact_ids"]) for each in communications] == [(NOTE, [str(ada.contact_id)])]

    async def published() -> bool:
        logged = watch.of_firm(office.firm_id, "sharing.communication-logged")
        return [each.data["message"] for each in logged if each.key == str(matter_id)] == [NOTE]

    await eventually(published)
    await pays(office, ada, invoice_id)
    assert not (await office.api.get("invoices", f"/v1/invoices/{invoice_id}")).body["is_shared"]


@pytest.mark.proves("S3", "S5", "X1")
async def test_by_topic_it_is_sent_each_time_and_without_a_message_nothing_is_noted(
    office: Practice, post: PostOffice, watch: TopicWatch
) -> None:
    matter_id, invoice_id, ada = await billed(office)
    command = ShareByEmail(invoice_id=invoice_id, wanted=EmailShareRequest(contact_ids=[ada.contact_id]))

    first = await ask_done(watch, office, command)
    again = await ask_done(watch, office, command)

    assert (first["shared"], first["sent_again"]) == ([str(ada.contact_id)], [])
    assert (again["shared"], again["sent_again"]) == ([], [str(ada.contact_id)])
    mails = await post.arrived(ada, 2)
    assert len({mail.message["Message-ID"] for mail in mails}) == 2
    (share,) = await shares_of(office, invoice_id)
    assert (share["channel"], share["generation"], share["state"]) == ("email", 1, "active")
    assert (await office.api.get("sharing", f"/v1/matters/{matter_id}/communications")).body["items"] == []


@pytest.mark.proves("S7", "P1", "X1")
async def test_an_ended_share_comes_back_as_a_new_generation_and_a_resent_one_stays_what_it_is(
    office: Practice, post: PostOffice, watch: TopicWatch
) -> None:
    _, invoice_id, ada = await billed(office)
    await share_by_email(office, invoice_id, [ada.contact_id])
    await post.arrived(ada, 1)
    await pays(office, ada, invoice_id)

    ended = await ask_done(watch, office, RevokeShares(invoice_id=invoice_id))

    assert [(each["contact_id"], each["channel"]) for each in ended["revoked"]] == [(str(ada.contact_id), "email")]
    await pays(office, ada)
    resend = ResendShares(invoice_id=invoice_id, channel="email", contact_ids=[ada.contact_id])
    assert await ask_refused(watch, office, resend) == "not_shared"
    await share_by_email(office, invoice_id, [ada.contact_id])
    await pays(office, ada, invoice_id)
    await post.arrived(ada, 2)
    assert [each["generation"] for each in await shares_of(office, invoice_id)] == [2]
    assert (await ask_done(watch, office, resend))["sent_again"] == [str(ada.contact_id)]
    assert (await resend_shares(office, invoice_id, "email", [ada.contact_id])).status == 200
    await post.arrived(ada, 4)
    assert [each["generation"] for each in await shares_of(office, invoice_id)] == [2]
    told = watch.of_firm(office.firm_id, "sharing.invoice-shared")
    assert [each.data["is_resend"] for each in told if each.key == str(invoice_id)] == [False, False, True, True]


@pytest.mark.proves("S7")
async def test_ending_one_contacts_share_by_one_channel_leaves_every_other(office: Practice, post: PostOffice) -> None:
    matter_id, invoice_id, ada = await billed(office)
    bob = await meet(office, "Bob", matter_id)
    await share_by_email(office, invoice_id, [ada.contact_id, bob.contact_id])
    await post.arrived(ada, 1)
    await share_in_portal(office, invoice_id, [ada.contact_id])

    answer = await revoke_shares(office, invoice_id, channels=["email"], contact_ids=[ada.contact_id])

    assert [each["contact_id"] for each in answer.body["revoked"]] == [str(ada.contact_id)]
    active = {
        (each["contact_id"], each["channel"])
        for each in await shares_of(office, invoice_id)
        if each["state"] == "active"
    }
    assert active == {(str(ada.contact_id), "portal"), (str(bob.contact_id), "email")}
    await pays(office, ada, invoice_id)
    await pays(office, bob, invoice_id)
    await post.arrived(ada, 2)


@pytest.mark.proves("S7", "N5")
async def test_a_mail_that_waits_for_its_pdf_is_never_sent_once_the_share_has_ended(
    office: Practice, post: PostOffice, at_rest: Callable[[], Awaitable[None]]
) -> None:
    """The PDF without comments is made for the first who is to have it: with invoices frozen, the mail waits for it."""
    _, invoice_id, ada = await billed(office)

    async def is_known() -> bool:
        return (await office.api.get("sharing", f"/v1/contacts/{ada.contact_id}/shares")).status == 200

    await eventually(is_known)

    async def states() -> list[tuple[str, str | None]]:
        found = (await office.api.get("notify", "/v1/deliveries", invoice_id=str(invoice_id))).body["items"]
        return [(each["state"], each["reason"]) for each in found]

    with Control.of_test_stack() as control:
        control.freeze("invoices")
        try:
            await share_by_email(office, invoice_id, [ada.contact_id], comments="none")
            await eventually(states)
            assert [state for state, _ in await states()] == ["planned"]
            await revoke_shares(office, invoice_id)
        finally:
            control.thaw("invoices")
    await at_rest()
    assert await post.mails(ada) == []
    assert [state for state, _ in await states()] == ["withdrawn"]


@pytest.mark.proves("I7", "N4")
async def test_the_history_names_each_share_and_mail_and_the_delivery_opens_its_exact_content(
    office: Practice, post: PostOffice
) -> None:
    _, invoice_id, ada = await billed(office)
    await share_by_email(office, invoice_id, [ada.contact_id], message=NOTE)
    (mail,) = await post.arrived(ada, 1)

    async def entries() -> dict[str, dict[str, object]]:
        body = (await office.api.get("invoices", f"/v1/invoices/{invoice_id}/history")).body
        found = {entry["kind"]: entry["summary"] for entry in body["items"]}
        return found if "delivery_accepted" in found else {}

    history = await eventually(entries)
    assert {"created", "finalised", "pdf_ready", "shared", "delivery_accepted"} == set(history)
    delivery_id = history["delivery_accepted"]["delivery_id"]
    opened = (await office.api.get("notify", f"/v1/deliveries/{delivery_id}")).body
    assert opened["content"]["message_id"] == mail.message["Message-ID"]
    assert NOTE in opened["content"]["plain"]
    assert [attempt["server_code"] for attempt in opened["attempts"]] == [250]
