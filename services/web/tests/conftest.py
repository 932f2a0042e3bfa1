"""A client of web's application, in this process."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from web.app import build_app


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build_app()), base_url="http://web.example") as made:
        yield made
