"""What other services tell of an invoice, through the real consumer: indicator, history, balance."""

import asyncio
import dataclasses
import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.ids import new_id
from chassis.parked import RawRecord
from contracts.fields import Channel
from contracts.invoices import (
    AddContact,
    AddStaffUser,
    ChangeFirm,
    ContactProfile,
    FinaliseInvoice,
    FirmProfile,
    MatterProfile,
    OpenMatter,
    RegisterApiKey,
)
from contracts.notify import CoveredItem, DeliveryAccepted
from contracts.payments import BalanceChanged
from contracts.sharing import InvoiceShared, Shared, ShareRef, SharesRestored, SharesRevoked, SharesSuspended
from invoices.handlers import COMMANDS

Firm = Any
AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
Ending = type[SharesRevoked] | type[SharesSuspended] | type[SharesRestored]


def _shared(
    firm: Firm, invoice_id: UUID, share_id: UUID, *, generation: int = 1, channel: Channel = "portal"
) -> RawRecord:
    share = Shared(
        share_id=share_id,
        generation=generation,
        contact_id=new_id(),
        name="Anna Okafor",
        email="anna.okafor@mail.example",
        locale="en-US",
    )
    fact = InvoiceShared(
        invoice_id=invoice_id,
        matter_id=new_id(),
        matter_name="Estate of M. Okafor",
        number="INV-000001",
        version=1,
        currency="USD",
        total_minor=10_000,
        due_on=date(2026, 12, 22),
        channel=channel,
        message=None,
        shares=[share],
    )
    return firm.record(fact, actor="service:sharing")


def _ended(firm: Firm, how: Ending, invoice_id: UUID, share_id: UUID, *, generation: int = 1) -> RawRecord:
    share = ShareRef(share_id=share_id, generation=generation, contact_id=new_id())
    return firm.record(how(invoice_id=invoice_id, channel="portal", shares=[share]), actor="service:sharing")


async def _invoice(firm: Firm, client: httpx.AsyncClient, invoice_id: UUID) -> dict[str, Any]:
    response = await client.get(f"/v1/invoices/{invoice_id}", headers=firm.headers)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.proves("I8")
async def test_the_indicator_is_true_exactly_while_a_portal_share_is_active(
    firm: Firm, client: httpx.AsyncClient
) -> None:
    invoice_id, anna, ben = await firm.final(), new_id(), new_id()
    for record, is_shared in (
        (None, False),
        (_shared(firm, invoice_id, anna), True),
        (_shared(firm, invoice_id, ben), True),
        (_ended(firm, SharesRevoked, invoice_id, anna), True),
        (_ended(firm, SharesSuspended, invoice_id, ben), False),
        (_ended(firm, SharesRestored, invoice_id, ben), True),
        (_ended(firm, SharesRevoked, invoice_id, ben), False),
        (_shared(firm, invoice_id, anna, generation=2), True),
    ):
        if record:
            await firm.hears(record)
        assert (await _invoice(firm, client, invoice_id))["is_shared"] is is_shared
    listed = (await client.get("/v1/invoices", headers=firm.headers)).json()["items"]
    assert [item["is_shared"] for item in listed] == [True]


@pytest.mark.proves("I8")
@pytest.mark.parametrize("channel", ["email", "link", "text"])
async def test_other_channels_do_not_set_the_indicator(firm: Firm, client: httpx.AsyncClient, channel: Channel) -> None:
    invoice_id = await firm.final()
    await firm.hears(_shared(firm, invoice_id, new_id(), channel=channel))
    assert (await _invoice(firm, client, invoice_id))["is_shared"] is False


@pytest.mark.proves("I8")
async def test_news_of_an_earlier_generation_ends_nothing_and_brings_nothing_back(
    firm: Firm, client: httpx.AsyncClient
) -> None:
    invoice_id, share_id = await firm.final(), new_id()
    await firm.hears(_shared(firm, invoice_id, share_id, generation=2))
    await firm.hears(_ended(firm, SharesRevoked, invoice_id, share_id, generation=1))
    assert (await _invoice(firm, client, invoice_id))["is_shared"] is True
    await firm.hears(_ended(firm, SharesRevoked, invoice_id, share_id, generation=2))
    await firm.hears(_shared(firm, invoice_id, share_id, generation=2))
    await firm.hears(_ended(firm, SharesRestored, invoice_id, share_id, generation=2))
    assert (await _invoice(firm, client, invoice_id))["is_shared"] is False


@pytest.mark.proves("I8")
async def test_a_share_named_twice_counts_in_its_later_generation(firm: Firm, client: httpx.AsyncClient) -> None:
    invoice_id, share_id = await firm.final(), new_id()
    refs = [ShareRef(share_id=share_id, generation=each, contact_id=new_id()) for each in (2, 1, 2)]
    twice = SharesSuspended(invoice_id=invoice_id, channel="portal", shares=refs)
    await firm.hears(firm.record(twice, actor="service:sharing"))
    await firm.hears(_ended(firm, SharesRestored, invoice_id, share_id, generation=1))
    assert (await _invoice(firm, client, invoice_id))["is_shared"] is False
    await firm.hears(_ended(firm, SharesRestored, invoice_id, share_id, generation=2))
    assert (await _invoice(firm, client, invoice_id))["is_shared"] is True


@pytest.mark.proves("I7", "I8")
async def test_one_batch_may_share_and_unshare_and_come_twice(firm: Firm, client: httpx.AsyncClient) -> None:
    invoice_id, share_id = await firm.final(), new_id()
    batch = [
        _shared(firm, invoice_id, share_id),
        _ended(firm, SharesRevoked, invoice_id, share_id),
        _shared(firm, invoice_id, share_id, generation=2),
    ]
    await firm.hears(*batch, *batch)
    await firm.hears(*batch)
    assert (await _invoice(firm, client, invoice_id))["is_shared"] is True
    kinds = sorted(entry["kind"] for entry in await firm.history(client, invoice_id))
    assert kinds == ["created", "finalised", "shared", "shared", "unshared"]


@pytest.mark.proves("I7")
async def test_history_tells_who_what_when_and_what_caused_it(firm: Firm, client: httpx.AsyncClient) -> None:
    invoice_id, share_id = await firm.final(), new_id()
    shared = _shared(firm, invoice_id, share_id)
    assert shared.value is not None
    shared_id = json.loads(shared.value)["id"]
    await firm.hears(shared)
    covered = CoveredItem(invoice_id=invoice_id, version=1, share_id=share_id, generation=1, channel="portal")
    accepted = DeliveryAccepted(
        delivery_id=new_id(),
        contact_id=new_id(),
        kind="email",
        template="portal_share",
        subject="A new invoice",
        items=[covered, covered],
        accepted_at=AT,
        attempts=1,
    )
    record = firm.record(accepted, actor="service:notify")
    assert record.value is not None
    body = json.loads(record.value) | {"causation": shared_id}
    await firm.hears(RawRecord(record.topic, 0, record.offset, record.key, json.dumps(body).encode(), ()))
    created, finalised, *_ = entries = sorted(
        await firm.history(client, invoice_id), key=lambda entry: entry["kind"] not in {"created", "finalised"}
    )
    assert (created["kind"], created["actor"], created["actor_name"]) == ("created", firm.principal.actor, "Ada Ibe")
    assert finalised["summary"]["number"] == "INV-000001"
    assert finalised["caused_by"] is not None
    by_kind = {entry["kind"]: entry for entry in entries}
    assert by_kind["delivery_accepted"]["caused_by"] == by_kind["shared"]["entry_id"] == shared_id
    assert by_kind["delivery_accepted"]["actor"] == "service:notify"
    assert by_kind["delivery_accepted"]["summary"]["delivery_id"] == str(accepted.delivery_id)
    assert by_kind["shared"]["occurred_at"] == "2026-11-22T12:00:00Z"
    assert len(entries) == 4


@pytest.mark.proves("I7")
async def test_history_comes_in_pages_oldest_first(firm: Firm, client: httpx.AsyncClient) -> None:
    invoice_id = await firm.final()
    for _ in range(5):
        await firm.hears(_shared(firm, invoice_id, new_id()))
    whole = await firm.history(client, invoice_id)
    assert [entry["occurred_at"] for entry in whole] == sorted(entry["occurred_at"] for entry in whole)
    paged: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    page: dict[str, Any] = {}
    for _ in range(4):
        page = (
            await client.get(f"/v1/invoices/{invoice_id}/history", params={"limit": "2"} | after, headers=firm.headers)
        ).json()
        paged += page["items"]
        after = {"after": page["next"]}
    assert page["next"] is None
    assert paged == whole
    assert len(whole) == 7


@pytest.mark.proves("P1")
async def test_the_balance_that_payments_announces_is_shown_and_an_older_one_is_not(
    firm: Firm, client: httpx.AsyncClient
) -> None:
    invoice_id = await firm.final()
    assert (await _invoice(firm, client, invoice_id))["balance"] is None
    for revision, open_minor, status in ((2, 4_000, "partly_paid"), (1, 10_000, "partly_paid"), (3, 0, "paid")):
        fact = BalanceChanged(
            invoice_id=invoice_id,
            version=1,
            currency="USD",
            total_minor=10_000,
            open_minor=open_minor,
            payable_minor=open_minor,
            settled_minor=10_000 - open_minor,
        )
        await firm.hears(firm.record(fact, revision=revision))
        assert (await _invoice(firm, client, invoice_id))["status"] == status
    assert (await _invoice(firm, client, invoice_id))["balance"] == {
        "version": 1,
        "open_minor": 0,
        "payable_minor": 0,
        "settled_minor": 10_000,
        "refunded_minor": 0,
        "credit_minor": 0,
    }


@pytest.mark.proves("I8")
async def test_shares_of_an_invoice_in_another_firm_say_nothing_here(
    firm: Firm, new_firm: Any, client: httpx.AsyncClient
) -> None:
    invoice_id = await firm.final()
    other = await new_firm()
    await other.hears(_shared(other, invoice_id, new_id()))
    assert (await _invoice(firm, client, invoice_id))["is_shared"] is False
    assert len(await firm.history(client, invoice_id)) == 2


@pytest.mark.proves("X1", "I3")
async def test_a_command_by_topic_has_exactly_one_answer(firm: Firm) -> None:
    invoice_id = await firm.draft()
    record = firm.record(FinaliseInvoice(invoice_id=invoice_id), actor=firm.principal.actor)
    await asyncio.gather(*(firm.hears(record, consumer=COMMANDS) for _ in range(2)))
    answers = [body for body in await firm.published() if ".command-" in body["type"]]
    assert [answer["type"] for answer in answers] == ["handbill.invoices.command-done.v1"]
    assert answers[0]["data"]["result"]["number"] == "INV-000001"


@pytest.mark.proves("X1")
async def test_a_command_without_the_scope_is_rejected(firm: Firm) -> None:
    record = firm.record(FinaliseInvoice(invoice_id=await firm.draft()), actor=f"api_key:{new_id()}")
    await firm.hears(record, consumer=COMMANDS)
    assert [body for body in await firm.published() if ".command-" in body["type"]] == []
    refused = firm.record(FinaliseInvoice(invoice_id=new_id()), actor=firm.principal.actor)
    await firm.hears(refused, consumer=COMMANDS)
    (answer,) = [body for body in await firm.published() if ".command-" in body["type"]]
    assert answer["data"]["slug"] == "unknown_invoice"


@pytest.mark.proves("X1")
async def test_a_command_for_a_firm_that_is_not_there_is_rejected_and_parks_nothing(firm: Firm) -> None:
    """A service's own firm is what it claims, so it may be any: a foreign key must not be what finds out."""
    nowhere = dataclasses.replace(firm, firm_id=new_id())
    commands = [
        AddContact(contact_id=new_id(), profile=ContactProfile(name="Anna Okafor")),
        OpenMatter(matter_id=new_id(), profile=MatterProfile(number="1", name="Estate")),
        AddStaffUser(staff_user_id=new_id(), name="Bo", email="bo@firm.example", role="reader"),
        RegisterApiKey(api_key_id=new_id(), label="x", secret_sha256="0" * 64, scopes=["firm:read"]),
        ChangeFirm(firm_id=nowhere.firm_id, profile=FirmProfile(name="X", reply_to="x@firm.example")),
    ]
    await nowhere.hears(*(nowhere.record(command, actor="service:sharing") for command in commands), consumer=COMMANDS)
    answers = await nowhere.published()
    assert [answer["data"]["slug"] for answer in answers] == ["unknown_firm"] * len(commands)
    async with firm.database.reading() as tx:
        assert await tx.fetchval("select count(*) from parked") == 0
