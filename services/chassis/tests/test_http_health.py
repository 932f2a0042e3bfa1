"""`/live` and `/ready`, and requests while PostgreSQL is away."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import pytest

from chassis.database import Database
from chassis.health import STUCK_SECONDS, Progress
from chassis.ids import new_id
from chassis.testing import eventually
from chassis.testing.fixtures import opened
from chassis.testing.http_client import assert_problem, keep_api_key, serving
from chassis.testing.notes_service import ROUTES
from chassis.testing.tcp_proxy import proxied


def note(text: str = "x") -> dict[str, str]:
    return {"note_id": str(new_id()), "text": text}


@pytest.mark.fault
async def test_while_the_database_is_away_the_process_lives_and_says_so(
    new_database: Callable[[str], Awaitable[str]],
) -> None:
    server = urlsplit(await new_database("chassis"))
    async with proxied(server.hostname or "", server.port or 0) as proxy:
        through = server._replace(netloc=f"{server.username}:{server.password}@127.0.0.1:{proxy.port}").geturl()
        async with opened(through) as database, serving(database, ROUTES) as client:
            _, client.headers["authorization"] = await keep_api_key(database, "notes:read", "notes:write")
            assert [(await client.get(path)).status_code for path in ("/live", "/ready")] == [200, 200]
            proxy.refuse()
            assert (await client.get("/live")).status_code == 200
            assert (await client.get("/ready")).status_code == 503
            for answer in (await client.post("/v1/notes", json=note()), await client.get(f"/v1/notes/{new_id()}")):
                assert_problem(answer, 503, "unavailable")
                assert answer.headers["retry-after"]
                assert str(proxy.port) not in answer.text
            proxy.allow()

            async def is_ready() -> bool:
                return (await client.get("/ready")).status_code == 200

            await eventually(is_ready)


async def test_a_stuck_loop_makes_the_process_restart(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress()
    progress.made("relay")
    async with serving(database, ROUTES, progress) as client:
        assert (await client.get("/live")).status_code == 200
        monkeypatch.setattr("chassis.health.STUCK_SECONDS", -1.0)
        answer = await client.get("/live")
    assert (answer.status_code, answer.json()["stuck"]) == (503, ["relay"])
    assert STUCK_SECONDS == 60.0


async def test_health_tells_strangers_no_addresses(database: Database) -> None:
    progress = Progress()
    progress.waiting("relay", "OSError")
    async with serving(database, ROUTES, progress) as client:
        assert (await client.get("/live")).json() == {"stuck": [], "waits": {"relay": "OSError"}}
