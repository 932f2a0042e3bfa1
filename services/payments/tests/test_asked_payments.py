"""Payments and retries by topic: kept, judged with the gate's word as HTTP does, each answered once in its order."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from chassis.ids import new_id
from chassis.intake.apply import apply_batch
from chassis.intake.reading import Readable, read
from chassis.parked import RawRecord
from chassis.testing import eventually
from contracts.payments import PayInvoices, RetryCharges
from payments.domain.processor_answer import Declined
from payments.gateways.sharing_gate import SharingGate
from payments.handlers import COMMANDS
from payments.jobs.asked_payments import asked_payments_job

Firm = Any
Gate = Any
ACTOR = "service:accounting"


async def take_in(firm: Firm, *records: RawRecord) -> None:
    """One batch of payments' own commands, in one transaction."""
    async with firm.database.transaction() as tx:
        await apply_batch(tx, COMMANDS, [read(COMMANDS, record) for record in records])


async def carry_out(firm: Firm, gate: SharingGate) -> int:
    """Let the job work until nothing is due; returns in how many steps there was something."""
    count = 0
    async with asked_payments_job(gate).open_step() as step:
        while await step(firm.database):
            count += 1
    return count


async def ask(firm: Firm, gate: SharingGate, *commands: PayInvoices | RetryCharges) -> None:
    """Commands from topic to answer, as far as they get."""
    await take_in(firm, *(firm.record(command, actor=ACTOR) for command in commands))
    await carry_out(firm, gate)


async def answers(firm: Firm) -> list[tuple[str, Any]]:
    """Every answer in its order: `done` with its result, or `rejected` with its slug."""
    kinds = {f"handbill.payments.command-{end}.v1": end for end in ("done", "rejected")}
    told = [(kinds[said["type"]], said["data"]) for said in await firm.announced() if said["type"] in kinds]
    return [(end, data["result"] if end == "done" else data["slug"]) for end, data in told]


async def time_passes(firm: Firm, seconds: float) -> None:
    """Move what the database has noted of the commands that wait into the past."""
    async with firm.database.transaction() as tx:
        await tx.execute(
            "update asked_payments set next_at = next_at - make_interval(secs => $1), "
            "missing_since = missing_since - make_interval(secs => $1)",
            seconds,
        )


async def waiting(firm: Firm) -> list[Any]:
    async with firm.database.reading() as tx:
        return await tx.fetch("select * from asked_payments order by asked_id")


@pytest.mark.proves("X1", "P2", "P9")
async def test_a_payment_by_topic_is_the_payment_that_http_would_have_made(
    firm: Firm, gate: Gate, sharing_gate: SharingGate
) -> None:
    contact_id = new_id()
    first, second = await firm.bills(contact_id, 10_000, 20_000)
    wish = firm.wish(contact_id, {first: 10_000, second: 5_000})
    record = firm.record(wish, actor=ACTOR)
    await take_in(firm, record, record)
    assert (await answers(firm), gate.asked) == ([], [])
    await carry_out(firm, sharing_gate)
    assert [(asked.contact_id, asked.invoice_ids) for asked in gate.asked] == [(contact_id, [first, second])]
    ((end, result),) = await answers(firm)
    (by_http,) = await firm.pays(wish)
    assert (end, result) == ("done", by_http.answer.model_dump(mode="json"))
    assert [charge["amount_minor"] for charge in result["charges"]] == [10_000, 5_000]
    (started,) = await firm.told("payment-started")
    assert started["payment_id"] == str(wish.payment_id)
    assert (await firm.balance(second)).held_minor == 5_000
    assert await waiting(firm) == []

    await take_in(firm, record)
    await ask(firm, sharing_gate, wish)
    assert await answers(firm) == [("done", result)] * 2
    assert (await firm.balance(first)).held_minor == 10_000
    assert len(await firm.claims()) == 2
    await firm.books_agree()


@pytest.mark.proves("X1")
async def test_an_answer_names_its_command_and_follows_from_it(firm: Firm, sharing_gate: SharingGate) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    record = firm.record(firm.wish(contact_id, {invoice_id: 100}), actor=ACTOR)
    reading = read(COMMANDS, record)
    assert isinstance(reading, Readable)
    command = reading.message.envelope
    await take_in(firm, record)
    await carry_out(firm, sharing_gate)
    (answer,) = [said for said in await firm.announced() if "command-done" in said["type"]]
    (started,) = [said for said in await firm.announced() if "payment-started" in said["type"]]
    for said in (answer, started):
        assert (said["actor"], said["correlation"], said["causation"]) == (
            ACTOR,
            str(command.correlation),
            str(command.id),
        )
    assert (answer["data"]["command_id"], answer["data"]["command_type"]) == (str(command.id), command.type)


@pytest.mark.proves("X1", "P3")
async def test_a_declined_charge_is_tried_again_by_topic(firm: Firm, gate: Gate, sharing_gate: SharingGate) -> None:
    contact_id = new_id()
    first, second = await firm.bills(contact_id, 10_000, 20_000)
    wish = firm.wish(contact_id, {first: 10_000, second: 20_000})
    await ask(firm, sharing_gate, wish)
    one, two = [claimed.order for claimed in await firm.claims()]
    await firm.settles(one)
    await firm.settles(two, Declined("card_declined"))
    retry = RetryCharges(payment_id=wish.payment_id, charge_ids=[two.charge_id], method_token="tok_ok")
    await ask(firm, sharing_gate, retry)
    assert gate.asked[-1].invoice_ids == [second]
    assert (await answers(firm))[-1] == (
        "done",
        {"payment_id": str(wish.payment_id), "attempt": 2, "charge_ids": [str(two.charge_id)]},
    )
    await firm.settles_all()
    assert (await firm.story(wish.payment_id)).paid_minor == 30_000
    await firm.books_agree()


@pytest.mark.proves("X1", "P9")
async def test_what_http_refuses_is_refused_by_topic_with_the_same_slug(
    firm: Firm, gate: Gate, sharing_gate: SharingGate
) -> None:
    contact_id = new_id()
    first, second = await firm.bills(contact_id, 10_000, 20_000)
    gate.refused.add(second)
    await firm.hears(firm.revised(first, version=2, total_minor=10_000, revision=3))
    paid = firm.wish(contact_id, {first: 100}, version=2)
    await ask(
        firm,
        sharing_gate,
        firm.wish(contact_id, {second: 100}),
        firm.wish(contact_id, {first: 100}),
        firm.wish(contact_id, {first: 10_001}, version=2),
        paid,
        paid.model_copy(update={"method_token": "tok_other"}),
        RetryCharges(payment_id=paid.payment_id, charge_ids=[new_id()], method_token="tok_ok"),
        RetryCharges(payment_id=new_id(), charge_ids=[new_id()], method_token="tok_ok"),
    )
    slugs = sorted(slug for end, slug in await answers(firm) if end == "rejected")
    assert slugs == [
        "already_exists",
        "amount_exceeds_payable",
        "payment_under_way",
        "stale_version",
        "unknown_invoice",
        "unknown_payment",
    ]
    await firm.settles_all()
    await ask(
        firm,
        sharing_gate,
        RetryCharges(payment_id=paid.payment_id, charge_ids=[new_id()], method_token="tok_ok"),
    )
    assert (await answers(firm))[-1] == ("rejected", "unknown_charge")
    assert (await firm.balance(second)).held_minor == 0


@pytest.mark.proves("X1")
async def test_commands_of_one_payment_are_answered_in_the_order_they_came(
    firm: Firm, gate: Gate, sharing_gate: SharingGate
) -> None:
    """The first waits for a gate that is away; the others of its payment wait behind it, those of another do not."""
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    wish = firm.wish(contact_id, {invoice_id: 100})
    retry = RetryCharges(payment_id=wish.payment_id, charge_ids=[new_id()], method_token="tok_ok")
    gate.is_faulty = True
    await ask(firm, sharing_gate, wish, retry, retry)
    gate.is_faulty = False
    await ask(firm, sharing_gate, firm.wish(contact_id, {invoice_id: 200}))
    assert [end for end, _ in await answers(firm)] == ["done"]
    await time_passes(firm, 60)
    await carry_out(firm, sharing_gate)
    assert [end if end == "done" else slug for end, slug in await answers(firm)] == [
        "done",
        "done",
        "payment_under_way",
        "payment_under_way",
    ]
    assert (await firm.balance(invoice_id)).held_minor == 300


@pytest.mark.proves("X1", "P9")
async def test_a_command_whose_grant_does_not_verify_waits_for_one_that_does(
    firm: Firm, gate: Gate, sharing_gate: SharingGate
) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    gate.clock_ahead = timedelta(seconds=5)
    await ask(firm, sharing_gate, firm.wish(contact_id, {invoice_id: 100}))
    assert (await answers(firm), (await firm.balance(invoice_id)).held_minor) == ([], 0)
    gate.clock_ahead = timedelta()
    await time_passes(firm, 120)
    await carry_out(firm, sharing_gate)
    assert [end for end, _ in await answers(firm)] == ["done"]


@pytest.mark.proves("X1", "P9")
async def test_while_the_gate_is_away_nothing_starts_and_no_answer_is_lost(
    firm: Firm, gate: Gate, sharing_gate: SharingGate
) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    gate.is_faulty = True
    await ask(firm, sharing_gate, firm.wish(contact_id, {invoice_id: 100}))
    pauses = list[float]()
    for _ in range(4):
        async with firm.database.reading() as tx:
            query = "select extract(epoch from next_at - clock_timestamp())::float8 from asked_payments"
            pauses.append(await tx.fetchval(query))
        assert await carry_out(firm, sharing_gate) == 0
        await time_passes(firm, 120)
        assert await carry_out(firm, sharing_gate) == 1
    assert pauses == sorted(pauses)
    assert await answers(firm) == []
    assert (await firm.balance(invoice_id)).held_minor == 0
    gate.is_faulty = False
    await time_passes(firm, 120)
    await carry_out(firm, sharing_gate)
    assert [end for end, _ in await answers(firm)] == ["done"]


@pytest.mark.proves("X1")
async def test_a_payment_of_what_has_not_arrived_waits_for_it_and_is_refused_after_a_while(
    firm: Firm, sharing_gate: SharingGate
) -> None:
    contact_id, early, never = new_id(), new_id(), new_id()
    await firm.hears(firm.firm_changed(), firm.contact_changed(contact_id), firm.matter_changed(firm.matter_id))
    await ask(firm, sharing_gate, firm.wish(contact_id, {early: 100}), firm.wish(contact_id, {never: 100}))
    assert await answers(firm) == []
    await firm.hears(firm.finalised(early, matter_id=firm.matter_id))
    await time_passes(firm, 10)
    await carry_out(firm, sharing_gate)
    assert [end for end, _ in await answers(firm)] == ["done"]
    await time_passes(firm, 61)
    await carry_out(firm, sharing_gate)
    assert [slug for end, slug in await answers(firm) if end == "rejected"] == ["unknown_invoice"]
    assert await waiting(firm) == []


@pytest.mark.proves("X1", "P9")
async def test_several_workers_at_once_answer_each_command_once(firm: Firm, sharing_gate: SharingGate) -> None:
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    wishes = [firm.wish(contact_id, {invoice_id: 10}) for _ in range(40)]
    await take_in(firm, *(firm.record(wish, actor=ACTOR) for wish in (*wishes, *wishes)))
    await asyncio.gather(*(carry_out(firm, sharing_gate) for _ in range(4)))

    async def all_are_answered() -> bool:
        """On a slow machine some had to wait: for a lock, or for the gate."""
        await time_passes(firm, 60)
        await carry_out(firm, sharing_gate)
        return not await waiting(firm)

    await eventually(all_are_answered)
    assert [end for end, _ in await answers(firm)] == ["done"] * 80
    assert (await firm.balance(invoice_id)).held_minor == 400
    assert len(await firm.told("payment-started")) == 40
    await firm.books_agree()


@pytest.mark.proves("X1")
async def test_a_command_that_fails_holds_up_no_other_and_is_refused_in_the_end(
    firm: Firm, sharing_gate: SharingGate
) -> None:
    """It is kept in a form that nobody can read: a fault of ours, which no sender can cause."""
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    await take_in(firm, firm.record(firm.wish(contact_id, {invoice_id: 10}), actor=ACTOR))
    async with firm.database.transaction() as tx:
        await tx.execute("update asked_payments set command = '{}'")
    await ask(firm, sharing_gate, firm.wish(contact_id, {invoice_id: 20}))
    assert [end for end, _ in await answers(firm)] == ["done"]
    for _ in range(7):
        await time_passes(firm, 86_400)
        assert await carry_out(firm, sharing_gate) == 1
    assert (await answers(firm))[-1] == ("rejected", "failed")
    assert await waiting(firm) == []
    assert (await firm.balance(invoice_id)).held_minor == 20
