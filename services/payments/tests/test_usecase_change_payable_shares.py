"""How shares that end, are hidden or come back move invoices off and onto the payment page, in order and out of it."""

from itertools import permutations
from typing import Any

import pytest

from chassis.ids import new_id
from contracts.sharing import SharesRestored, SharesRevoked, SharesSuspended

Firm = Any


@pytest.mark.proves("P1")
async def test_two_channels_list_an_invoice_once_and_it_stays_until_the_last_of_them_ends(firm: Firm) -> None:
    contact_id, invoice_id, portal_share = new_id(), new_id(), new_id()
    await firm.hears(
        firm.contact_changed(contact_id),
        firm.finalised(invoice_id),
        firm.shared(invoice_id, contact_id, "portal", share_id=portal_share),
        firm.shared(invoice_id, contact_id, "email"),
    )
    assert await firm.listed(contact_id) == [invoice_id]
    await firm.hears(firm.ended(SharesRevoked, invoice_id, contact_id, share_id=portal_share))
    assert await firm.listed(contact_id) == [invoice_id]


@pytest.mark.proves("P1", "S7")
async def test_a_revoked_share_takes_the_invoice_off_the_page_and_sharing_again_puts_it_back(firm: Firm) -> None:
    contact_id, invoice_id, share_id = new_id(), new_id(), new_id()
    await firm.hears(
        firm.contact_changed(contact_id),
        firm.finalised(invoice_id),
        firm.shared(invoice_id, contact_id, share_id=share_id),
        firm.ended(SharesRevoked, invoice_id, contact_id, share_id=share_id),
    )
    assert await firm.listed(contact_id) == []
    await firm.hears(firm.shared(invoice_id, contact_id, share_id=share_id, generation=2))
    assert await firm.listed(contact_id) == [invoice_id]


@pytest.mark.proves("P1", "S8")
async def test_a_suspended_share_takes_the_invoice_off_the_page_until_it_is_restored(firm: Firm) -> None:
    contact_id, invoice_id, share_id = new_id(), new_id(), new_id()
    await firm.hears(
        firm.contact_changed(contact_id),
        firm.finalised(invoice_id),
        firm.shared(invoice_id, contact_id, share_id=share_id),
        firm.ended(SharesSuspended, invoice_id, contact_id, share_id=share_id),
    )
    assert await firm.listed(contact_id) == []
    await firm.hears(firm.ended(SharesRestored, invoice_id, contact_id, share_id=share_id))
    assert await firm.listed(contact_id) == [invoice_id]


async def test_what_is_said_of_a_revoked_generation_does_not_bring_it_back(firm: Firm) -> None:
    contact_id, invoice_id, share_id = new_id(), new_id(), new_id()
    await firm.hears(
        firm.contact_changed(contact_id),
        firm.finalised(invoice_id),
        firm.shared(invoice_id, contact_id, share_id=share_id),
        firm.ended(SharesRevoked, invoice_id, contact_id, share_id=share_id),
        firm.ended(SharesRestored, invoice_id, contact_id, share_id=share_id),
        firm.shared(invoice_id, contact_id, share_id=share_id),
    )
    assert await firm.listed(contact_id) == []


@pytest.mark.proves("P1")
async def test_facts_of_one_invoice_lead_to_the_same_page_in_every_order_and_twice_over(firm: Firm) -> None:
    """Shared, revoked, shared again, finalised, contact: all 120 orders, each record delivered twice."""
    for order in permutations(range(5)):
        contact_id, invoice_id, share_id = new_id(), new_id(), new_id()
        records = [
            firm.shared(invoice_id, contact_id, share_id=share_id),
            firm.ended(SharesRevoked, invoice_id, contact_id, share_id=share_id),
            firm.shared(invoice_id, contact_id, share_id=share_id, generation=2),
            firm.finalised(invoice_id),
            firm.contact_changed(contact_id),
        ]
        for position in order:
            await firm.hears(records[position])
            await firm.hears(records[position])
        assert await firm.listed(contact_id) == [invoice_id], order


async def test_an_end_that_arrives_before_its_share_is_not_undone_by_it(firm: Firm) -> None:
    contact_id, invoice_id, share_id = new_id(), new_id(), new_id()
    await firm.hears(
        firm.contact_changed(contact_id),
        firm.finalised(invoice_id),
        firm.ended(SharesRevoked, invoice_id, contact_id, share_id=share_id),
        firm.shared(invoice_id, contact_id, share_id=share_id),
    )
    assert await firm.listed(contact_id) == []
