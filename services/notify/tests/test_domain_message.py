"""The mail as bytes: headers that no name can break, and the same bytes for the same content."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import compat32, default
from email.utils import getaddresses
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain.delivery import Content
from notify.domain.message import Attached, build_message

DELIVERY = UUID("0198aaaa-0000-7000-8000-00000000000d")
# What contracts.fields.Name lets in: one line, no control characters, no space at the ends.
NAMES = (
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=200)
    .map(str.strip)
    .filter(bool)
)


def build(name: str, *, subject: str = "Invoice 1", html: str = "<p>Hello</p>", plain: str = "Hello\n") -> bytes:
    content = Content(
        message_id="<1@handbill.test>",
        sender_name=name,
        sender_address="no-reply@handbill.test",
        reply_to="office@rook.test",
        subject=subject,
        html=html,
        plain=plain,
        rendered_at=datetime(2026, 12, 1, 8, 30, tzinfo=UTC),
    )
    return build_message(content, delivery_id=DELIVERY, recipient_name=name, recipient_email="ada@example.test")


def address_of(header: str) -> tuple[str, str]:
    ((name, email),) = getaddresses([header])
    return str(make_header(decode_header(name))), email


@pytest.mark.proves("N1")
@given(NAMES)
def test_any_name_stands_before_its_one_address(name: str) -> None:
    message = message_from_bytes(build(name), policy=compat32)
    assert address_of(message["From"]) == (name, "no-reply@handbill.test")
    assert address_of(message["To"]) == (name, "ada@example.test")
    assert address_of(message["Reply-To"]) == (name, "office@rook.test")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Smith, " * 25 + "Smith", id="long, with commas"),
        pytest.param("evil@example.test, " * 9 + "x", id="addresses in a name"),
        pytest.param("Ada <evil@example.test>", id="an address in brackets"),
        pytest.param("=?utf-8?q?Ada?=", id="an encoded word"),
        pytest.param('The "Rook" \\ Partners', id="quotes and backslash"),
        pytest.param("Müller, Söhne & Töchter " * 8 + "ü", id="long, with umlauts"),
    ],
)
def test_a_name_made_to_break_headers_does_not(name: str) -> None:
    message = message_from_bytes(build(name), policy=compat32)
    assert address_of(message["From"]) == (name, "no-reply@handbill.test")
    assert address_of(message["To"]) == (name, "ada@example.test")


def test_a_mail_has_both_forms_and_says_that_no_person_wrote_it() -> None:
    message = message_from_bytes(build("Rook", html="<p>Grüße</p>", plain="Grüße\n.\n"), policy=default)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.walk()][1:] == ["text/plain", "text/html"]
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["Grüße", "."]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Entity-Ref-ID"] == str(DELIVERY)
    assert message["Date"].datetime == datetime(2026, 12, 1, 8, 30, tzinfo=UTC)


def test_the_same_content_makes_the_same_bytes_with_short_lines_that_end_in_crlf() -> None:
    built = build("Rook", html="<p>" + "long " * 5000 + "</p>")
    assert built == build("Rook", html="<p>" + "long " * 5000 + "</p>")
    lines = built.split(b"\r\n")
    assert all(b"\n" not in line and b"\r" not in line for line in lines)
    assert max(len(line) for line in lines) <= 998


@pytest.mark.proves("S3")
@pytest.mark.parametrize("file_name", ["2026-0042.pdf", 'Rechnung "Ä".pdf', "ü" * 76 + ".pdf", "a" * 76 + ".pdf"])
def test_a_file_stands_beside_both_forms_under_its_own_name(file_name: str) -> None:
    content = Content(
        message_id="<1@handbill.test>",
        sender_name="Rook",
        sender_address="no-reply@handbill.test",
        reply_to="office@rook.test",
        subject="Invoice 1",
        html="<p>Grüße</p>",
        plain="Grüße\n",
        rendered_at=datetime(2026, 12, 1, 8, 30, tzinfo=UTC),
    )
    files = [Attached(file_name, b"JVBERi0=\r\n"), Attached("other.pdf", b"JVBERi0x\r\n")]
    built = build_message(
        content, delivery_id=DELIVERY, recipient_name="Ada", recipient_email="ada@example.test", attached=files
    )
    message = message_from_bytes(built, policy=default)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
        "application/pdf",
    ]
    assert message.defects == []
    first, second = message.iter_attachments()
    assert (first.get_filename(), first.get_content()) == (file_name, b"%PDF-")
    assert (second.get_filename(), second.get_content()) == ("other.pdf", b"%PDF-1")
    lines = built.split(b"\r\n")
    assert all(b"\n" not in line and b"\r" not in line for line in lines)
    assert max(len(line) for line in lines) <= 998
