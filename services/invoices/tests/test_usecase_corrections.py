"""Revised, voided, credited, on real PostgreSQL: versions that stay, facts once, and what is refused."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from chassis.ids import new_id
from chassis.outcome import Done, Refused
from contracts.invoices import (
    ChangeContact,
    ContactProfile,
    CreditInvoice,
    FinaliseInvoice,
    InvoiceComment,
    InvoiceLine,
    ReviseInvoice,
    VoidInvoice,
)
from invoices.handlers import COMMANDS
from invoices.store.invoice_versions import find_version, list_versions
from invoices.usecases.change_contact import change_contact
from invoices.usecases.credit_invoice import credit_invoice
from invoices.usecases.finalise_invoice import finalise_invoice
from invoices.usecases.revise_invoice import revise_invoice
from invoices.usecases.void_invoice import void_invoice

Firm = Any
WILL = InvoiceLine(kind="flat_fee", description="Will", quantity=Decimal(1), unit_price_minor=50_000)
ASIDE = InvoiceComment(text="Slow payer", is_client_visible=False)


def _revision(firm: Firm, invoice_id: UUID, **terms: Any) -> ReviseInvoice:
    return ReviseInvoice(invoice_id=invoice_id, terms=firm.terms(**terms), reason="A line was wrong.")


def _credit(invoice_id: UUID, amount_minor: int, credit_id: UUID | None = None) -> CreditInvoice:
    return CreditInvoice(
        invoice_id=invoice_id, credit_id=credit_id or new_id(), amount_minor=amount_minor, reason="Goodwill."
    )


async def _last(firm: Firm, invoice_id: UUID) -> dict[str, Any]:
    return [body["data"] for body in await firm.published() if body["subject"] == str(invoice_id)][-1]


async def _versions(firm: Firm, invoice_id: UUID) -> list[Any]:
    async with firm.database.reading() as tx:
        listed = await list_versions(tx, (firm.firm_id, invoice_id), limit=50)
        return [await find_version(tx, each.key, each.version) for each in listed]


@pytest.mark.proves("I3", "I4")
async def test_a_revision_is_a_new_version_and_the_earlier_one_stays(firm: Firm) -> None:
    anna, ben = await firm.contact(), await firm.contact("Ben Okafor")
    invoice_id = await firm.final(await firm.matter({anna: ["billing", "client"], ben: ["client"]}))
    await firm.done(change_contact, ChangeContact(contact_id=anna, profile=ContactProfile(name="Anna Ibe")))
    answer = await firm.done(revise_invoice, _revision(firm, invoice_id, lines=[WILL], due_in_days=14))
    assert (answer.version, answer.revision, answer.changed) == (2, 3, ["lines", "totals", "due_date"])
    first, second = await _versions(firm, invoice_id)
    assert (first.reason, second.reason) == (None, "A line was wrong.")
    assert (first.document.totals.total_minor, second.document.totals.total_minor) == (10_000, 50_000)
    assert first.document.number == second.document.number == "INV-000001"
    named = [
        (each.document.parties.billed_to.name, *[c.name for c in each.document.parties.clients])
        for each in (first, second)
    ]
    assert named == [("Anna Okafor", "Ben Okafor"), ("Anna Ibe", "Ben Okafor")]
    told = await _last(firm, invoice_id)
    assert (told["version"], told["previous_total_minor"], told["totals"]["total_minor"]) == (2, 10_000, 50_000)
    assert (told["reason"], told["changed"]) == ("A line was wrong.", ["lines", "totals", "due_date"])
    assert told["issued_on"] == first.document.issued_on.isoformat()


@pytest.mark.proves("I4")
async def test_internal_comments_make_neither_version_nor_notice_and_are_kept(
    firm: Firm, client: httpx.AsyncClient
) -> None:
    invoice_id = await firm.final()
    before = await firm.published()
    answer = await firm.done(revise_invoice, _revision(firm, invoice_id, comments=[ASIDE]))
    assert (answer.version, answer.revision, answer.changed) == (1, 2, [])
    assert await firm.published() == before
    shown = (await client.get(f"/v1/invoices/{invoice_id}", headers=firm.headers)).json()
    assert shown["comments"] == [{"text": "Slow payer", "is_client_visible": False}]
    assert len(await _versions(firm, invoice_id)) == 1


@pytest.mark.proves("I4")
async def test_the_same_revision_again_changes_nothing_even_at_the_same_time(firm: Firm) -> None:
    invoice_id = await firm.final()
    command = _revision(firm, invoice_id, lines=[WILL])
    outcomes = await firm.do_at_once(revise_invoice, *[command] * 4)
    assert sorted(len(outcome.answer.changed) for outcome in outcomes) == [0, 0, 0, 2]
    assert {outcome.answer.version for outcome in outcomes} == {2}
    assert [kind for kind, _ in await firm.published_of(invoice_id)] == [
        "invoice-created",
        "invoice-finalised",
        "invoice-revised",
    ]


@pytest.mark.proves("I4")
async def test_what_is_refused_changes_nothing(firm: Firm, new_firm: Any) -> None:
    draft, final = await firm.draft(), await firm.final()
    other = await new_firm()
    before = await firm.published()
    for command, slug in (
        (_revision(firm, draft), "not_final"),
        (_revision(firm, new_id()), "unknown_invoice"),
        (_revision(firm, final, currency="EUR"), "currency_differs"),
        (_revision(firm, final, lines=[]), "no_lines"),
        (_revision(firm, final, discount_minor=10_001), "discount_exceeds_subtotal"),
    ):
        assert await firm.refused(revise_invoice, command) == slug
    assert await firm.refused(void_invoice, VoidInvoice(invoice_id=draft, reason="x")) == "not_final"
    assert await firm.refused(credit_invoice, _credit(draft, 1)) == "not_final"
    assert await firm.refused(credit_invoice, _credit(final, 10_001)) == "credit_exceeds_total"
    for use_case, command in (
        (revise_invoice, _revision(firm, final, lines=[WILL])),
        (void_invoice, VoidInvoice(invoice_id=final, reason="x")),
        (credit_invoice, _credit(final, 1)),
    ):
        assert await other.refused(use_case, command) == "unknown_invoice"
    assert await firm.published() == before


@pytest.mark.proves("I4", "X1")
async def test_of_two_editors_who_saw_the_same_version_the_later_undoes_nothing_unseen(
    firm: Firm, client: httpx.AsyncClient
) -> None:
    invoice_id = await firm.final()
    first = _revision(firm, invoice_id, lines=[WILL]).model_copy(update={"version": 1})
    assert (await firm.done(revise_invoice, first)).version == 2
    # Heard twice, it is what there is already.
    assert (await firm.done(revise_invoice, first)).version == 2
    body = {"terms": firm.terms(notes="Mine.").model_dump(mode="json"), "reason": "A note.", "version": 1}
    address = f"/v1/invoices/{invoice_id}/revise"
    stale = await client.post(address, json=body, headers=firm.headers | {"Idempotency-Key": "1"})
    assert (stale.status_code, stale.json()["slug"]) == (409, "stale_version")
    fresh = await client.post(address, json=body | {"version": 2}, headers=firm.headers | {"Idempotency-Key": "2"})
    assert (fresh.status_code, fresh.json()["version"]) == (200, 3)


@pytest.mark.proves("I4")
async def test_a_void_invoice_stays_readable_and_takes_no_more_changes(firm: Firm, client: httpx.AsyncClient) -> None:
    invoice_id = await firm.final()
    command = VoidInvoice(invoice_id=invoice_id, reason="Billed twice.")
    first = await firm.done(void_invoice, command)
    assert await firm.done(void_invoice, command) == first
    assert await firm.refused(void_invoice, command.model_copy(update={"reason": "Another."})) == "void"
    assert (await _last(firm, invoice_id))["reason"] == "Billed twice."
    assert [kind for kind, _ in await firm.published_of(invoice_id)][2:] == ["invoice-voided"]
    assert await firm.refused(revise_invoice, _revision(firm, invoice_id, lines=[WILL])) == "void"
    assert await firm.refused(credit_invoice, _credit(invoice_id, 1)) == "void"
    assert await firm.refused(finalise_invoice, FinaliseInvoice(invoice_id=invoice_id)) == "void"
    address = f"/v1/invoices/{invoice_id}"
    assert (await client.get(address, headers=firm.headers)).json()["status"] == "void"
    assert (await client.get(f"{address}/versions/1", headers=firm.headers)).status_code == 200


@pytest.mark.proves("I4", "P12")
async def test_credits_add_up_and_the_same_one_again_changes_nothing(firm: Firm, client: httpx.AsyncClient) -> None:
    invoice_id = await firm.final()
    command = _credit(invoice_id, 2_500)
    first = await firm.done(credit_invoice, command)
    assert (first.credited_minor, first.total_minor, first.revision) == (2_500, 10_000, 3)
    assert await firm.done(credit_invoice, command) == first
    assert await firm.refused(credit_invoice, command.model_copy(update={"amount_minor": 1})) == "already_exists"
    await firm.done(credit_invoice, _credit(invoice_id, 1_500))
    told = await _last(firm, invoice_id)
    assert (told["amount_minor"], told["credited_minor"], told["total_minor"], told["version"]) == (
        1_500,
        4_000,
        10_000,
        1,
    )
    shown = (await client.get(f"/v1/invoices/{invoice_id}", headers=firm.headers)).json()
    assert (shown["credited_minor"], shown["totals"]["total_minor"]) == (4_000, 10_000)
    small = InvoiceLine(kind="part", description="Copies", quantity=Decimal(1), unit_price_minor=3_999)
    assert await firm.refused(revise_invoice, _revision(firm, invoice_id, lines=[small])) == "credit_exceeds_total"


@pytest.mark.proves("I4", "P12")
async def test_credits_at_the_same_time_never_exceed_the_total(firm: Firm) -> None:
    invoice_id = await firm.final()
    outcomes = await firm.do_at_once(credit_invoice, *(_credit(invoice_id, 3_000) for _ in range(8)))
    assert sum(isinstance(outcome, Done) for outcome in outcomes) == 3
    assert {outcome.slug for outcome in outcomes if isinstance(outcome, Refused)} == {"credit_exceeds_total"}
    assert (await _last(firm, invoice_id))["credited_minor"] == 9_000
    async with firm.database.reading() as tx:
        with pytest.raises(asyncpg.CheckViolationError, match="invoices_credited_check"):
            await tx.execute("update invoices set credited_minor = total_minor + 1")


@pytest.mark.proves("I4")
async def test_a_revision_and_a_void_at_the_same_time_come_one_after_the_other(firm: Firm) -> None:
    for _ in range(3):
        invoice_id = await firm.final()
        all_open = asyncio.Barrier(2)

        async def at_once(use_case: Any, command: Any, gate: asyncio.Barrier = all_open) -> Any:
            async with firm.database.transaction() as tx:
                await tx.fetchval("select 1")
                await gate.wait()
                (outcome,) = await use_case(tx, [firm.request(command)])
                return outcome

        revised, _ = await asyncio.gather(
            at_once(revise_invoice, _revision(firm, invoice_id, lines=[WILL])),
            at_once(void_invoice, VoidInvoice(invoice_id=invoice_id, reason="x")),
        )
        published = await firm.published_of(invoice_id)
        assert [revision for _, revision in published] == list(range(1, len(published) + 1))
        assert published[-1][0] == "invoice-voided"
        assert len(await _versions(firm, invoice_id)) == (2 if isinstance(revised, Done) else 1)


@pytest.mark.proves("I4", "X5")
async def test_corrections_by_http_need_a_key_and_are_repeated_safely(firm: Firm, client: httpx.AsyncClient) -> None:
    invoice_id = await firm.final()
    address = f"/v1/invoices/{invoice_id}"
    terms = firm.terms(lines=[WILL]).model_dump(mode="json")
    for path, body, status in (
        ("revise", {"terms": terms, "reason": "A line was wrong."}, 200),
        ("credits", {"credit_id": str(new_id()), "amount_minor": 100, "reason": "Goodwill."}, 201),
        ("void", {"reason": "Billed twice."}, 200),
    ):
        bare = await client.post(f"{address}/{path}", json=body, headers=firm.headers)
        assert (bare.status_code, bare.json()["slug"]) == (400, "idempotency_key_missing")
        keyed = firm.headers | {"Idempotency-Key": path}
        answers = [await client.post(f"{address}/{path}", json=body, headers=keyed) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [status, status], answers[0].text
        assert answers[0].text == answers[1].text
    pages = [
        (await client.get(f"{address}/versions", params=page, headers=firm.headers)).json()
        for page in ({"limit": 1}, {"limit": 1, "after": 1}, {})
    ]
    assert [(len(page["items"]), page["next"]) for page in pages] == [(1, 1), (1, None), (2, None)]
    versions = [version for page in pages[:2] for version in page["items"]]
    assert versions == pages[2]["items"]
    assert [(each["version"], each["reason"]) for each in versions] == [(1, None), (2, "A line was wrong.")]
    entries = (await client.get(f"{address}/history", headers=firm.headers)).json()["items"]
    assert [entry["kind"] for entry in entries] == ["created", "finalised", "revised", "credited", "voided"]
    assert {entry["actor_name"] for entry in entries} == {"Ada Ibe"}
    assert entries[2]["summary"]["changed"] == ["lines", "totals"]


@pytest.mark.proves("I4", "X1")
async def test_corrections_by_topic_have_one_answer_each(firm: Firm) -> None:
    invoice_id = await firm.final()
    records = [
        firm.record(command, actor=firm.principal.actor)
        for command in (
            _revision(firm, invoice_id, lines=[WILL]),
            _credit(invoice_id, 100),
            VoidInvoice(invoice_id=invoice_id, reason="Billed twice."),
            _credit(invoice_id, 100),
        )
    ]
    await firm.hears(*records, *records, consumer=COMMANDS)
    answers = [body for body in await firm.published() if ".command-" in body["type"]]
    assert [answer["type"].split(".")[2] for answer in answers] == [*["command-done"] * 3, "command-rejected"]
    assert answers[-1]["data"]["slug"] == "void"


async def test_many_revisions_take_as_many_statements_as_one(firm: Firm) -> None:
    matter_id = await firm.matter({await firm.contact(): ["billing"]})
    finals = [await firm.final(matter_id) for _ in range(26)]
    counts: list[int] = []
    for invoice_ids in (finals[:1], finals[1:]):
        statements: list[str] = []
        async with firm.database.transaction() as tx:
            with tx.query_logger(lambda query, to=statements: to.append(query.query)):
                await revise_invoice(
                    tx, [firm.request(_revision(firm, invoice_id, lines=[WILL])) for invoice_id in invoice_ids]
                )
        counts.append(len(statements))
    assert counts[0] == counts[1]
