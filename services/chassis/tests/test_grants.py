"""Grants are believed while they are fresh, whole and from the granter, and never otherwise."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from chassis.grants import (
    CLOCK_SKEW_MAX,
    LIFETIME,
    Grant,
    GrantInvalid,
    GrantKeyUnreadable,
    make_key_pair,
    read_private_key,
    read_public_key,
    sign_grant,
    verify_grant,
)
from chassis.ids import new_id

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GRANT = Grant(new_id(), new_id(), new_id(), 3, new_id(), 2, AT)
PRIVATE_TEXT, PUBLIC_TEXT = make_key_pair()
PRIVATE, PUBLIC = read_private_key(PRIVATE_TEXT), read_public_key(PUBLIC_TEXT)
TEXT = sign_grant(PRIVATE, GRANT)


@pytest.mark.proves("P9", "S7")
@pytest.mark.parametrize("age", [timedelta(), LIFETIME, -CLOCK_SKEW_MAX])
def test_a_fresh_grant_is_read_as_it_was_given(age: timedelta) -> None:
    assert verify_grant(PUBLIC, TEXT, AT + age) == GRANT


@pytest.mark.proves("P9", "S7")
@pytest.mark.parametrize(
    ("age", "why"),
    [
        (LIFETIME + timedelta(milliseconds=1), "too old"),
        (-CLOCK_SKEW_MAX - timedelta(milliseconds=1), "from the future"),
    ],
)
def test_a_grant_ends_by_itself(age: timedelta, why: str) -> None:
    with pytest.raises(GrantInvalid, match=why):
        verify_grant(PUBLIC, TEXT, AT + age)


@pytest.mark.proves("P9")
@pytest.mark.parametrize(
    "text", ["", ".", "a", TEXT.partition(".")[0], TEXT[1:], f"{TEXT}A", f"{TEXT}.x", "ü.ü", "!!.!!", "A" * 3000]
)
def test_what_is_no_grant_is_not_believed(text: str) -> None:
    with pytest.raises(GrantInvalid):
        verify_grant(PUBLIC, text, AT)


@pytest.mark.proves("P9")
def test_no_single_changed_character_is_believed() -> None:
    for place, character in enumerate(TEXT):
        changed = TEXT[:place] + ("A" if character != "A" else "B") + TEXT[place + 1 :]
        try:
            assert verify_grant(PUBLIC, changed, AT) == GRANT, "only spare bits of the last character may differ"
        except GrantInvalid:
            continue


@pytest.mark.proves("P9")
def test_another_keys_grant_and_a_rewritten_one_are_not_believed() -> None:
    other = read_private_key(make_key_pair()[0])
    with pytest.raises(GrantInvalid, match="not signed"):
        verify_grant(PUBLIC, sign_grant(other, GRANT), AT)
    dearer = msgspec.json.encode(replace(GRANT, invoice_id=new_id()), order="sorted")
    payload = base64.urlsafe_b64encode(dearer).rstrip(b"=").decode()
    with pytest.raises(GrantInvalid, match="not signed"):
        verify_grant(PUBLIC, f"{payload}.{TEXT.partition('.')[2]}", AT)


def test_what_the_key_signed_for_another_purpose_is_no_grant() -> None:
    payload = msgspec.json.encode(GRANT, order="sorted")
    signature = base64.urlsafe_b64encode(PRIVATE.sign(payload)).rstrip(b"=").decode()
    with pytest.raises(GrantInvalid, match="not signed"):
        verify_grant(PUBLIC, f"{TEXT.partition('.')[0]}.{signature}", AT)


def test_the_same_grant_is_written_the_same_way() -> None:
    assert sign_grant(PRIVATE, GRANT) == TEXT


@pytest.mark.parametrize(
    "text",
    ["", "short", PUBLIC_TEXT + "AA", "ü" * 43, "*" * 43],
    ids=["nothing", "short", "long", "not ASCII", "not base64"],
)
def test_a_setting_that_holds_no_key_is_refused(text: str) -> None:
    for read in (read_private_key, read_public_key):
        with pytest.raises(GrantKeyUnreadable):
            read(text)
