"""The real template, typeset; what a reader sees is read back from the PDF."""

import asyncio
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pypdf
import pytest

from chassis.pdf import Typesetter
from invoices.domain.contact import ContactProfile
from invoices.domain.firm import FirmProfile
from invoices.domain.invoice import Comment
from invoices.domain.refusal import Refusal
from invoices.domain.totals import Line, price_lines, total_up
from invoices.domain.version import Document, Parties, Version
from invoices.gateways.invoice_pdf import make_invoice_pdf

FIRM = FirmProfile(
    name="Harcourt & Vale LLP",
    brand_colour="#1f4e79",
    time_zone="America/New_York",
    locale="en-US",
    currency="USD",
    reply_to="billing@vale.example",
    channels=("portal",),
    online_payments=True,
    share_message=None,
)
DANA = ContactProfile("Dana Doe", "person", "dana@doe.example", None, "en-US")
HOLDINGS = ContactProfile("Doe Holdings", "company", None, None, "en-US")
USUAL = (
    Line("time", "Review of the lease", Decimal("1.5000"), 45000, Decimal("8.875")),
    Line("flat_fee", "Settlement agreement", Decimal(1), 150000, Decimal("8.875")),
    Line("part", "Certified exhibits", Decimal(12), 1850, Decimal(4)),
    Line("expense", "Court filing fee", Decimal(1), 21000, Decimal(0)),
)
COMMENTS = (
    Comment("Thank you.\nSee you in January.", is_client_visible=True),
    Comment("Slow payer", is_client_visible=False),
)
POINTS = {"us-letter": (612, 792), "a4": (595, 842)}


@pytest.fixture
def typesetter() -> Iterator[Typesetter]:
    made = Typesetter(thread_count=2)
    yield made
    made.close()


def version(
    lines: Sequence[Line] = USUAL, *, number: int = 1, firm: FirmProfile = FIRM, discount_minor: int = 0, **said: Any
) -> Version:
    priced, totals = price_lines(lines, discount_minor), total_up(lines, discount_minor)
    assert not isinstance(priced, Refusal)
    assert not isinstance(totals, Refusal)
    document = Document(
        number="INV-000007",
        issued_on=date(2026, 11, 22),
        due_on=date(2026, 12, 22),
        currency=firm.currency,
        lines=tuple(priced),
        totals=totals,
        notes=said.get("notes", "Please quote the number."),
        comments=said.get("comments", COMMENTS),
        parties=Parties(firm, "2026-0143", said.get("matter_name", "Doe v. Roe"), DANA, (HOLDINGS,)),
    )
    return Version(UUID(int=1), UUID(int=2), number, datetime(2026, 11, 24, 15, 0, tzinfo=UTC), document)


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def flowing(pdf: bytes) -> str:
    """All words, with every run of white space as one blank: where lines break is no matter."""
    return " ".join(" ".join(pages_of(pdf)).split())


def drawing_of(pdf: bytes) -> bytes:
    contents = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].get_contents()
    assert contents is not None
    return contents.get_data()


@pytest.mark.proves("I2", "I5")
async def test_the_pdf_says_all_that_the_version_says(typesetter: Typesetter) -> None:
    words = flowing(await make_invoice_pdf(typesetter, version(number=2, discount_minor=25000), "all"))
    for expected in (
        "Harcourt & Vale LLP",
        "BILL TO Dana Doe dana@doe.example",
        "CLIENT Doe Holdings",
        "MATTER 2026-0143 Doe v. Roe",
        "Invoice INV-000007",
        "Issued November 22, 2026",
        "Version 2",
        "Revised November 24, 2026",
        "Due December 22, 2026",
        "Professional services HOURS RATE TAX AMOUNT (USD)",
        "Review of the lease 1.5 450.00 8.875% 675.00",
        "Fixed fees QUANTITY FEE TAX AMOUNT (USD)",
        "Settlement agreement 1 1,500.00 8.875% 1,500.00",
        "Certified exhibits 12 18.50 4% 222.00",
        "Court filing fee 1 210.00 210.00",
        "Subtotal 2,607.00",
        "Discount \N{MINUS SIGN}250.00",
        "Tax 4% on 200.71 after discount 8.03",
        "Tax 8.875% on 1,966.43 after discount 174.52",
        "Total $2,539.55",
        "COMMENTS Thank you. See you in January.",
        "NOTES Please quote the number.",
        "Page 1 of 1",
    ):
        assert expected in words
    assert "Slow payer" not in words


@pytest.mark.proves("I5")
async def test_a_choice_without_comments_is_a_pdf_of_its_own(typesetter: Typesetter) -> None:
    with_comments = await make_invoice_pdf(typesetter, version(), "all")
    without = await make_invoice_pdf(typesetter, version(), "none")
    assert "Thank you" in flowing(with_comments)
    assert "COMMENTS" not in flowing(without)
    assert "Thank you" not in flowing(without)
    assert "Page 1 of 1" in flowing(without)


@pytest.mark.proves("I5")
@pytest.mark.parametrize(("locale", "paper"), [("en-US", "us-letter"), ("en-CA", "us-letter"), ("de-DE", "a4")])
async def test_the_page_is_letter_or_a4(typesetter: Typesetter, locale: str, paper: str) -> None:
    firm = replace(FIRM, locale=locale)
    made = await make_invoice_pdf(typesetter, version(firm=firm), "all")
    box = pypdf.PdfReader(io.BytesIO(made)).pages[0].mediabox
    assert (round(box.width), round(box.height)) == POINTS[paper]


@pytest.mark.proves("I5")
async def test_words_can_be_copied_and_searched_though_long_ones_may_be_broken(typesetter: Typesetter) -> None:
    email = "dana-doe-the-executor-of-the-estate@mail.example.test"
    given = version()
    parties = replace(given.document.parties, billed_to=replace(DANA, email=email))
    words = flowing(
        await make_invoice_pdf(typesetter, replace(given, document=replace(given.document, parties=parties)), "all")
    )
    assert "\N{ZERO WIDTH SPACE}" not in words
    assert email in words
    assert "Issued November" in words


@pytest.mark.proves("I5")
@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
async def test_a_word_too_long_for_its_column_is_broken_within_it_and_not_cut(
    typesetter: Typesetter, locale: str
) -> None:
    word = "W" * 200
    given = version(
        [Line("time", word, Decimal("1234.5678"), 10**9, Decimal("8.875"))],
        firm=replace(FIRM, locale=locale, name=word),
        matter_name=word,
        notes="W" * 5000,
        comments=[Comment(word, is_client_visible=True)],
    )
    parties = replace(given.document.parties, billed_to=replace(DANA, name=word))
    made = await make_invoice_pdf(typesetter, replace(given, document=replace(given.document, parties=parties)), "all")
    printed = [piece for page in pages_of(made) for piece in page.split() if piece.startswith("WWWW")]
    # A line as wide as the page holds about fifty of them, one of the column of lines half as many.
    assert max(map(len, printed)) < 60
    assert sum(map(len, printed)) >= 5 * len(word) + 5000


@pytest.mark.proves("I5")
async def test_labels_are_set_without_letter_spacing_which_readers_take_for_blanks(typesetter: Typesetter) -> None:
    gaps = re.findall(rb"\)(-?[0-9.]+)\(", drawing_of(await make_invoice_pdf(typesetter, version(), "all")))
    # In thousandths of the size. What kerning does is never so much; `MATTER` was read as `MAT TER` at 115.
    assert min(map(float, gaps)) > -100


@pytest.mark.proves("I5")
async def test_the_firms_colour_is_on_the_page(typesetter: Typesetter) -> None:
    firm = replace(FIRM, brand_colour="#ff8000")
    orange = b"1 0.5019608 0"
    assert orange in drawing_of(await make_invoice_pdf(typesetter, version(firm=firm), "all"))
    assert orange not in drawing_of(await make_invoice_pdf(typesetter, version(), "all"))


@pytest.mark.proves("I5")
async def test_rendered_again_it_is_the_same_bytes_whoever_else_is_at_it(typesetter: Typesetter) -> None:
    versions = [version(number=number) for number in (1, 2, 1, 2, 1, 2)]
    made = await asyncio.gather(*(make_invoice_pdf(typesetter, it, "all") for it in versions))
    assert [made[0], made[1]] * 3 == made
    assert made[0] != made[1]


@pytest.mark.proves("I5")
async def test_two_thousand_lines_are_all_there_on_numbered_pages(typesetter: Typesetter) -> None:
    kinds = ("time", "expense", "flat_fee", "part")
    lines = [Line(kinds[at % 4], f"Line {at:04}", Decimal(1), 100 + at, Decimal(0)) for at in range(2000)]
    pages = pages_of(await make_invoice_pdf(typesetter, version(lines), "all"))
    words = " ".join(" ".join(pages).split())
    assert [at for at in range(2000) if f"Line {at:04} 1 " not in words] == []
    assert len(pages) > 20
    assert [at for at, page in enumerate(pages, 1) if f"Page {at} of {len(pages)}" not in page] == []
    assert [at for at, page in enumerate(pages[1:], 2) if "Invoice INV-000007" not in page] == []
    # The heading of a section that goes on is there again on each page.
    assert [at for at, page in enumerate(pages[:-1], 1) if "AMOUNT (USD)" not in page] == []


HOSTILE = (
    '#panic("code") #read("/etc/passwd")',
    "$x^2$ *bold* _thin_ `raw` = - +",
    "[content] {block} <label> @reference ~ -- ...",
    "\"double\" 'single' \\ // /* x */",
    "&amp; <b>html</b> %s {{ jinja }}",
)


@pytest.mark.proves("I5")
@pytest.mark.parametrize("words", HOSTILE)
async def test_text_is_data_wherever_it_stands(typesetter: Typesetter, words: str) -> None:
    firm = replace(FIRM, name=words)
    hostile = version(
        [Line("time", words, Decimal(1), 100, Decimal(0))],
        firm=firm,
        notes=words,
        matter_name=words,
        comments=[Comment(words, is_client_visible=True)],
    )
    # Firm, matter, line, comment and notes, and the foot of the page, which cuts long names short.
    expected_count = 6 if len(words) <= 40 else 5
    assert flowing(await make_invoice_pdf(typesetter, hostile, "all")).count(words) == expected_count


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("שלום עולם, מה שלומך? 12.50", id="Hebrew"),
        pytest.param("مرحبا بالعالم ١٢٣ (نص)", id="Arabic"),
        pytest.param("\N{PARTY POPPER} 中文 \N{ZERO WIDTH JOINER}e\u0301", id="emoji, Chinese, joined"),
        pytest.param("W" * 200, id="one long word"),
        pytest.param("  \tspaces\t  ", id="spaces"),
        pytest.param("one\n\n\n\ntwo\n \n\t\nthree\n", id="empty lines"),
        pytest.param("\n \n", id="nothing but empty lines"),
    ],
)
async def test_any_text_makes_a_bill_with_its_total(typesetter: Typesetter, words: str) -> None:
    hostile = version(
        [Line("time", words, Decimal(1), 10**13, Decimal(0))],
        notes=words,
        matter_name=words,
        comments=[Comment(words, is_client_visible=True)],
    )
    assert "Total $100,000,000,000.00" in flowing(await make_invoice_pdf(typesetter, hostile, "all"))
