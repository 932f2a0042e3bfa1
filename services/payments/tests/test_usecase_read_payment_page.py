"""What a contact's payment page lists, as facts of invoices and sharing come, in order and out of it."""

from datetime import date
from typing import Any

import pytest

from chassis.ids import new_id
from contracts.sharing import SharesRevoked

Firm = Any


@pytest.mark.proves("P1")
async def test_the_page_shows_invoices_of_all_matters_with_what_they_are_and_owe(firm: Firm) -> None:
    contact_id, estate, lease, first, second = (new_id() for _ in range(5))
    await firm.hears(
        firm.firm_changed(),
        firm.contact_changed(contact_id, name="Anna Okafor"),
        firm.matter_changed(estate, number="M-1"),
        firm.matter_changed(lease, number="M-2"),
        firm.finalised(first, matter_id=lease, number="2026-000007", due_on=date(2027, 1, 5), total_minor=5_000),
        firm.finalised(second, matter_id=estate, number="2026-000008", due_on=date(2026, 12, 1), total_minor=2_500),
        firm.shared(first, contact_id, "email"),
        firm.shared(second, contact_id, "portal"),
    )
    page = await firm.page_of(contact_id)
    assert (page.contact_name, page.online_payments_off) == ("Anna Okafor", False)
    (dollars,) = page.pages
    assert (dollars.currency, dollars.open_minor, dollars.payable_minor, dollars.processing_minor) == (
        "USD",
        7_500,
        7_500,
        0,
    )
    assert [
        (line.number, line.matter_id, line.matter_number, line.matter_name, line.due_on, line.version, line.open_minor)
        for line in dollars.invoices
    ] == [
        ("2026-000008", estate, "M-1", "Matter M-1", date(2026, 12, 1), 1, 2_500),
        ("2026-000007", lease, "M-2", "Matter M-2", date(2027, 1, 5), 1, 5_000),
    ]


@pytest.mark.proves("P1", "S11")
async def test_portal_and_email_shares_list_while_link_and_text_shares_do_not(firm: Firm) -> None:
    contact_id = new_id()
    invoices = {channel: new_id() for channel in ("portal", "email", "link", "text")}
    await firm.hears(firm.contact_changed(contact_id))
    for channel, invoice_id in invoices.items():
        await firm.hears(firm.finalised(invoice_id), firm.shared(invoice_id, contact_id, channel))
    assert set(await firm.listed(contact_id)) == {invoices["portal"], invoices["email"]}


@pytest.mark.proves("P1", "S11")
@pytest.mark.parametrize("channel", ["link", "text"])
async def test_a_link_lists_once_its_sender_says_so_and_no_longer_once_he_takes_it_back(
    firm: Firm, channel: str
) -> None:
    contact_id, invoice_id, share_id = new_id(), new_id(), new_id()
    await firm.hears(firm.contact_changed(contact_id), firm.finalised(invoice_id))
    for on_payment_page in (True, False, True):
        sent = firm.shared(invoice_id, contact_id, channel, share_id=share_id, on_payment_page=on_payment_page)
        await firm.hears(sent)
        assert (invoice_id in set(await firm.listed(contact_id))) is on_payment_page


async def test_an_invoice_whose_matter_has_not_arrived_is_listed_without_its_words(firm: Firm) -> None:
    contact_id, invoice_id, matter_id = new_id(), new_id(), new_id()
    await firm.hears(
        firm.contact_changed(contact_id),
        firm.finalised(invoice_id, matter_id=matter_id),
        firm.shared(invoice_id, contact_id),
    )
    (line,) = (await firm.page_of(contact_id)).pages[0].invoices
    assert (line.matter_id, line.matter_number, line.matter_name) == (matter_id, None, None)
    await firm.hears(firm.matter_changed(matter_id, number="M-9"))
    (line,) = (await firm.page_of(contact_id)).pages[0].invoices
    assert (line.matter_number, line.matter_name) == ("M-9", "Matter M-9")


@pytest.mark.proves("P1")
async def test_what_owes_nothing_is_not_listed(firm: Firm) -> None:
    contact_id, invoice_id = new_id(), new_id()
    await firm.hears(
        firm.contact_changed(contact_id), firm.finalised(invoice_id, total_minor=0), firm.shared(invoice_id, contact_id)
    )
    assert await firm.listed(contact_id) == []


@pytest.mark.proves("P1")
async def test_each_currency_has_a_page_of_its_own(firm: Firm) -> None:
    contact_id, dollars, euros = new_id(), new_id(), new_id()
    await firm.hears(
        firm.contact_changed(contact_id),
        firm.finalised(dollars, currency="USD", total_minor=100),
        firm.finalised(euros, currency="EUR", total_minor=200),
        firm.shared(dollars, contact_id),
        firm.shared(euros, contact_id),
    )
    page = await firm.page_of(contact_id)
    assert [(part.currency, part.open_minor) for part in page.pages] == [("EUR", 200), ("USD", 100)]


async def test_a_firm_without_online_payments_shows_the_page_and_says_so(firm: Firm) -> None:
    contact_id = new_id()
    await firm.hears(firm.contact_changed(contact_id))
    assert (await firm.page_of(contact_id)).online_payments_off, "nobody has said yet that money may be taken"
    await firm.hears(firm.firm_changed(online_payments=True, revision=1))
    assert not (await firm.page_of(contact_id)).online_payments_off
    await firm.hears(firm.firm_changed(online_payments=False, revision=2))
    assert (await firm.page_of(contact_id)).online_payments_off


async def test_older_states_of_contact_matter_and_firm_never_overwrite_newer_ones(firm: Firm) -> None:
    contact_id, invoice_id, matter_id = new_id(), new_id(), new_id()
    await firm.hears(
        firm.finalised(invoice_id, matter_id=matter_id),
        firm.shared(invoice_id, contact_id),
        firm.contact_changed(contact_id, name="New", revision=3),
        firm.contact_changed(contact_id, name="Old", revision=2),
        firm.matter_changed(matter_id, number="M-NEW", revision=3),
        firm.matter_changed(matter_id, number="M-OLD", revision=2),
        firm.firm_changed(online_payments=True, revision=3),
        firm.firm_changed(online_payments=False, revision=2),
    )
    page = await firm.page_of(contact_id)
    assert (page.contact_name, page.online_payments_off) == ("New", False)
    assert page.pages[0].invoices[0].matter_number == "M-NEW"


@pytest.mark.proves("P1")
async def test_another_firms_contact_share_or_invoice_is_never_on_the_page(firm: Firm, other_firm: Firm) -> None:
    """Every id is the same in both firms; only the firm tells them apart."""
    contact_id, invoice_id, share_id = new_id(), new_id(), new_id()
    await firm.hears(firm.contact_changed(contact_id), firm.finalised(invoice_id))
    await other_firm.hears(
        other_firm.contact_changed(contact_id),
        other_firm.finalised(invoice_id),
        other_firm.shared(invoice_id, contact_id, share_id=share_id),
    )
    assert await firm.listed(contact_id) == []
    assert await other_firm.listed(contact_id) == [invoice_id]
    await firm.hears(firm.ended(SharesRevoked, invoice_id, contact_id, share_id=share_id))
    assert await other_firm.listed(contact_id) == [invoice_id]


async def test_a_contact_nobody_has_told_of_has_no_page(firm: Firm) -> None:
    assert await firm.page_of(new_id()) is None
