"""Drafts, numbers and versions on real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import time_machine

from chassis.ids import new_id
from chassis.outcome import Done, NotYetKnown, Outcome, Refused
from contracts.invoices import (
    ChangeContact,
    ChangeDraft,
    ChangeFirm,
    ContactProfile,
    DraftInvoice,
    FinaliseInvoice,
    FirmProfile,
    InvoiceComment,
    InvoiceLine,
)
from contracts.message import Command
from invoices.store.invoice_versions import find_version
from invoices.store.invoices import find_invoices
from invoices.usecases.change_contact import change_contact
from invoices.usecases.change_draft import change_draft
from invoices.usecases.change_firm import change_firm
from invoices.usecases.draft_invoice import draft_invoice
from invoices.usecases.finalise_invoice import FinaliseInvoiceAnswer, finalise_invoice

Firm = Any
NewFirm = Callable[..., Awaitable[Firm]]


def _numbers(outcomes: Sequence[Outcome]) -> list[str]:
    """The numbers that were given, in the order of the requests."""
    answers = [outcome.answer for outcome in outcomes if isinstance(outcome, Done)]
    return [answer.number for answer in answers if isinstance(answer, FinaliseInvoiceAnswer)]


@pytest.mark.proves("I2")
async def test_a_draft_is_published_with_its_totals_and_whom_to_share_it_with(firm: Firm) -> None:
    anna = await firm.contact()
    lines = [
        InvoiceLine(kind="time", description="Advice", quantity=Decimal("3.25"), unit_price_minor=32_000),
        InvoiceLine(kind="expense", description="Court fee", quantity=Decimal(1), unit_price_minor=43_500),
        InvoiceLine(
            kind="part",
            description="Copies",
            quantity=Decimal(4),
            unit_price_minor=1_250,
            tax_rate_percent=Decimal("8.625"),
        ),
    ]
    invoice_id = await firm.draft(lines=lines, discount_minor=5_000, share_with=[anna, anna])
    (body,) = [body for body in await firm.published() if body["subject"] == str(invoice_id)]
    assert (body["type"], body["revision"]) == ("handbill.invoices.invoice-created.v1", 1)
    assert body["data"]["share_with"] == [str(anna)]
    assert body["data"]["totals"] == {
        "subtotal_minor": 152_500,
        "discount_minor": 5_000,
        "tax_minor": 417,
        "total_minor": 147_917,
    }


@pytest.mark.proves("I2")
async def test_drafting_the_same_again_changes_nothing_and_another_one_is_refused(firm: Firm) -> None:
    comments = [InvoiceComment(text="Thank you.", is_client_visible=True)]
    command = DraftInvoice(
        invoice_id=new_id(), matter_id=await firm.matter(), terms=firm.terms(due_in_days=14, comments=comments)
    )
    first = await firm.done(draft_invoice, command)
    assert await firm.done(draft_invoice, command) == first
    for other in (
        {"terms": firm.terms(due_in_days=14)},
        {"terms": firm.terms(due_in_days=15, comments=comments)},
        {"matter_id": await firm.matter()},
        {"share_with": [await firm.contact()]},
    ):
        assert await firm.refused(draft_invoice, command.model_copy(update=other)) == "already_exists"
    assert await firm.published_of(command.invoice_id) == [("invoice-created", 1)]


@pytest.mark.proves("I2")
async def test_a_draft_waits_for_its_matter_and_its_contacts(firm: Firm) -> None:
    command = DraftInvoice(invoice_id=new_id(), matter_id=new_id(), terms=firm.terms())
    assert await firm.do(draft_invoice, command) == [NotYetKnown("matter")]
    command = command.model_copy(update={"matter_id": await firm.matter(), "share_with": [new_id()]})
    assert await firm.do(draft_invoice, command) == [NotYetKnown("contact")]
    assert await firm.published_of(command.invoice_id) == []


@pytest.mark.proves("I2")
async def test_a_discount_above_the_lines_and_sums_too_large_are_refused(firm: Firm) -> None:
    matter_id = await firm.matter()
    huge = InvoiceLine(kind="part", description="Gold", quantity=Decimal(2), unit_price_minor=10**13)
    for terms, slug in (
        (firm.terms(discount_minor=10_001), "discount_exceeds_subtotal"),
        (firm.terms(lines=[huge]), "amount_too_large"),
    ):
        command = DraftInvoice(invoice_id=new_id(), matter_id=matter_id, terms=terms)
        assert await firm.refused(draft_invoice, command) == slug


@pytest.mark.proves("I2")
async def test_a_changed_draft_says_the_new_thing_alone(firm: Firm) -> None:
    comments = [InvoiceComment(text="Old.", is_client_visible=False)]
    invoice_id = await firm.draft(comments=comments)
    line = InvoiceLine(kind="flat_fee", description="Will", quantity=Decimal(1), unit_price_minor=50_000)
    change = ChangeDraft(invoice_id=invoice_id, terms=firm.terms(lines=[line], due_on=date(2027, 1, 31)))
    answer = await firm.done(change_draft, change)
    assert (answer.revision, answer.totals.total_minor) == (2, 50_000)
    assert await firm.published_of(invoice_id) == [("invoice-created", 1), ("draft-changed", 2)]
    await firm.done(finalise_invoice, FinaliseInvoice(invoice_id=invoice_id))
    async with firm.database.reading() as tx:
        version = await find_version(tx, (firm.firm_id, invoice_id), 1)
    assert version is not None
    assert [priced.line.description for priced in version.document.lines] == ["Will"]
    assert version.document.comments == ()
    assert version.document.due_on == date(2027, 1, 31)
    assert await firm.refused(change_draft, change) == "not_draft"
    unknown = change.model_copy(update={"invoice_id": new_id()})
    assert await firm.refused(change_draft, unknown) == "unknown_invoice"


@pytest.mark.proves("I3")
async def test_a_final_invoice_has_a_number_and_finalising_again_gives_the_same(firm: Firm) -> None:
    invoice_id = await firm.draft()
    command = FinaliseInvoice(invoice_id=invoice_id)
    first = await firm.done(finalise_invoice, command)
    assert (first.number, first.version, first.revision) == ("INV-000001", 1, 2)
    assert await firm.done(finalise_invoice, command) == first
    assert await firm.published_of(invoice_id) == [("invoice-created", 1), ("invoice-finalised", 2)]


@pytest.mark.proves("I3")
async def test_what_is_refused_uses_up_no_number(firm: Firm, new_firm: NewFirm) -> None:
    other = await new_firm()
    empty, good, foreign = await firm.draft(lines=[]), await firm.draft(), await other.draft()
    outcomes = await firm.do(
        finalise_invoice, *(FinaliseInvoice(invoice_id=invoice_id) for invoice_id in (empty, foreign, good))
    )
    assert [outcome.slug for outcome in outcomes if isinstance(outcome, Refused)] == ["no_lines", "unknown_invoice"]
    assert _numbers(outcomes) == ["INV-000001"]
    # Each firm counts for itself.
    assert (await other.done(finalise_invoice, FinaliseInvoice(invoice_id=foreign))).number == "INV-000001"


@pytest.mark.proves("I3")
async def test_numbers_follow_the_order_of_requests(firm: Firm) -> None:
    matter_id = await firm.matter()
    invoice_ids = [await firm.draft(matter_id) for _ in range(4)]
    commands = [FinaliseInvoice(invoice_id=invoice_id) for invoice_id in reversed(invoice_ids)]
    outcomes = await firm.do(finalise_invoice, *commands)
    assert _numbers(outcomes) == [f"INV-{number:06d}" for number in (1, 2, 3, 4)]


class _ChangedMindError(Exception):
    pass


@pytest.mark.proves("I3")
async def test_numbers_have_neither_gap_nor_repeat_when_many_finalise_at_once_and_some_roll_back(firm: Firm) -> None:
    matter_id = await firm.matter()
    drafts = [await firm.draft(matter_id) for _ in range(32)]

    all_open = asyncio.Barrier(16)

    async def finalise(invoice_ids: list[UUID], *, rolls_back: bool) -> None:
        async with firm.database.transaction() as tx:
            await tx.fetchval("select 1")
            await all_open.wait()
            requests = [firm.request(FinaliseInvoice(invoice_id=invoice_id)) for invoice_id in invoice_ids]
            assert all(isinstance(outcome, Done) for outcome in await finalise_invoice(tx, requests))
            if rolls_back:
                raise _ChangedMindError

    pairs = [drafts[at : at + 2] for at in range(0, len(drafts), 2)]
    ended = await asyncio.gather(
        *(finalise(pair, rolls_back=at % 3 == 0) for at, pair in enumerate(pairs)), return_exceptions=True
    )
    assert [type(end) for end in ended if end is not None] == [_ChangedMindError] * 6
    async with firm.database.reading() as tx:
        found = await find_invoices(tx, [(firm.firm_id, invoice_id) for invoice_id in drafts])
    numbers = sorted(invoice.issue.sequence for invoice in found.values() if invoice.issue)
    assert numbers == list(range(1, 21))
    # Those that rolled back go on where the others stopped.
    await firm.do(finalise_invoice, *(FinaliseInvoice(invoice_id=invoice_id) for invoice_id in drafts))
    async with firm.database.reading() as tx:
        found = await find_invoices(tx, [(firm.firm_id, invoice_id) for invoice_id in drafts])
    assert sorted(invoice.issue.sequence for invoice in found.values() if invoice.issue) == list(range(1, 33))


@pytest.mark.proves("I3")
async def test_one_invoice_finalised_by_many_at_once_has_one_number(firm: Firm) -> None:
    invoice_id = await firm.draft()
    command = FinaliseInvoice(invoice_id=invoice_id)
    outcomes = await firm.do_at_once(finalise_invoice, *[command] * 8)
    assert _numbers(outcomes) == ["INV-000001"] * 8
    assert await firm.published_of(invoice_id) == [("invoice-created", 1), ("invoice-finalised", 2)]


@pytest.mark.proves("I2", "I3")
async def test_a_draft_changed_while_it_is_finalised_is_changed_before_or_not_at_all(firm: Firm) -> None:
    line = InvoiceLine(kind="flat_fee", description="Will", quantity=Decimal(1), unit_price_minor=50_000)
    for _ in range(4):
        invoice_id = await firm.draft()
        all_open = asyncio.Barrier(2)

        async def at_once(use_case: Any, command: Command, gate: asyncio.Barrier = all_open) -> Outcome:
            async with firm.database.transaction() as tx:
                await tx.fetchval("select 1")
                await gate.wait()
                (outcome,) = await use_case(tx, [firm.request(command)])
                return outcome

        changed, final = await asyncio.gather(
            at_once(change_draft, ChangeDraft(invoice_id=invoice_id, terms=firm.terms(lines=[line]))),
            at_once(finalise_invoice, FinaliseInvoice(invoice_id=invoice_id)),
        )
        assert isinstance(final, Done)
        async with firm.database.reading() as tx:
            version = await find_version(tx, (firm.firm_id, invoice_id), 1)
        assert version is not None
        wanted = 50_000 if isinstance(changed, Done) else 10_000
        assert version.document.totals.total_minor == wanted
        assert [priced.amount_minor for priced in version.document.lines] == [wanted]
        revisions = [revision for _, revision in await firm.published_of(invoice_id)]
        assert revisions == list(range(1, len(revisions) + 1))


@pytest.mark.proves("I3")
async def test_an_invoice_due_before_it_is_issued_is_not_finalised_and_uses_no_number_up(firm: Firm) -> None:
    late = await firm.draft(due_on=date(2020, 1, 1))
    finalising = FinaliseInvoice(invoice_id=late)
    assert await firm.refused(finalise_invoice, finalising) == "due_before_issue"
    other = await firm.draft()
    outcomes = await firm.do(finalise_invoice, finalising, FinaliseInvoice(invoice_id=other))
    assert [getattr(outcome, "slug", "done") for outcome in outcomes] == ["due_before_issue", "done"]
    await firm.done(change_draft, ChangeDraft(invoice_id=late, terms=firm.terms(due_in_days=0)))
    assert (await firm.done(finalise_invoice, finalising)).number == "INV-000002"


@pytest.mark.proves("I2")
@pytest.mark.parametrize("currency", ["XXQ", "XXX", "XAU", "BGN"])
async def test_a_draft_is_in_a_currency_that_people_pay_in(firm: Firm, currency: str) -> None:
    terms = firm.terms(currency=currency)
    draft = DraftInvoice(invoice_id=new_id(), matter_id=await firm.matter(), terms=terms)
    assert await firm.refused(draft_invoice, draft) == "invalid_currency"
    change = ChangeDraft(invoice_id=await firm.draft(), terms=terms)
    assert await firm.refused(change_draft, change) == "invalid_currency"


@pytest.mark.proves("I3")
async def test_a_version_stays_as_it_was_when_firm_and_contact_change(firm: Firm) -> None:
    anna = await firm.contact()
    invoice_id = await firm.final(await firm.matter({anna: ["billing"]}), notes="As agreed.")
    await firm.done(change_contact, ChangeContact(contact_id=anna, profile=ContactProfile(name="Anna Ibe")))
    profile = FirmProfile(name="New name", reply_to="office@firm.example")
    await firm.done(change_firm, ChangeFirm(firm_id=firm.firm_id, profile=profile))
    async with firm.database.reading() as tx:
        version = await find_version(tx, (firm.firm_id, invoice_id), 1)
    assert version is not None
    parties = version.document.parties
    assert parties.billed_to is not None
    assert (parties.firm.name, parties.billed_to.name) == ("Ibe & Daughters", "Anna Okafor")
    assert (parties.matter_number, version.document.notes) == ("2026-0114", "As agreed.")
    assert version.document.lines[0].line.quantity == Decimal("2.5")
    assert version.document.lines[0].amount_minor == 10_000


@pytest.mark.proves("I2", "I3")
@time_machine.travel(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), tick=False)
async def test_an_invoice_is_issued_on_the_day_it_is_where_the_firm_is(new_firm: NewFirm) -> None:
    east = await new_firm(time_zone="Pacific/Auckland")
    invoice_id = await east.final(due_in_days=14)
    data = [body["data"] for body in await east.published() if body["subject"] == str(invoice_id)][-1]
    assert (data["issued_on"], data["due_on"]) == ("2026-11-23", "2026-12-07")


async def test_a_hundred_finalisations_take_as_many_statements_as_one(firm: Firm) -> None:
    matter_id = await firm.matter()
    drafts = [await firm.draft(matter_id) for _ in range(101)]
    counts: list[int] = []
    for invoice_ids in (drafts[:1], drafts[1:]):
        statements: list[str] = []
        async with firm.database.transaction() as tx:
            with tx.query_logger(lambda query, to=statements: to.append(query.query)):
                requests = [firm.request(FinaliseInvoice(invoice_id=invoice_id)) for invoice_id in invoice_ids]
                await finalise_invoice(tx, requests)
        counts.append(len(statements))
    assert counts[0] == counts[1]
