"""Bounds and patterns of shared fields: what other systems may not put into a message."""

import inspect
import unicodedata
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from annotated_types import Ge, Gt, Le, Lt
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from contracts import fields, gate, invoices, notify, payments, sharing

CONTROL_CHARACTERS = [chr(code) for code in (*range(0x20), 0x7F, 0x85, 0x2028, 0x2029)]


def _reads(field: Any, value: object) -> bool:
    try:
        TypeAdapter(field).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("character", CONTROL_CHARACTERS, ids=ascii)
@pytest.mark.parametrize("field", [fields.Name, fields.Label], ids=["name", "label"])
def test_one_line_of_text_has_no_character_that_ends_or_controls_it(field: Any, character: str) -> None:
    assert not _reads(field, f"Anna{character}Bcc: x@y.example")


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x0b", "\x0c", "\x1b", "\x7f"], ids=ascii)
def test_paragraphs_have_lines_and_tabs_but_nothing_that_controls_a_terminal(character: str) -> None:
    assert _reads(fields.Paragraphs, "Dear Anna,\r\n\tthank you.\n")
    assert not _reads(fields.Paragraphs, f"Dear{character}Anna")


@given(st.text(max_size=60))
def test_whatever_a_name_takes_stays_on_one_line(text: str) -> None:
    if _reads(fields.Name, text):
        assert len(TypeAdapter(fields.Name).validate_python(text).splitlines()) == 1


@pytest.mark.parametrize(
    "address",
    [
        "anna@mail.example",
        "anna.o'hara+invoices@sub.mail.example",
        "a@b.co",
    ],
)
def test_one_plain_address_is_an_address(address: str) -> None:
    assert _reads(fields.EmailAddress, address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "anna@localhost",
        "a@mail.example,b@mail.example",
        "a@mail.example;b@mail.example",
        "a@mail.example b@mail.example",
        "Anna <a@mail.example>",
        "<a@mail.example>",
        '"a b"@mail.example',
        "a(comment)@mail.example",
        "a@b@mail.example",
        "a@mail..example",
        "a@-mail.example",
        "a@mail.example-",
        "evil@x\r\nBcc:",
        "evil@x.example\r\nBcc: b@mail.example",
        "evil@x.example\n",
        "a@mail.example\x00",
        "a@[127.0.0.1]",
        "a@mäil.example",
        "a" * 65 + "@mail.example",
        "a@" + "b" * 250 + ".example",
    ],
    ids=ascii,
)
def test_anything_else_is_no_address(address: str) -> None:
    assert not _reads(fields.EmailAddress, address)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40), st.text(max_size=40))
def test_whatever_an_address_takes_is_one_address_in_ascii(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    if _reads(fields.EmailAddress, address):
        assert address.count("@") == 1
        assert address.isascii()
        assert not any(character.isspace() or unicodedata.category(character) == "Cc" for character in address)


@pytest.mark.parametrize("amount", [-1, fields.MINOR_MAX + 1, 10**400, 1.5, float("nan"), float("inf"), "1e3", None])
def test_an_amount_is_a_whole_number_within_bounds(amount: object) -> None:
    assert not _reads(fields.Minor, amount)


@given(st.integers())
def test_an_amount_is_taken_exactly_when_it_is_within_bounds(amount: int) -> None:
    assert _reads(fields.Minor, amount) == (0 <= amount <= fields.MINOR_MAX)


@pytest.mark.parametrize(
    "value", ["NaN", "sNaN", "Infinity", "-Infinity", "-1", "1.00001", "1000001", "9" * 500, "x", ""]
)
@pytest.mark.parametrize("field", [fields.Quantity, fields.TaxRate], ids=["quantity", "tax rate"])
def test_a_decimal_is_finite_positive_and_has_at_most_four_places(field: Any, value: str) -> None:
    assert not _reads(field, value)


@pytest.mark.parametrize(
    ("field", "lowest", "highest"),
    [
        pytest.param(fields.Quantity, "0.0001", "1000000", id="quantity"),
        pytest.param(fields.TaxRate, "0", "100", id="tax rate"),
    ],
)
def test_a_decimal_is_taken_up_to_its_bounds_and_not_past_them(field: Any, lowest: str, highest: str) -> None:
    step = Decimal("0.0001")
    assert _reads(field, lowest)
    assert _reads(field, highest)
    assert not _reads(field, str(Decimal(lowest) - step))
    assert not _reads(field, str(Decimal(highest) + step))


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        pytest.param(fields.Phone, "+14155550123", "0415 555 0123", id="phone"),
        pytest.param(fields.Locale, "de-DE", "de_DE", id="locale"),
        pytest.param(fields.TimeZone, "America/Los_Angeles", "../etc/passwd", id="time zone"),
        pytest.param(fields.Colour, "#1f4e79", "red;background:url(x)", id="colour"),
        pytest.param(fields.Currency, "USD", "USD\n", id="currency"),
        pytest.param(fields.Sha256, "0" * 64, "0" * 63, id="hash"),
        pytest.param(fields.Scope, "invoices:write", "invoices:*", id="scope"),
        pytest.param(fields.Slug, "portal_disabled", "Portal disabled", id="slug"),
    ],
)
def test_a_field_with_a_pattern_takes_what_fits_it_alone(field: Any, good: str, bad: str) -> None:
    assert _reads(field, good)
    assert not _reads(field, bad)


def _bounds_said_twice(model: type[BaseModel]) -> list[str]:
    """Fields with two lower or two upper bounds: pydantic keeps the last one, which is the looser of the type."""
    return [
        f"{model.__name__}.{name}"
        for name, field in model.model_fields.items()
        for bound in (Ge, Gt, Le, Lt)
        if sum(isinstance(said, bound) for said in field.metadata) > 1
    ]


def test_no_field_says_a_bound_that_its_type_overrules() -> None:
    models = [model for module in (invoices, sharing, notify, payments, gate) for model in _models_of(module)]
    assert len(models) > 50
    assert [said for model in models for said in _bounds_said_twice(model)] == []


def _models_of(module: ModuleType) -> list[type[BaseModel]]:
    return [model for _, model in inspect.getmembers(module, inspect.isclass) if issubclass(model, BaseModel)]


def test_a_bound_said_twice_is_seen() -> None:
    class Loose(BaseModel):
        amount_minor: fields.Minor = Field(ge=1)

    assert _bounds_said_twice(Loose) == ["Loose.amount_minor"]


@pytest.mark.proves("P11")
@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "tok_4111111111111111",
        "the card 4111 1111 1111 1111 12/28",
        "no. 12 4111-1111-1111-1111 12 28",
        "1234 5500\u00a00000\u00a00000\u00a00004",
        "378282246310005",
        "3782 822463 10005",
        "6304000000000000000",
        "4222222222222",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("field", [fields.MethodToken, fields.Reason], ids=["method token", "reason"])
def test_a_card_number_however_it_is_written_enters_nowhere_and_is_not_repeated(field: Any, text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(field).validate_python(text)
    (fault,) = refused.value.errors(include_input=False)
    assert not any(character.isdigit() for character in fault["msg"])


@pytest.mark.parametrize(
    "text",
    [
        "tok_ok",
        "pm_1QkX9zLkdIwHu7ixMz2c4R5t",
        "4111111111111112",
        "41111111111111110000",
        "019aa1c0-4000-700c-800c-00000000000c",
        "invoices 2026-000001 2026-000002 2026-000005",
        "on 2026-11-20 and 2026-11-22",
        "+1 415 555 0123",
        "00000000000000000000",
    ],
)
def test_other_digits_are_no_card_number(text: str) -> None:
    assert _reads(fields.MethodToken, text)
    assert _reads(fields.Reason, text)


def test_a_sum_holds_hundreds_of_the_highest_amounts_and_stays_exact_in_json_everywhere() -> None:
    assert 900 * fields.MINOR_MAX <= fields.SUM_MAX < 2**53
    assert _reads(fields.SumMinor, fields.SUM_MAX)
    assert not _reads(fields.SumMinor, fields.SUM_MAX + 1)
    assert not _reads(fields.SumMinor, 1.0)
