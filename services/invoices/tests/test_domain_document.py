from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoices.domain.contact import Contact, ContactProfile
from invoices.domain.document import file_name, lay_out
from invoices.domain.firm import Firm, FirmProfile
from invoices.domain.invoice import Comment
from invoices.domain.matter import Matter, MatterProfile
from invoices.domain.refusal import Refusal
from invoices.domain.sheet import Addressee, Labelled, breakable, paper_of
from invoices.domain.totals import Line, price_lines, total_up
from invoices.domain.version import Document, Parties, Version, parties_of

FIRM_ID, INVOICE_ID, MATTER_ID, DANA_ID, EVE_ID = (UUID(int=number) for number in range(1, 6))
DANA = ContactProfile("Dana Doe", "person", "dana@doe.example", None, "en-US")
EVE = ContactProfile("Eve Roe", "person", None, None, "en-US")


class PlainWording:
    """Minor units, plain numbers, ISO days."""

    def money(self, amount_minor: int) -> str:
        return f"money {amount_minor}"

    def digits(self, amount_minor: int) -> str:
        return str(amount_minor)

    def number(self, exact: Decimal) -> str:
        return f"{exact.normalize():f}"

    def percent(self, rate_percent: Decimal) -> str:
        return f"{rate_percent.normalize():f}%"

    def day(self, day: date) -> str:
        return day.isoformat()


def firm(**changed: Any) -> FirmProfile:
    usual: dict[str, Any] = {
        "name": "Vale LLP",
        "brand_colour": "#1f4e79",
        "time_zone": "America/New_York",
        "locale": "en-US",
        "currency": "USD",
        "reply_to": "billing@vale.example",
        "channels": ("portal",),
        "online_payments": True,
        "share_message": None,
    }
    return FirmProfile(**{**usual, **changed})


def line(kind: str, quantity: str, unit_price_minor: int, rate: str = "0", said: str = "Work") -> Line:
    return Line(kind, said, Decimal(quantity), unit_price_minor, Decimal(rate))


def version(
    *lines: Line, discount_minor: int = 0, number: int = 1, comments: Sequence[Comment] = (), **parties: Any
) -> Version:
    priced, totals = price_lines(lines, discount_minor), total_up(lines, discount_minor)
    assert not isinstance(priced, Refusal)
    assert not isinstance(totals, Refusal)
    document = Document(
        number="INV-000007",
        issued_on=date(2026, 11, 22),
        due_on=date(2026, 12, 22),
        currency="USD",
        lines=tuple(priced),
        totals=totals,
        notes=None,
        comments=tuple(comments),
        parties=Parties(**{"firm": firm(), "matter_number": "17", "matter_name": "Doe", "billed_to": DANA, **parties}),
    )
    return Version(FIRM_ID, INVOICE_ID, number, datetime(2026, 11, 25, 2, 0, tzinfo=UTC), document)


@pytest.mark.proves("I5")
@pytest.mark.parametrize(
    ("locale", "currency", "paper"),
    [
        ("en-US", "USD", "us-letter"),
        ("es-US", "EUR", "us-letter"),
        ("fr-CA", "CAD", "us-letter"),
        ("en-GB", "GBP", "a4"),
        ("de-DE", "USD", "a4"),
        ("en", "USD", "us-letter"),
        ("en", "CAD", "us-letter"),
        ("en", "EUR", "a4"),
        ("de", "EUR", "a4"),
    ],
)
def test_the_paper_is_what_the_firms_printer_holds(locale: str, currency: str, paper: str) -> None:
    assert paper_of(firm(locale=locale, currency=currency)) == paper


@pytest.mark.proves("I5")
def test_client_visible_comments_are_shown_or_not_and_internal_ones_never() -> None:
    said = [Comment("first", is_client_visible=True), Comment("secret", is_client_visible=False)]
    shown = version(line("time", "1", 100), comments=[*said, Comment("last", is_client_visible=True)])
    assert lay_out(shown, "all", PlainWording()).comments == ("first", "last")
    assert lay_out(shown, "none", PlainWording()).comments == ()


def test_lines_are_gathered_by_kind_in_the_order_of_a_bill() -> None:
    lines = [
        line(kind, "1", 100, said=f"{kind} {at}") for at in (1, 2) for kind in ("expense", "part", "flat_fee", "time")
    ]
    sheet = lay_out(version(*lines), "all", PlainWording())
    assert [[row.description for row in section.rows] for section in sheet.sections] == [
        ["time 1", "time 2"],
        ["flat_fee 1", "flat_fee 2"],
        ["part 1", "part 2"],
        ["expense 1", "expense 2"],
    ]
    assert [section.subtotal for section in sheet.sections] == ["200"] * 4


def test_one_section_needs_no_subtotal_and_one_sum_no_derivation() -> None:
    sheet = lay_out(version(line("time", "2", 100)), "all", PlainWording())
    assert [section.subtotal for section in sheet.sections] == [None]
    assert sheet.sums == ()
    assert sheet.total == Labelled("Total", "money 200")
    assert not sheet.is_taxed


def test_sums_lead_from_the_lines_to_the_total() -> None:
    lines = [
        line("time", "1", 1000, "10"),
        line("time", "1", 1000, "10.0000"),
        line("expense", "1", 2000, "0"),
        line("part", "1", 1000, "5"),
    ]
    sheet = lay_out(version(*lines, discount_minor=500), "all", PlainWording())
    assert [(sum_.label, sum_.value) for sum_ in sheet.sums] == [
        ("Subtotal", "5000"),
        ("Discount", "\N{MINUS SIGN}500"),
        ("Tax 5% on 900 after discount", "45"),
        ("Tax 10% on 1800 after discount", "180"),
    ]
    assert sheet.total.value == "money 4725"
    assert [row.tax_rate for section in sheet.sections for row in section.rows] == ["10%", "10%", "5%", ""]


@pytest.mark.proves("I5")
def test_a_later_version_says_so_with_the_day_it_was_where_the_firm_is() -> None:
    first = lay_out(version(line("time", "1", 1)), "all", PlainWording())
    assert [(fact.label, fact.value) for fact in first.facts] == [
        ("Invoice", "INV-000007"),
        ("Issued", "2026-11-22"),
        ("Due", "2026-12-22"),
    ]
    third = lay_out(version(line("time", "1", 1), number=3), "all", PlainWording())
    assert [(fact.label, fact.value) for fact in third.facts] == [
        ("Invoice", "INV-000007"),
        ("Issued", "2026-11-22"),
        ("Version", "3"),
        ("Revised", "2026-11-24"),
        ("Due", "2026-12-22"),
    ]


def test_a_pdf_is_named_by_number_and_version() -> None:
    assert file_name(version(line("time", "1", 1), number=2)) == "INV-000007-v2.pdf"


@pytest.mark.parametrize(
    ("billed_to", "clients", "addressees"),
    [
        pytest.param(None, (), (), id="nobody"),
        pytest.param(DANA, (), (Addressee("Bill to", "Dana Doe", "dana@doe.example"),), id="billed"),
        pytest.param(None, (EVE,), (Addressee("Client", "Eve Roe", None),), id="a client alone"),
        pytest.param(
            DANA,
            (EVE,),
            (Addressee("Bill to", "Dana Doe", "dana@doe.example"), Addressee("Client", "Eve Roe", None)),
            id="both",
        ),
    ],
)
def test_the_bill_names_who_pays_and_who_is_the_client(
    billed_to: ContactProfile | None, clients: tuple[ContactProfile, ...], addressees: tuple[Addressee, ...]
) -> None:
    shown = version(line("time", "1", 1), billed_to=billed_to, clients=clients)
    assert lay_out(shown, "all", PlainWording()).addressees == addressees


def test_a_client_who_is_billed_is_named_once_and_clients_are_in_one_order() -> None:
    dana, eve = Contact(FIRM_ID, DANA_ID, DANA, 1), Contact(FIRM_ID, EVE_ID, EVE, 1)
    matter = Matter(FIRM_ID, MATTER_ID, MatterProfile("17", "Doe", portal_enabled=True, portal_kinds=()), (), 1)
    ours = Firm(FIRM_ID, firm(), 1)
    assert parties_of(ours, matter, dana, [eve, dana]).clients == (EVE,)
    assert parties_of(ours, matter, None, [eve, dana]).clients == parties_of(ours, matter, None, [dana, eve]).clients


@given(st.text(st.sampled_from("ab \n\t"), max_size=200), st.integers(1, 30))
def test_long_words_are_given_places_to_break_and_nothing_else_is_changed(text: str, unbroken_max: int) -> None:
    broken = breakable(text, unbroken_max)
    assert broken.replace("\u200b", "") == text
    assert max(map(len, broken.replace("\u200b", " ").split()), default=0) <= unbroken_max
    if max(map(len, text.split()), default=0) <= unbroken_max:
        assert broken == text
