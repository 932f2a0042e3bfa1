"""What web answers, and what every answer of it carries."""

import httpx
import pytest


async def test_the_home_page_says_what_this_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Handbill</h1>" in answer.text


async def test_the_home_page_needs_nothing_that_its_own_policy_forbids(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text
    assert [
        word for word in ("<script", "<style", "style=", "<img", "<link", "<form", "http:", "https:") if word in page
    ] == []


@pytest.mark.parametrize("path", ["/live", "/ready"])
async def test_health_needs_nothing_but_web_itself(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 200), ("GET", "/ready", 200), ("GET", "/nothing-here", 404), ("POST", "/", 405)],
)
async def test_every_answer_forbids_framing_sniffing_and_foreign_content(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_what_is_not_there_is_a_problem_with_a_slug(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nothing-here")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["slug"] == "not_found"
