from dataclasses import replace

import pytest

from chassis.api_keys import (
    ApiKey,
    authenticate,
    find_api_keys,
    make_secret,
    secret_digest,
    upsert_api_keys,
    written_key,
)
from chassis.database import Database
from chassis.ids import new_id
from chassis.testing.records import FIRM

SECRET = make_secret()


@pytest.fixture
def key() -> ApiKey:
    return ApiKey(
        api_key_id=new_id(),
        firm_id=FIRM,
        label="bookkeeping",
        secret_sha256=secret_digest(SECRET),
        scopes=("invoices:read", "invoices:write"),
        staff_user_id=None,
        is_revoked=False,
        revision=3,
    )


@pytest.mark.proves("X5")
async def test_whoever_writes_the_key_is_its_principal(database: Database, key: ApiKey) -> None:
    async with database.transaction() as tx:
        await upsert_api_keys(tx, [key])
        principal = await authenticate(tx, written_key(key.api_key_id, SECRET))
    assert principal is not None
    assert (principal.firm_id, principal.actor) == (FIRM, f"api_key:{key.api_key_id}")
    assert principal.may("invoices:read")
    assert not principal.may("payments:write")


@pytest.mark.proves("X5")
async def test_a_revoked_key_is_nobody_from_the_moment_it_is_known(database: Database, key: ApiKey) -> None:
    async with database.transaction() as tx:
        await upsert_api_keys(tx, [key])
        await upsert_api_keys(tx, [replace(key, is_revoked=True, revision=4)])
        assert await authenticate(tx, written_key(key.api_key_id, SECRET)) is None
        await upsert_api_keys(tx, [key])
        assert await authenticate(tx, written_key(key.api_key_id, SECRET)) is None, "an older state changes nothing"


@pytest.mark.parametrize("spoilt", ["secret", "secret cut", "id", "prefix", "empty"])
async def test_a_key_that_is_not_exactly_right_is_nobody(database: Database, key: ApiKey, spoilt: str) -> None:
    right = written_key(key.api_key_id, SECRET)
    written = {
        "secret": right[:-1] + ("0" if right[-1] != "0" else "1"),
        "secret cut": right[:-1],
        "id": written_key(new_id(), SECRET),
        "prefix": right.replace("hbk", "hbx"),
        "empty": "",
    }[spoilt]
    async with database.transaction() as tx:
        await upsert_api_keys(tx, [key])
        assert await authenticate(tx, written) is None


async def test_the_newest_state_of_each_key_is_kept_and_no_key_changes_its_firm(
    database: Database, key: ApiKey
) -> None:
    newer = replace(key, label="newer", scopes=(), revision=5)
    async with database.transaction() as tx:
        for state in (key, newer, key, replace(newer, firm_id=new_id(), revision=9)):
            await upsert_api_keys(tx, [state])
        assert await find_api_keys(tx, [key.api_key_id, new_id()]) == {key.api_key_id: newer}


async def test_a_secret_is_not_kept(database: Database, key: ApiKey) -> None:
    async with database.transaction() as tx:
        await upsert_api_keys(tx, [key])
        row = await tx.fetchval("select api_keys::text from api_keys")
    assert SECRET not in row
    assert len(SECRET) == 64
