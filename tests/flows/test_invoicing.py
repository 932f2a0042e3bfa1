"""Firms, matters and invoices over real Kafka: by HTTP and by topic alike, published, and numbered without a gap.

Source: mission I1, I2, I3, X1, X5.
"""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
import pytest

from chassis.ids import new_id
from chassis.testing import eventually
from chassis.testing.addresses import Stack
from contracts.answers import ANSWERS_OF
from contracts.invoices import (
    AddContact,
    ContactProfile,
    DraftInvoice,
    FinaliseInvoice,
    InvoiceFinalised,
    MatterChanged,
    MatterProfile,
    OpenMatter,
    RevokeApiKey,
)
from contracts.message import Command
from stack.client.api import Api
from stack.client.practice import Practice, plain_terms
from stack.client.topics import TopicWatch

pytestmark = pytest.mark.kafka

DONE = ANSWERS_OF["invoices"].done.wire.type
REJECTED = ANSWERS_OF["invoices"].rejected.wire.type


async def done(practice: Practice, watch: TopicWatch, command: Command) -> dict[str, object]:
    correlation_id = await watch.command(command, firm_id=practice.firm_id, actor=practice.actor)
    (answer,) = await watch.answers(correlation_id)
    assert answer.type == DONE, answer.data
    return answer.data["result"]


@pytest.mark.proves("I1", "X1")
async def test_a_matter_and_its_contact_made_by_topic_are_read_by_http_and_published(
    office: Practice, watch: TopicWatch
) -> None:
    matter = OpenMatter(matter_id=new_id(), profile=MatterProfile(number="T-1", name="By topic"))
    await done(office, watch, matter)
    contact = AddContact(
        contact_id=new_id(), profile=ContactProfile(name="Ida"), matter_id=matter.matter_id, roles=["billing"]
    )
    await done(office, watch, contact)

    read = (await office.api.get("invoices", f"/v1/matters/{matter.matter_id}")).body

    assert read["contacts"] == [{"contact_id": str(contact.contact_id), "roles": ["billing"]}]

    async def published() -> bool:
        states = [seen for seen in watch.seen if seen.type == MatterChanged.wire.type]
        mine = [seen for seen in states if seen.key == str(matter.matter_id)]
        return [seen.body["revision"] for seen in mine] == [1, 2] and mine[-1].data["contacts"] == read["contacts"]

    await eventually(published)


@pytest.mark.proves("I2", "I3", "X1")
async def test_an_invoice_drafted_and_finalised_by_topic_is_the_same_as_by_http(
    office: Practice, watch: TopicWatch
) -> None:
    matter_id = await office.matter("T-2", "Both ways")
    by_topic = DraftInvoice(invoice_id=new_id(), matter_id=matter_id, terms=plain_terms(12_300))
    await done(office, watch, by_topic)
    result = await done(office, watch, FinaliseInvoice(invoice_id=by_topic.invoice_id))
    by_http = await office.final_invoice(matter_id, plain_terms(12_300))

    first = (await office.api.get("invoices", f"/v1/invoices/{by_topic.invoice_id}")).body
    second = (await office.api.get("invoices", f"/v1/invoices/{by_http}")).body

    own = {"invoice_id", "number", "balance"}
    assert {k: v for k, v in first.items() if k not in own} == {k: v for k, v in second.items() if k not in own}
    assert first["number"] == result["number"] != second["number"]


@pytest.mark.proves("I3")
async def test_numbers_have_no_gap_when_http_and_topic_finalise_at_once(practice: Practice, watch: TopicWatch) -> None:
    matter_id = await practice.matter("T-3", "At once")
    invoice_ids = [await practice.draft(matter_id) for _ in range(20)]

    async def by_topic(invoice_id: UUID) -> object:
        return (await done(practice, watch, FinaliseInvoice(invoice_id=invoice_id)))["number"]

    async def by_http(invoice_id: UUID) -> object:
        return (await practice.finalise(invoice_id)).body["number"]

    ways = [by_topic, by_http]
    numbers = await asyncio.gather(*(ways[place % 2](invoice_id) for place, invoice_id in enumerate(invoice_ids)))

    counted = sorted(int(str(number).rpartition("-")[2]) for number in numbers)
    assert counted == list(range(1, 21))

    async def all_published() -> bool:
        facts = [seen for seen in watch.of_firm(practice.firm_id) if seen.type == InvoiceFinalised.wire.type]
        return sorted(fact.data["number"] for fact in facts) == sorted(map(str, numbers))

    await eventually(all_published)


@pytest.mark.proves("I2")
async def test_a_draft_that_cannot_be_is_refused_by_topic_with_its_reason(office: Practice, watch: TopicWatch) -> None:
    matter_id = await office.matter("T-4", "Refused")
    empty = plain_terms(1).model_copy(update={"lines": []})
    invoice_id = await office.draft(matter_id, empty)

    correlation_id = await watch.command(
        FinaliseInvoice(invoice_id=invoice_id), firm_id=office.firm_id, actor=office.actor
    )

    (answer,) = await watch.answers(correlation_id)
    assert (answer.type, answer.data["slug"]) == (REJECTED, "no_lines")


@pytest.mark.proves("I1", "X5")
async def test_a_revoked_key_opens_no_service(
    stack: Stack, http: httpx.AsyncClient, office: Practice, watch: TopicWatch
) -> None:
    issued = await office.api.send(
        "POST", "invoices", "/v1/api-keys", json_body={"label": "short", "scopes": ["shares:read", "matters:read"]}
    )
    assert issued.status == 201, issued
    urls = {name: service.url for name, service in stack.services.items()}
    short_lived = Api(http, urls, issued.body["api_key"])
    path = f"/v1/contacts/{new_id()}/shares"

    async def is_let_in() -> bool:
        return (await short_lived.get("sharing", path)).status != 401

    await eventually(is_let_in)
    await done(office, watch, RevokeApiKey(api_key_id=UUID(issued.body["api_key_id"])))

    async def is_shut_out() -> bool:
        return (await short_lived.get("sharing", path)).status == 401

    await eventually(is_shut_out)
    assert (await short_lived.get("invoices", "/v1/matters")).status == 401


@pytest.mark.proves("I1", "X5")
async def test_nothing_crosses_firms(
    new_practice: Callable[[str], Awaitable[Practice]], office: Practice, watch: TopicWatch
) -> None:
    other = await new_practice("The other firm")
    matter_id = await office.matter("T-5", "Ours")
    invoice_id = await office.final_invoice(matter_id)

    async def is_known_to_sharing() -> bool:
        return (await office.api.get("sharing", f"/v1/invoices/{invoice_id}/portal-shares")).status == 200

    await eventually(is_known_to_sharing)
    seen = [
        (await other.api.get("invoices", f"/v1/matters/{matter_id}")).status,
        (await other.api.get("invoices", f"/v1/invoices/{invoice_id}")).status,
        (await other.api.get("invoices", f"/v1/invoices/{invoice_id}/history")).status,
        (await other.api.get("sharing", f"/v1/invoices/{invoice_id}/portal-shares")).status,
        (await other.api.get("payments", f"/v1/invoices/{invoice_id}/balance")).status,
    ]
    assert set(seen) == {404}
    # A key of one firm, claimed for a command in the name of the other.
    finalise = FinaliseInvoice(invoice_id=invoice_id)
    correlation_id = await watch.command(finalise, firm_id=office.firm_id, actor=other.actor)
    (answer,) = await watch.answers(correlation_id)
    assert answer.data["slug"] == "unknown_api_key"
