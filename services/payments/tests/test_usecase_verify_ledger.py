"""Whatever is done to the books past the service is found, and whatever the service does to them at once is sound."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from chassis.ids import new_id
from payments.domain.ledger_chain import Fault, Verification
from payments.domain.processor_answer import Declined
from payments.usecases.verify_ledger import verify_ledger

Firm = Any
ALTERED, MISSING = Fault.ALTERED, Fault.MISSING
HEAD_DISAGREES, UNCHAINED = Fault.HEAD_DISAGREES, Fault.UNCHAINED

# Of the invoice $1, which has four transactions: finalised, charged, refunded and revised.
AN_AMOUNT = """
update entries set amount_minor = amount_minor * 2
where journal_id = (select journal_id from journal where invoice_id = $1 and position = 2)
"""
ITS_CURRENCY = AN_AMOUNT.replace("amount_minor = amount_minor * 2", "currency = 'EUR'")
ITS_ENTRIES = AN_AMOUNT.replace("update entries set amount_minor = amount_minor * 2", "delete from entries")
ITS_DAY = "update journal set recorded_at = recorded_at - interval '1 day' where invoice_id = $1 and position = 3"
ITS_REASON = "update journal set source_id = gen_random_uuid() where invoice_id = $1 and position = 1"
ITS_DIGEST = "update journal set chain_sha256 = sha256(chain_sha256) where invoice_id = $1 and position = 4"
REMOVED = "delete from journal where invoice_id = $1 and position = 2"
CUT_OFF = "delete from journal where invoice_id = $1 and position = 4"
ALL_REMOVED = "delete from journal where invoice_id = $1"
ELSEWHERE = "update journal set invoice_id = gen_random_uuid() where invoice_id = $1 and position = 4"
CUT_OFF_WITH_ITS_HEAD = """
with cut_off as (delete from journal where invoice_id = $1 and position = 4)
update balances set ledger_position = 3 where invoice_id = $1
"""
NO_HEAD = "delete from balances where invoice_id = $1"
WITHOUT_PLACE = """
insert into journal (firm_id, journal_id, kind, source_id, sequence, invoice_id, currency)
select firm_id, gen_random_uuid(), 'charge', gen_random_uuid(), 1, invoice_id, currency
from journal where invoice_id = $1 and position = 1
"""
# One after the other, since no two may stand at one place meanwhile.
SWAPPED = """
update journal set position = 1000000 where invoice_id = $1 and position = 2;
update journal set position = 2 where invoice_id = $1 and position = 3;
update journal set position = 3 where invoice_id = $1 and position = 1000000
"""


async def booked(firm: Firm) -> UUID:
    """An invoice with four transactions: finalised, charged, refunded in part and revised."""
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 10_000)
    await firm.pays(firm.wish(contact_id, {invoice_id: 6_000}))
    (charge,) = [claimed.order for claimed in await firm.claims()]
    await firm.settles(charge)
    await firm.refunds(charge.charge_id, 1_000)
    await firm.settles_all()
    await firm.hears(firm.revised(invoice_id, version=2, total_minor=12_000, revision=3))
    return invoice_id


async def verified(firm: Firm, limit: int = 100, after: UUID | None = None) -> Verification:
    async with firm.database.reading() as tx:
        return await verify_ledger(tx, firm.firm_id, limit, after)


async def damage(firm: Firm, statements: str, invoice_id: UUID) -> None:
    """Change the books as only somebody can who turns their triggers off."""
    async with firm.database.transaction() as tx:
        await tx.execute("set local session_replication_role = replica")
        for statement in statements.split(";"):
            await tx.execute(statement, invoice_id)


async def places(firm: Firm, invoice_id: UUID) -> list[int]:
    """The places that an invoice's transactions have, in order."""
    async with firm.database.reading() as tx:
        rows = await tx.fetch("select position from journal where invoice_id = $1 order by position", invoice_id)
    return [row["position"] for row in rows]


@pytest.mark.proves("P10")
async def test_every_transaction_of_an_invoice_continues_its_chain_and_a_hold_is_none(firm: Firm) -> None:
    invoice_id = await booked(firm)
    assert await places(firm, invoice_id) == [1, 2, 3, 4]
    balance = await firm.balance(invoice_id)
    assert (balance.ledger_position, balance.revision) == (4, 5)
    assert await verified(firm) == Verification(1, 4, [], None)
    await firm.books_agree()


@pytest.mark.proves("P10")
@pytest.mark.parametrize(
    ("statement", "position", "fault"),
    [
        (AN_AMOUNT, 2, ALTERED),
        (ITS_CURRENCY, 2, ALTERED),
        (ITS_ENTRIES, 2, ALTERED),
        (ITS_DAY, 3, ALTERED),
        (ITS_REASON, 1, ALTERED),
        (ITS_DIGEST, 4, ALTERED),
        (SWAPPED, 2, ALTERED),
        (REMOVED, 2, MISSING),
        (CUT_OFF, 4, MISSING),
        (ALL_REMOVED, 1, MISSING),
        (ELSEWHERE, 4, MISSING),
        (CUT_OFF_WITH_ITS_HEAD, 3, HEAD_DISAGREES),
        (NO_HEAD, 1, HEAD_DISAGREES),
        (WITHOUT_PLACE, 5, UNCHAINED),
    ],
    ids=[
        "an amount",
        "a currency",
        "no entries",
        "its time",
        "its reason",
        "its digest",
        "two swapped",
        "one removed",
        "the last removed",
        "all removed",
        "moved to another invoice",
        "the last removed and counted off",
        "no balance",
        "one written by what knows of no chain",
    ],
)
async def test_whatever_is_changed_in_the_books_is_found_where_it_was(
    firm: Firm, other_firm: Firm, statement: str, position: int, fault: Fault
) -> None:
    invoice_id, sound_id = await booked(firm), await booked(firm)
    await booked(other_firm)
    await damage(firm, statement, invoice_id)
    broken = {found.invoice_id: (found.position, found.fault) for found in (await verified(firm)).broken}
    assert broken[invoice_id] == (position, fault)
    assert sound_id not in broken
    assert (await verified(other_firm)).broken == []


@pytest.mark.proves("P10")
async def test_a_firm_is_verified_in_pages_that_have_each_invoice_once(firm: Firm) -> None:
    invoice_ids = sorted([*await firm.bills(new_id(), *range(1, 6)), UUID(int=0)])
    await firm.hears(firm.finalised(UUID(int=0)))
    await damage(firm, NO_HEAD, invoice_ids[3])
    await damage(firm, ALL_REMOVED, invoice_ids[-1])
    pages: list[Verification] = [await verified(firm, limit=2)]
    while (after := pages[-1].next_after) is not None:
        pages.append(await verified(firm, limit=2, after=after))
    assert [page.invoice_count for page in pages] == [2, 2, 2]
    assert [page.next_after for page in pages] == [invoice_ids[1], invoice_ids[3], None]
    assert [found.invoice_id for page in pages for found in page.broken] == [invoice_ids[3], invoice_ids[-1]]
    assert await verified(firm, after=UUID(int=2**128 - 1)) == Verification(0, 0, [], None)


@pytest.mark.proves("P9", "P10")
async def test_whatever_happens_to_an_invoice_at_once_keeps_one_unbroken_chain(firm: Firm) -> None:
    """Charges that settle and are declined, revisions and credits, each in a transaction of its own."""
    contact_id = new_id()
    (invoice_id,) = await firm.bills(contact_id, 100_000)
    for _ in range(8):
        await firm.pays(firm.wish(contact_id, {invoice_id: 1_000}))
    first, *others = [claimed.order for claimed in await firm.claims()]
    await asyncio.gather(
        firm.settles(first, Declined("card_declined")),
        *(firm.settles(order) for order in others),
        *(firm.hears(firm.revised(invoice_id, version=n, total_minor=100_000 + n, revision=n + 1)) for n in (2, 3, 4)),
        firm.hears(firm.credited(invoice_id, credited_minor=500, revision=9)),
    )
    verification = await verified(firm)
    assert verification.broken == []
    count = (await firm.balance(invoice_id)).ledger_position
    assert await places(firm, invoice_id) == list(range(1, count + 1))
    assert count >= 1 + len(others) + 2
    await firm.books_agree()


@pytest.mark.proves("P10")
async def test_what_is_written_while_the_books_are_verified_breaks_nothing(firm: Firm) -> None:
    contact_id = new_id()
    invoice_ids = await firm.bills(contact_id, *([10_000] * 8))
    await firm.pays(firm.wish(contact_id, dict.fromkeys(invoice_ids, 10_000)))
    orders = [claimed.order for claimed in await firm.claims()]
    settled = asyncio.gather(*(firm.settles(order) for order in orders))
    while not settled.done():
        assert (await verified(firm)).broken == []
    await settled
    assert (await verified(firm)).transaction_count == 16
