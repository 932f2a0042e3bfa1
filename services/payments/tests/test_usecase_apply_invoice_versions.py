"""Balances follow the versions of their invoices, whatever order and number they arrive in."""

import asyncio
from datetime import date
from typing import Any

import pytest

from chassis.ids import new_id
from payments.store.balances import find_balance

Firm = Any


@pytest.mark.proves("P1")
async def test_a_finalised_invoice_owes_its_total_and_says_so_in_the_same_transaction(firm: Firm) -> None:
    invoice_id = new_id()
    record = firm.finalised(invoice_id, total_minor=147_917)
    await firm.hears(record)
    async with firm.database.reading() as tx:
        balance = await find_balance(tx, firm.firm_id, invoice_id)
    assert balance is not None
    assert (balance.open_minor, balance.payable_minor, balance.processing_minor) == (147_917, 147_917, 0)
    (said,) = await firm.announced()
    assert said["data"] == {
        "invoice_id": str(invoice_id),
        "version": 1,
        "currency": "USD",
        "total_minor": 147_917,
        "open_minor": 147_917,
        "payable_minor": 147_917,
        "settled_minor": 0,
        "refunded_minor": 0,
        "credit_minor": 0,
    }
    assert (said["type"], said["subject"]) == ("handbill.payments.balance-changed.v1", str(invoice_id))
    assert (said["firm"], said["revision"], said["source"]) == (str(firm.firm_id), 1, "/handbill/payments")


async def test_the_same_fact_delivered_again_changes_and_says_nothing(firm: Firm) -> None:
    record = firm.finalised(new_id())
    await firm.hears(record)
    await firm.hears(record)
    await firm.hears(record, record)
    assert len(await firm.announced()) == 1


@pytest.mark.parametrize("is_one_batch", [True, False])
async def test_a_newer_version_moves_the_balance_and_an_older_one_does_not(firm: Firm, is_one_batch: bool) -> None:
    invoice_id = new_id()
    newer = firm.finalised(invoice_id, version=2, revision=5, total_minor=7_500)
    older = firm.finalised(invoice_id, version=1, revision=2, total_minor=10_000)
    latest = firm.finalised(invoice_id, version=3, revision=6, total_minor=9_000)
    batches = [[newer, older, latest]] if is_one_batch else [[newer], [older], [latest]]
    for batch in batches:
        await firm.hears(*batch)
    async with firm.database.reading() as tx:
        balance = await find_balance(tx, firm.firm_id, invoice_id)
    assert balance is not None
    assert (balance.version, balance.open_minor) == (3, 9_000)
    assert [(said["revision"], said["data"]["version"]) for said in await firm.announced()] == [(1, 2), (2, 3)]


async def test_many_invoices_of_one_batch_are_judged_each_by_its_own_version(firm: Firm) -> None:
    totals = {new_id(): total_minor for total_minor in range(1_000, 1_500)}
    await firm.hears(*(firm.finalised(invoice_id, total_minor=total) for invoice_id, total in totals.items()))
    said = {message["subject"]: message["data"]["open_minor"] for message in await firm.announced()}
    assert said == {str(invoice_id): total for invoice_id, total in totals.items()}


async def test_versions_that_arrive_at_the_same_moment_lose_no_revision(firm: Firm) -> None:
    """Sixteen transactions, each with a version of the same two invoices, in an order nobody decides."""
    invoices = [new_id(), new_id()]
    await asyncio.gather(
        *(
            firm.hears(
                *(
                    firm.finalised(invoice_id, version=version, revision=version, total_minor=version * 100)
                    for invoice_id in invoices
                )
            )
            for version in range(1, 17)
        )
    )
    for invoice_id in invoices:
        said = [message for message in await firm.announced() if message["subject"] == str(invoice_id)]
        assert [message["revision"] for message in said] == list(range(1, len(said) + 1))
        versions = [message["data"]["version"] for message in said]
        assert versions == sorted(versions)
        assert (versions[-1], said[-1]["data"]["open_minor"]) == (16, 1_600)


async def test_two_firms_with_the_same_invoice_id_owe_apart(firm: Firm, other_firm: Firm) -> None:
    invoice_id = new_id()
    await firm.hears(firm.finalised(invoice_id, total_minor=100))
    await other_firm.hears(other_firm.finalised(invoice_id, total_minor=200, due_on=date(2027, 1, 1)))
    async with firm.database.reading() as tx:
        ours = await find_balance(tx, firm.firm_id, invoice_id)
        theirs = await find_balance(tx, other_firm.firm_id, invoice_id)
        assert await find_balance(tx, new_id(), invoice_id) is None
    assert ours is not None
    assert theirs is not None
    assert (ours.open_minor, theirs.open_minor) == (100, 200)
