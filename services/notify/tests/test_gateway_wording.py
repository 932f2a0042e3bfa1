"""What a message says: both forms complete, nothing of its own invention, nothing fetched from elsewhere."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from babel import Locale
from jinja2 import TemplateSyntaxError

from notify.domain.colour import readable_on
from notify.domain.delivery import Delivery, Item, ToldItem
from notify.domain.money import major_units
from notify.domain.news import ChangeNews
from notify.domain.replicas import Firm
from notify.gateways.formats import best_locale, date_words, money_words
from notify.gateways.mail_templates import MailTemplates, RenderError
from notify.gateways.wording import words_of

ID = UUID("0198aaaa-0000-7000-8000-00000000000d")
FIRM = Firm(ID, "Rook & Partners", "#1f4e79", "office@rook.test", "UTC", "en-US", None, 1)
ITEM = Item(ID, 1, ID, 1, "portal", "2026-0042", "Estate of <Ada>", "EUR", 123_450, date(2026, 12, 24))
DELIVERY = Delivery(
    ID, ID, "email", "invoice_shared", ID, "Ada", "ada@example.test", "de-DE", ID, 1, ID, None, "staff:1", ID, None
)


@pytest.mark.proves("N1")
def test_both_forms_name_number_amount_date_and_link() -> None:
    rendered = MailTemplates().render(
        "invoice_shared", words_of(DELIVERY, [ToldItem(ITEM)], FIRM, "https://pay.example/")
    )
    assert rendered.subject == "Invoice 2026-0042 from Rook & Partners"
    for words in ("2026-0042", "1.234,50\xa0€", "24. Dezember 2026", "https://pay.example/portal", "office@rook.test"):
        assert words in rendered.html
        assert words in rendered.plain
    assert "Estate of <Ada>" in rendered.plain
    assert "Estate of &lt;Ada&gt;" in rendered.html
    assert FIRM.brand_colour in rendered.html


def test_the_html_fetches_nothing_and_links_to_the_portal_and_the_payment_page_alone() -> None:
    html = (
        MailTemplates().render("invoice_shared", words_of(DELIVERY, [ToldItem(ITEM)], FIRM, "https://pay.example")).html
    )
    assert set(re.findall(r'href="([^"]*)"', html)) == {"https://pay.example/portal", "https://pay.example/pay"}
    assert not re.search(r"@import|<link|<img|<script|url\(|src=", html)


@pytest.mark.proves("P1", "S11")
@pytest.mark.parametrize("template", ["invoice_shared", "invoice_changed"])
@pytest.mark.parametrize(
    ("items", "online", "button"),
    [
        ([ITEM], True, True),
        ([ITEM], False, False),
        ([replace(ITEM, channel="link", on_payment_page=False)], True, False),
        ([replace(ITEM, channel="link", on_payment_page=True)], True, True),
        ([replace(ITEM, channel="link", on_payment_page=False), ITEM], True, True),
    ],
    ids=["portal", "no online payments", "link alone", "link on the page", "link and portal"],
)
def test_a_mail_has_a_pay_button_where_the_payment_page_has_the_invoice(
    template: str, items: list[Item], online: bool, button: bool
) -> None:
    news = ChangeNews(100, 0, is_void=False, reasons=("So.",)) if template == "invoice_changed" else None
    words = words_of(
        replace(DELIVERY, news=news),
        [ToldItem(item) for item in items],
        replace(FIRM, online_payments=online),
        "https://pay.example",
    )
    rendered = MailTemplates().render(template, words)
    assert ("https://pay.example/pay" in rendered.plain) is button
    assert ('href="https://pay.example/pay"' in rendered.html) is button


def test_a_message_that_looks_like_html_or_a_template_is_shown_as_it_was_typed() -> None:
    delivery = replace(DELIVERY, message="<script>alert(1)</script>\n{{ 7 * 7 }}{% raw %}")
    rendered = MailTemplates().render(
        "invoice_shared", words_of(delivery, [ToldItem(ITEM)], FIRM, "https://pay.example")
    )
    assert "<script" not in rendered.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;<br />{{ 7 * 7 }}{% raw %}<br />" in rendered.html
    assert "<script>alert(1)</script>\n{{ 7 * 7 }}{% raw %}\n" in rendered.plain


def test_without_a_message_there_is_no_gap() -> None:
    plain = (
        MailTemplates()
        .render("invoice_shared", words_of(DELIVERY, [ToldItem(ITEM)], FIRM, "https://pay.example"))
        .plain
    )
    assert "\n\n\n" not in plain


@pytest.mark.proves("N1")
@pytest.mark.parametrize(
    ("amount_minor", "currency", "locale", "words"),
    [
        (123_450, "USD", "en-US", "$1,234.50"),
        (123_450, "EUR", "de-DE", "1.234,50\xa0€"),
        (123_450, "JPY", "en-US", "¥123,450"),
        (123_450, "KWD", "en-US", "KWD123.450"),
        (123_450, "IQD", "en-US", "IQD123.450"),
        (0, "USD", "en-US", "$0.00"),
        (5, "USD", "en-US", "$0.05"),
        (10**13, "USD", "en-US", "$100,000,000,000.00"),
        (123_450, "XXX", "en-US", "¤1,234.50"),
    ],
)
def test_amounts_are_exact_and_have_their_currencys_digits(
    amount_minor: int, currency: str, locale: str, words: str
) -> None:
    assert money_words(amount_minor, currency, Locale.parse(locale, sep="-")) == words


def test_writing_an_amount_leaves_the_locale_as_it_was() -> None:
    locale = Locale("en", "US")
    money_words(1, "KWD", locale)
    assert money_words(123_450, "USD", locale) == "$1,234.50"
    assert str(major_units(1, "KWD")) == "0.001"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (("de-DE", "en-US"), "de_DE"),
        (("en-XX", "de-DE"), "en"),
        (("xx-YY", "fr-FR"), "fr_FR"),
        (("xx-YY", "yy"), "en_US"),
    ],
)
def test_the_best_locale_is_the_first_there_is(wanted: tuple[str, ...], found: str) -> None:
    assert str(best_locale(*wanted)) == found


def test_a_date_names_its_month() -> None:
    assert date_words(date(2026, 2, 3), Locale("en", "GB")) == "3 February 2026"


@pytest.mark.parametrize(
    ("background", "text"),
    [("#1f4e79", "#ffffff"), ("#000000", "#ffffff"), ("#ffffff", "#111111"), ("#ffd700", "#111111")],
)
def test_text_on_the_firms_colour_can_be_read(background: str, text: str) -> None:
    assert readable_on(background) == text


def test_a_name_that_a_template_does_not_have_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "note.mjml").write_text("<mjml><mj-body></mj-body></mjml>")
    (tmp_path / "note.txt.j2").write_text("{{ missing }}")
    (tmp_path / "note.subject.j2").write_text("Note")
    with pytest.raises(RenderError, match="note: UndefinedError"):
        MailTemplates(tmp_path).render("note", {})


@pytest.mark.parametrize("written", ["{{ ''.__class__.__mro__ }}", "{{ items.append(1) }}"])
def test_a_template_cannot_reach_out_of_its_sandbox(tmp_path: Path, written: str) -> None:
    (tmp_path / "note.mjml").write_text("<mjml><mj-body></mj-body></mjml>")
    (tmp_path / "note.txt.j2").write_text(written)
    (tmp_path / "note.subject.j2").write_text("Note")
    with pytest.raises(RenderError, match="SecurityError"):
        MailTemplates(tmp_path).render("note", {"items": []})


def test_a_template_with_a_slip_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "note.txt.j2").write_text("{% if %}")
    with pytest.raises(TemplateSyntaxError):
        MailTemplates(tmp_path)
