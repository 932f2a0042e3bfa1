"""Firms, staff and API keys on real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from chassis.api_keys import authenticate, find_api_keys, make_secret, secret_digest
from chassis.database import Database
from chassis.ids import new_id
from chassis.outcome import NotYetKnown, Refused
from chassis.testing import eventually
from contracts.invoices import (
    AddStaffUser,
    ChangeFirm,
    ChangeStaffUser,
    FirmProfile,
    RegisterApiKey,
    RevokeApiKey,
)
from invoices.domain.scopes import ALL_SCOPES
from invoices.usecases.add_staff_user import add_staff_user
from invoices.usecases.change_firm import change_firm
from invoices.usecases.change_staff_user import change_staff_user
from invoices.usecases.create_firm import NewFirm, create_firm
from invoices.usecases.register_api_key import register_api_key
from invoices.usecases.revoke_api_key import revoke_api_key

Firm = Any
PROFILE = FirmProfile(name="Ibe & Daughters", reply_to="office@firm.example")
SHA256 = secret_digest("not a secret").hex()


def _staff(**more: Any) -> AddStaffUser:
    return AddStaffUser(
        **{"staff_user_id": new_id(), "name": "Bo", "email": "bo@firm.example", "role": "billing"} | more
    )


@pytest.mark.proves("I1")
async def test_a_new_firm_has_an_owner_and_a_key_that_opens_everything(firm: Firm) -> None:
    async with firm.database.reading() as tx:
        principal = await authenticate(tx, firm.api_key)
        assert await authenticate(tx, firm.api_key[:-1] + "x") is None
    assert principal is not None
    assert principal == firm.principal
    assert principal.scopes == frozenset(ALL_SCOPES)
    published = [(body["type"].split(".")[2], body["revision"]) for body in await firm.published()]
    assert published == [("firm-changed", 1), ("staff-user-changed", 1), ("api-key-changed", 1)]
    assert firm.api_key.rpartition("_")[2] not in str(await firm.published())


@pytest.mark.proves("I1")
async def test_a_firm_is_made_once_and_in_a_real_time_zone(firm: Firm, database: Database) -> None:
    new = NewFirm(firm.firm_id, PROFILE, "Ada Ibe", "ada@firm.example", secret_digest(make_secret()))
    async with database.transaction() as tx:
        again = await create_firm(tx, new)
        nowhere = await create_firm(
            tx, replace(new, firm_id=new_id(), profile=PROFILE.model_copy(update={"time_zone": "Mars/Olympus"}))
        )
    assert isinstance(again, Refused)
    assert again.slug == "already_exists"
    assert isinstance(nowhere, Refused)
    assert nowhere.slug == "invalid_time_zone"


@pytest.mark.proves("I1", "N2")
async def test_a_firm_changes_its_own_profile_alone(firm: Firm, new_firm: Callable[..., Awaitable[Firm]]) -> None:
    command = ChangeFirm(
        firm_id=firm.firm_id, profile=PROFILE.model_copy(update={"name": "Ibe", "channels": ["email"]})
    )
    assert (await firm.done(change_firm, command)).revision == 2
    assert (await firm.done(change_firm, command)).revision == 2
    bodies = [body for body in await firm.published() if body["subject"] == str(firm.firm_id)]
    assert [(body["revision"], body["data"]["profile"]["channels"]) for body in bodies][1:] == [(2, ["email"])]
    quiet = command.model_copy(update={"profile": PROFILE.model_copy(update={"quiet_window_seconds": 0})})
    assert (await firm.done(change_firm, quiet)).revision == 3
    assert (await firm.done(change_firm, quiet)).revision == 3
    assert (await firm.published())[-1]["data"]["profile"]["quiet_window_seconds"] == 0
    nowhere = command.model_copy(update={"profile": PROFILE.model_copy(update={"time_zone": "Mars/Olympus"})})
    assert await firm.refused(change_firm, nowhere) == "invalid_time_zone"
    moneyless = command.model_copy(update={"profile": PROFILE.model_copy(update={"currency": "XXQ"})})
    assert await firm.refused(change_firm, moneyless) == "invalid_currency"
    other = await new_firm()
    assert await other.refused(change_firm, command) == "unknown_firm"


@pytest.mark.proves("I1")
async def test_a_staff_account_is_opened_once_and_changed(firm: Firm) -> None:
    command = _staff()
    first = await firm.done(add_staff_user, command)
    assert await firm.done(add_staff_user, command) == first
    other = command.model_copy(update={"name": "Someone else"})
    assert await firm.refused(add_staff_user, other) == "already_exists"
    said: dict[str, Any] = command.model_dump() | {"role": "reader"}
    change = ChangeStaffUser(**said, is_enabled=True)
    assert (await firm.done(change_staff_user, change)).revision == 2
    assert (await firm.done(change_staff_user, change)).revision == 2
    assert await firm.published_of(command.staff_user_id) == [("staff-user-changed", 1), ("staff-user-changed", 2)]
    unknown = change.model_copy(update={"staff_user_id": new_id()})
    assert await firm.refused(change_staff_user, unknown) == "unknown_staff_user"


@pytest.mark.proves("I1")
async def test_disabling_an_account_revokes_its_keys_and_allows_no_new_one(firm: Firm) -> None:
    staff = _staff()
    await firm.done(add_staff_user, staff)
    key = RegisterApiKey(
        api_key_id=new_id(),
        label="laptop",
        secret_sha256=SHA256,
        scopes=["matters:read"],
        staff_user_id=staff.staff_user_id,
    )
    await firm.done(register_api_key, key)
    change = ChangeStaffUser(**staff.model_dump(), is_enabled=False)
    await firm.done(change_staff_user, change)
    async with firm.database.reading() as tx:
        kept = await find_api_keys(tx, [key.api_key_id])
    assert kept[key.api_key_id].is_revoked
    assert await firm.published_of(key.api_key_id) == [("api-key-changed", 1), ("api-key-changed", 2)]
    another = key.model_copy(update={"api_key_id": new_id()})
    assert await firm.refused(register_api_key, another) == "staff_user_disabled"
    # The owner's own key is another account's.
    async with firm.database.reading() as tx:
        assert await authenticate(tx, firm.api_key) == firm.principal


@pytest.mark.proves("I1")
async def test_a_key_made_while_its_account_is_being_disabled_is_refused(firm: Firm) -> None:
    staff = _staff()
    await firm.done(add_staff_user, staff)
    key = RegisterApiKey(
        api_key_id=new_id(), label="x", secret_sha256=SHA256, scopes=["firm:read"], staff_user_id=staff.staff_user_id
    )
    async with firm.database.transaction() as tx:
        disable = ChangeStaffUser(**staff.model_dump(), is_enabled=False)
        await change_staff_user(tx, [firm.request(disable)])
        waiting = asyncio.create_task(firm.refused(register_api_key, key))
        await eventually(firm.somebody_waits)
    assert await waiting == "staff_user_disabled"


@pytest.mark.proves("I1", "X5")
async def test_a_key_cannot_have_more_than_its_maker(firm: Firm) -> None:
    limited = replace(firm.principal, scopes=frozenset({"keys:write", "matters:read"}))
    wanted = RegisterApiKey(api_key_id=new_id(), label="x", secret_sha256=SHA256, scopes=["matters:write"])
    async with firm.database.transaction() as tx:
        (outcome,) = await register_api_key(tx, [firm.request(wanted, limited)])
    assert isinstance(outcome, Refused)
    assert outcome.slug == "scope_missing"
    assert await firm.published_of(wanted.api_key_id) == []


@pytest.mark.proves("I1", "X5")
async def test_a_key_is_registered_once_and_revoked_for_good(
    firm: Firm, new_firm: Callable[..., Awaitable[Firm]]
) -> None:
    wanted = RegisterApiKey(api_key_id=new_id(), label="x", secret_sha256=SHA256, scopes=["matters:read"])
    first = await firm.done(register_api_key, wanted)
    assert await firm.done(register_api_key, wanted) == first
    other_hash = wanted.model_copy(update={"secret_sha256": secret_digest("other").hex()})
    assert await firm.refused(register_api_key, other_hash) == "already_exists"
    other = await new_firm()
    assert await other.refused(register_api_key, wanted) == "already_exists"
    revoke = RevokeApiKey(api_key_id=wanted.api_key_id)
    assert await other.refused(revoke_api_key, revoke) == "unknown_api_key"
    assert (await firm.done(revoke_api_key, revoke)).revision == 2
    assert (await firm.done(revoke_api_key, revoke)).revision == 2
    assert (await firm.done(register_api_key, wanted)).revision == 2
    bodies = [
        body["data"]["is_revoked"] for body in await firm.published() if body["subject"] == str(wanted.api_key_id)
    ]
    assert bodies == [False, True]


@pytest.mark.proves("I1")
async def test_a_key_waits_for_a_staff_account_that_is_not_known_yet(firm: Firm) -> None:
    wanted = RegisterApiKey(
        api_key_id=new_id(), label="x", secret_sha256=SHA256, scopes=["matters:read"], staff_user_id=new_id()
    )
    assert await firm.do(register_api_key, wanted) == [NotYetKnown("staff_user")]
