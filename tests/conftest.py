"""Fixtures of the tests against the whole stack. The stack is shared; each test works for a firm of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest_asyncio

from chassis.testing.addresses import Stack
from stack.client.operator import open_firm
from stack.client.practice import Practice
from stack.client.topics import TopicWatch, watching


@pytest_asyncio.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client for any address."""
    async with httpx.AsyncClient(timeout=30) as client:
        yield client


@pytest_asyncio.fixture
async def watch(stack: Stack) -> AsyncIterator[TopicWatch]:
    """A watch over every topic."""
    async with watching(stack.kafka_bootstrap) as opened:
        yield opened


@pytest_asyncio.fixture
async def new_practice(stack: Stack, http: httpx.AsyncClient) -> Callable[[str], Awaitable[Practice]]:
    """Open a firm of the test's own."""

    async def make(name: str) -> Practice:
        urls = {service: address.url for service, address in stack.services.items()}
        return await open_firm(http, urls, stack.services["invoices"].dsn, name)

    return make


@pytest_asyncio.fixture
async def practice(new_practice: Callable[[str], Awaitable[Practice]]) -> Practice:
    """One firm, ready to work."""
    return await new_practice("Flow & Partners")
