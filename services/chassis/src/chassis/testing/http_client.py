"""A service's HTTP application called in the test's own process."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from litestar.types import ControllerRouterHandler

from chassis.api_keys import ApiKey, make_secret, secret_digest, upsert_api_keys, written_key
from chassis.database import Database
from chassis.health import Progress
from chassis.http.app import build_app
from chassis.ids import new_id
from chassis.testing.records import FIRM


@asynccontextmanager
async def serving(
    database: Database, routes: Sequence[ControllerRouterHandler], progress: Progress | None = None
) -> AsyncGenerator[httpx.AsyncClient]:
    """Lend a client of the application, without a key. What the application raises becomes its answer."""
    app: Any = build_app("sharing", list(routes), database, progress or Progress())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def keep_api_key(
    database: Database, *scopes: str, firm_id: UUID = FIRM, is_revoked: bool = False
) -> tuple[UUID, str]:
    """Keep an API key; returns its id, and the value of its holder's Authorization header."""
    secret, api_key_id = make_secret(), new_id()
    key = ApiKey(
        api_key_id=api_key_id,
        firm_id=firm_id,
        label="test",
        secret_sha256=secret_digest(secret),
        scopes=scopes,
        staff_user_id=None,
        is_revoked=is_revoked,
        revision=1,
    )
    async with database.transaction() as tx:
        await upsert_api_keys(tx, [key])
    return api_key_id, f"Bearer {written_key(api_key_id, secret)}"


async def assert_documented(client: httpx.AsyncClient) -> None:
    """Check that the OpenAPI document says of each operation who may, what it answers and how it refuses."""
    document = (await client.get("/openapi/openapi.json")).json()
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            place = f"{method} {path}"
            assert operation["security"], place
            assert operation["description"], place
            for status, response in operation["responses"].items():
                for media_type, content in response["content"].items():
                    is_json = media_type == "application/json"
                    assert is_json or int(status) >= 400 or method == "get", place  # noqa: PLR2004 - HTTP
                    if media_type.endswith("json"):
                        assert content["schema"]["$ref"].removeprefix("#/components/schemas/") in schemas, place


def assert_problem(answer: httpx.Response, status: int, slug: str) -> None:
    """Check that an answer is problem+json (RFC 9457) with this status and slug."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = answer.json()
    assert problem["type"] == f"urn:handbill:problem:{slug}"
    assert (problem["slug"], problem["status"]) == (slug, status)
    assert problem["title"]
    assert problem["detail"]
