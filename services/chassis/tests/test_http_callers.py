"""Who may ask by HTTP, and what."""

import httpx
import pytest

from chassis.database import Database
from chassis.ids import new_id
from chassis.testing.http_client import assert_problem, keep_api_key, serving
from chassis.testing.notes_service import ROUTES


def note(text: str = "x") -> dict[str, str]:
    return {"note_id": str(new_id()), "text": text}


async def count_notes(database: Database) -> int:
    async with database.reading() as tx:
        return await tx.fetchval("select count(*) from notes")


@pytest.mark.proves("X5")
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer x",
        "Basic {key}",
        "Bearer {key}x",
        "Bearer hbk_{unknown}_secret",
        "Bearer hbk_nothexnothexnothexnothexnothexno_secret",
        "Bearer sk_{unknown}_secret",
        "Bearer hbk_{unknown}_",
        "Bearer hbk_{unknown}_s\u00e9cret",
        "Bearer {revoked}",
    ],
)
@pytest.mark.parametrize(
    "body", [{"text": "x"}, {"note_id": str(new_id()), "text": "x"}], ids=["bad body", "good body"]
)
async def test_without_a_valid_key_nobody_learns_anything(
    database: Database, authorization: str | None, body: dict[str, str]
) -> None:
    _, right = await keep_api_key(database, "notes:write")
    _, revoked = await keep_api_key(database, "notes:write", is_revoked=True)
    headers = httpx.Headers(encoding="latin-1")
    if authorization is not None:
        headers["authorization"] = authorization.format(
            key=right.removeprefix("Bearer "), revoked=revoked.removeprefix("Bearer "), unknown=new_id().hex
        )
    async with serving(database, ROUTES) as stranger:
        answer = await stranger.post("/v1/notes", json=body, headers=headers)
    assert_problem(answer, 401, "not_authenticated")
    assert await count_notes(database) == 0


@pytest.mark.proves("X5")
async def test_a_key_does_what_its_scopes_say(database: Database) -> None:
    async with serving(database, ROUTES) as reader:
        _, reader.headers["authorization"] = await keep_api_key(database, "notes:read")
        assert_problem(await reader.post("/v1/notes", json=note()), 403, "scope_missing")
        assert_problem(await reader.get(f"/v1/notes/{new_id()}"), 404, "unknown_note")
        _, reader.headers["authorization"] = await keep_api_key(database, "notes:write")
        assert_problem(await reader.get(f"/v1/notes/{new_id()}"), 403, "scope_missing")
        assert (await reader.post("/v1/notes", json=note())).status_code == 201
