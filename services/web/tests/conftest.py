"""A client of web's application, in this process."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from web.app import build_app


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app: Any = build_app()  # httpx and Litestar each have their own words for what an ASGI application is.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://web.example") as made:
        yield made
