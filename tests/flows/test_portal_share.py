"""The first thread, over real Kafka and PostgreSQL: an invoice is shared through the portal, and everyone knows.

Source: mission S1, S8, I7, I8, N1, P1, X1.
"""

from uuid import UUID

import httpx
import pytest

from chassis.ids import new_id
from chassis.testing import eventually
from chassis.testing.addresses import Stack
from contracts.invoices import ChangeMatter, ContactProfile, MatterProfile
from contracts.sharing import NewContact, PortalShareSet, SavePortalShares
from stack.client.mail import Mail, mails_to
from stack.client.practice import Practice
from stack.client.settled import settled
from stack.client.sharing import share_in_portal
from stack.client.topics import TopicWatch

pytestmark = pytest.mark.kafka


def address() -> str:
    """An address that no other test uses."""
    return f"c-{new_id().hex}@example.test"


async def wait_for_mails(stack: Stack, http: httpx.AsyncClient, to: str, count: int) -> list[Mail]:
    async def arrived() -> list[Mail] | None:
        mails = await mails_to(http, stack.mail_api_url, to)
        return mails if len(mails) >= count else None

    found = await eventually(arrived)
    assert found is not None
    assert len(found) == count
    return found


async def mails_in_the_end(stack: Stack, http: httpx.AsyncClient, to: str) -> int:
    """How many mails there are when nothing is on its way any more."""
    dsns = {name: service.dsn for name, service in stack.services.items() if service.dsn}
    await settled(stack.kafka_bootstrap, dsns)
    return len(await mails_to(http, stack.mail_api_url, to))


async def is_shared(office: Practice, invoice_id: UUID) -> bool:
    return (await office.api.get("invoices", f"/v1/invoices/{invoice_id}")).body["is_shared"]


async def history_kinds(office: Practice, invoice_id: UUID) -> list[str]:
    body = (await office.api.get("invoices", f"/v1/invoices/{invoice_id}/history")).body
    return [entry["kind"] for entry in body["items"]]


async def payable(office: Practice, contact_id: UUID) -> set[str]:
    body = (await office.api.get("payments", f"/v1/contacts/{contact_id}/payable-invoices")).body
    return {invoice["invoice_id"] for page in body["pages"] for invoice in page["invoices"]}


@pytest.mark.proves("S1", "I7", "I8", "N1", "P1")
async def test_an_invoice_shared_with_two_contacts_reaches_both_and_every_service(
    stack: Stack, http: httpx.AsyncClient, office: Practice
) -> None:
    matter_id = await office.matter("2026-1", "Estate of Ada")
    ada_at, bob_at = address(), address()
    ada = await office.contact("Ada", ada_at, matter_id=matter_id, roles=["billing", "client"])
    bob = await office.contact("Bob", bob_at, matter_id=matter_id, roles=["other"])
    invoice_id = await office.final_invoice(matter_id)

    answer = await share_in_portal(office, invoice_id, [ada, bob], message="Thank you for your trust.")

    assert answer.status == 200, answer
    assert set(answer.body["shared"]) == {str(ada), str(bob)}
    for to in (ada_at, bob_at):
        (mail,) = await wait_for_mails(stack, http, to, 1)
        assert "Thank you for your trust." in mail.part("plain")
        assert "Thank you for your trust." in mail.part("html")
        assert "250.00" in mail.part("plain")

    async def known() -> bool:
        return await is_shared(office, invoice_id)

    await eventually(known)

    async def told_in_history() -> bool:
        kinds = await history_kinds(office, invoice_id)
        return kinds.count("delivery_accepted") == 2 and "shared" in kinds

    await eventually(told_in_history)
    for contact_id in (ada, bob):

        async def owed(contact_id: UUID = contact_id) -> bool:
            return await payable(office, contact_id) == {str(invoice_id)}

        await eventually(owed)


@pytest.mark.proves("S1", "I8", "P1", "S7")
async def test_taking_a_contact_off_the_set_ends_the_share_everywhere_and_tells_nobody(
    stack: Stack, http: httpx.AsyncClient, office: Practice
) -> None:
    matter_id = await office.matter("2026-2", "Lease")
    to = address()
    contact_id = await office.contact("Cleo", to, matter_id=matter_id, roles=["client"])
    invoice_id = await office.final_invoice(matter_id)
    await share_in_portal(office, invoice_id, [contact_id])
    await wait_for_mails(stack, http, to, 1)

    answer = await share_in_portal(office, invoice_id, [])

    assert answer.body["unshared"] == [{"contact_id": str(contact_id), "channels_still_open": []}]

    async def gone() -> bool:
        return not await is_shared(office, invoice_id) and await payable(office, contact_id) == set()

    await eventually(gone)
    again = await share_in_portal(office, invoice_id, [contact_id])
    assert again.body["shared"] == [str(contact_id)]
    await wait_for_mails(stack, http, to, 2)


@pytest.mark.proves("S1", "X1")
async def test_a_command_by_topic_does_the_same_and_gets_exactly_one_answer(
    stack: Stack, http: httpx.AsyncClient, office: Practice, watch: TopicWatch
) -> None:
    matter_id = await office.matter("2026-3", "Boundary")
    to = address()
    contact_id = await office.contact("Dan", to, matter_id=matter_id, roles=["client"])
    invoice_id = await office.final_invoice(matter_id)
    command = SavePortalShares(invoice_id=invoice_id, wanted=PortalShareSet(contact_ids=[contact_id]))

    correlation_id = await watch.command(command, firm_id=office.firm_id, actor=office.actor)

    (answer,) = await watch.answers(correlation_id)
    assert answer.type == "handbill.sharing.command-done.v1"
    assert answer.data["result"]["shared"] == [str(contact_id)]
    assert await mails_in_the_end(stack, http, to) == 1
    assert len(await watch.answers(correlation_id)) == 1


@pytest.mark.proves("S1", "I1")
async def test_a_contact_typed_in_anew_is_shared_with_and_joins_the_matter_as_other(
    stack: Stack, http: httpx.AsyncClient, office: Practice
) -> None:
    matter_id = await office.matter("2026-4", "Will")
    invoice_id = await office.final_invoice(matter_id)
    to = address()
    new = NewContact(contact_id=new_id(), profile=ContactProfile(name="Eve", email=to))

    answer = await share_in_portal(office, invoice_id, [], new_contacts=[new])

    assert answer.body["shared"] == [str(new.contact_id)]
    await wait_for_mails(stack, http, to, 1)

    async def joined() -> bool:
        matter = (await office.api.get("invoices", f"/v1/matters/{matter_id}")).body
        return {"contact_id": str(new.contact_id), "roles": ["other"]} in matter["contacts"]

    await eventually(joined)


@pytest.mark.proves("S8", "X1")
async def test_a_matter_without_portal_refuses_by_http_and_by_topic(office: Practice, watch: TopicWatch) -> None:
    matter_id = await office.matter("2026-5", "No portal", portal_enabled=False)
    contact_id = await office.contact("Fay", address(), matter_id=matter_id, roles=["client"])
    invoice_id = await office.final_invoice(matter_id)

    answer = await share_in_portal(office, invoice_id, [contact_id])

    assert (answer.status, answer.body["slug"]) == (409, "portal_disabled")
    command = SavePortalShares(invoice_id=invoice_id, wanted=PortalShareSet(contact_ids=[contact_id]))
    correlation_id = await watch.command(command, firm_id=office.firm_id, actor=office.actor)
    (rejected,) = await watch.answers(correlation_id)
    assert rejected.type == "handbill.sharing.command-rejected.v1"
    assert rejected.data["slug"] == "portal_disabled"


@pytest.mark.proves("S8", "I8", "P1")
async def test_switching_the_portal_off_hides_the_invoice_and_on_again_restores_it_without_mail(
    stack: Stack, http: httpx.AsyncClient, office: Practice
) -> None:
    matter_id = await office.matter("2026-6", "On and off")
    to = address()
    contact_id = await office.contact("Gil", to, matter_id=matter_id, roles=["client"])
    invoice_id = await office.final_invoice(matter_id)
    await share_in_portal(office, invoice_id, [contact_id])
    await wait_for_mails(stack, http, to, 1)

    async def switch(*, portal_enabled: bool) -> None:
        profile = MatterProfile(number="2026-6", name="On and off", portal_enabled=portal_enabled)
        path = f"/v1/matters/{matter_id}"
        await office.api.send("PUT", "invoices", path, ChangeMatter(matter_id=matter_id, profile=profile).profile)

    async def visible() -> bool:
        return await is_shared(office, invoice_id) and await payable(office, contact_id) == {str(invoice_id)}

    async def hidden() -> bool:
        return not await is_shared(office, invoice_id) and await payable(office, contact_id) == set()

    await eventually(visible)
    await switch(portal_enabled=False)
    await eventually(hidden)
    await switch(portal_enabled=True)
    await eventually(visible)
    assert await mails_in_the_end(stack, http, to) == 1


@pytest.mark.proves("X1")
async def test_the_same_request_twice_shares_once_and_answers_the_same_bytes(
    stack: Stack, http: httpx.AsyncClient, office: Practice
) -> None:
    matter_id = await office.matter("2026-7", "Twice")
    to = address()
    contact_id = await office.contact("Hal", to, matter_id=matter_id, roles=["client"])
    invoice_id = await office.final_invoice(matter_id)
    key = new_id()

    first = await share_in_portal(office, invoice_id, [contact_id], idempotency_key=key)
    second = await share_in_portal(office, invoice_id, [contact_id], idempotency_key=key)

    assert first == second
    assert await mails_in_the_end(stack, http, to) == 1
