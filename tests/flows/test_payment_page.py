"""What a contact can pay, exactly, over the whole stack: across matters, channels, currencies and firms.

Source: mission P1, S7, S8, S11.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from chassis.testing import eventually
from contracts.invoices import MatterProfile
from stack.client.paying import balance_of, pay, payable_ids, payment_of
from stack.client.people import Person, meet
from stack.client.practice import Practice, expect, plain_terms
from stack.client.sharing import revoke_shares, share_by_email, share_by_link, share_in_portal

pytestmark = pytest.mark.kafka

Rest = Callable[[], Awaitable[None]]


async def pages_of(office: Practice, person: Person) -> dict[str, dict[str, Any]]:
    path = f"/v1/contacts/{person.contact_id}/payable-invoices"
    pages = expect("payment page", 200, await office.api.get("payments", path)).body["pages"]
    return {page["currency"]: page for page in pages}


async def on_both_matters(office: Practice) -> tuple[list[UUID], Person, Person]:
    """Two matters, and two people on each."""
    matters = [await office.matter(number, name) for number, name in (("M-1", "Estate"), ("M-2", "Lease"))]
    ada, bob = await meet(office, "Ada", matters[0]), await meet(office, "Bob", matters[0])
    for person in (ada, bob):
        command = {"roles": ["client"]}
        path = f"/v1/matters/{matters[1]}/contacts/{person.contact_id}"
        expect("assign", 200, await office.api.send("PUT", "invoices", path, json_body=command))
    return matters, ada, bob


@pytest.mark.proves("P1", "S11", "S7")
async def test_the_page_has_what_is_shared_by_portal_and_mail_on_every_matter_and_nothing_else(
    office: Practice, at_rest: Rest
) -> None:
    (estate, lease), ada, bob = await on_both_matters(office)
    ids = [ada.contact_id]
    by_portal, by_mail = await office.final_invoice(estate, plain_terms(10_000)), await office.final_invoice(lease)
    euro = await office.final_invoice(lease, plain_terms(7_000, "EUR"))
    linked, listed_link, bobs, ended, voided, _ = [await office.final_invoice(estate) for _ in range(6)]
    await office.draft(estate, share_with=ids)
    await share_in_portal(office, by_portal, [ada.contact_id, bob.contact_id])
    await share_by_email(office, by_mail, ids)
    await share_by_email(office, euro, ids)
    await share_by_link(office, linked, ada.contact_id, "link")
    await share_by_link(office, listed_link, ada.contact_id, "link", on_payment_page=True)
    await share_by_email(office, bobs, [bob.contact_id])
    for invoice_id in (ended, voided):
        await share_by_email(office, invoice_id, ids)
    await revoke_shares(office, ended)
    body = {"reason": "By mistake."}
    await office.api.send("POST", "invoices", f"/v1/invoices/{voided}/void", json_body=body)

    await at_rest()

    pages = await pages_of(office, ada)
    shown = {code: {UUID(each["invoice_id"]) for each in page["invoices"]} for code, page in pages.items()}
    assert shown == {"USD": {by_portal, by_mail, listed_link}, "EUR": {euro}}
    assert {code: page["open_minor"] for code, page in pages.items()} == {"USD": 60_000, "EUR": 7_000}
    assert await payable_ids(office, bob.contact_id) == {by_portal, bobs}
    (line,) = [each for each in pages["USD"]["invoices"] if each["invoice_id"] == str(by_portal)]
    invoice = (await office.api.get("invoices", f"/v1/invoices/{by_portal}")).body
    wanted = {"number": invoice["number"], "due_on": invoice["due_on"], "matter_number": "M-1", "matter_name": "Estate"}
    amounts = {"version": 1, "total_minor": 10_000, "open_minor": 10_000, "payable_minor": 10_000}
    assert line == wanted | amounts | {
        "invoice_id": str(by_portal),
        "matter_id": str(estate),
        "processing_minor": 0,
    }


@pytest.mark.proves("S8", "P1")
async def test_switching_a_portal_off_takes_what_only_the_portal_showed_off_the_page(
    office: Practice, at_rest: Rest
) -> None:
    (estate, lease), ada, _ = await on_both_matters(office)
    in_portal, both_ways, elsewhere = [await office.final_invoice(matter) for matter in (estate, estate, lease)]
    for invoice_id in (in_portal, both_ways, elsewhere):
        await share_in_portal(office, invoice_id, [ada.contact_id])
    await share_by_email(office, both_ways, [ada.contact_id])

    async def switch(*, portal_enabled: bool) -> None:
        profile = MatterProfile(number="M-1", name="Estate", portal_enabled=portal_enabled)
        expect("switch", 200, await office.api.send("PUT", "invoices", f"/v1/matters/{estate}", profile))
        await at_rest()

    await switch(portal_enabled=False)
    assert await payable_ids(office, ada.contact_id) == {both_ways, elsewhere}
    # What is hidden cannot be paid either.
    answer = await pay(office, payment_of(ada.contact_id, {in_portal: 1_000}, "tok_ok"))
    assert (answer.status, answer.body["slug"]) == (404, "unknown_invoice")
    await switch(portal_enabled=True)
    assert await payable_ids(office, ada.contact_id) == {in_portal, both_ways, elsewhere}


@pytest.mark.proves("S7", "S11", "P9")
async def test_a_share_that_has_ended_starts_no_payment_from_that_moment_on(office: Practice) -> None:
    (estate, _), ada, _ = await on_both_matters(office)
    invoice_id = await office.final_invoice(estate)
    await share_by_email(office, invoice_id, [ada.contact_id])

    async def is_listed() -> bool:
        return await payable_ids(office, ada.contact_id) == {invoice_id}

    await eventually(is_listed)
    for _ in range(5):
        await revoke_shares(office, invoice_id)
        # Payments may not have heard of it yet: the gate has.
        answer = await pay(office, payment_of(ada.contact_id, {invoice_id: 1_000}, "tok_ok"))
        assert (answer.status, answer.body["slug"]) == (404, "unknown_invoice")
        await share_by_email(office, invoice_id, [ada.contact_id])
    assert (await balance_of(office, invoice_id))["payable_minor"] == 25_000


@pytest.mark.proves("P1", "S7", "X5")
async def test_another_firm_sees_and_pays_nothing_of_it(office: Practice, practice: Practice, at_rest: Rest) -> None:
    (estate, _), ada, _ = await on_both_matters(office)
    invoice_id = await office.final_invoice(estate)
    await share_in_portal(office, invoice_id, [ada.contact_id])
    await at_rest()
    mallory = await meet(practice, "Mallory")
    await at_rest()

    answers = [
        await practice.api.get("payments", f"/v1/contacts/{ada.contact_id}/payable-invoices"),
        await practice.api.get("payments", f"/v1/invoices/{invoice_id}/balance"),
        await practice.api.get("sharing", f"/v1/invoices/{invoice_id}/shares"),
        await practice.api.get("sharing", f"/v1/contacts/{ada.contact_id}/shares"),
        await practice.api.get("sharing", f"/v1/matters/{estate}/communications"),
        await pay(practice, payment_of(mallory.contact_id, {invoice_id: 1_000}, "tok_ok")),
    ]

    assert [answer.status for answer in answers] == [404] * 6
    assert (await practice.api.get("notify", "/v1/deliveries", invoice_id=str(invoice_id))).body["items"] == []
    for attempt in (
        practice.save_portal_shares(invoice_id, [mallory.contact_id]),
        practice.api.send("POST", "sharing", f"/v1/invoices/{invoice_id}/shares/revoke", json_body={}),
        practice.api.send(
            "POST", "payments", "/v1/payments", payment_of(ada.contact_id, {invoice_id: 1_000}, "tok_ok")
        ),
    ):
        # An id that is not there may be one that has not arrived: both answers say so, and neither says more.
        assert (await attempt).body["slug"] in {"unknown_invoice", "unknown_contact", "not_yet_known"}
    assert await payable_ids(office, ada.contact_id) == {invoice_id}
