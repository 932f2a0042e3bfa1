"""Fixtures of the tests against the whole stack. The stack is shared; each test works for a firm of its own."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from chassis.testing.addresses import Stack, read_stack
from stack.addresses import Addresses, read_addresses
from stack.check.report import complaint, is_sound
from stack.check.run import check_stack
from stack.client.operator import OpenedFirm, create_firm, open_firm
from stack.client.people import PostOffice
from stack.client.practice import Practice
from stack.client.settled import settled
from stack.client.topics import TopicWatch, watching
from stack.client.whole import Whole


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The whole stack, with every service."""
    return read_stack()


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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def opened_firm(stack: Stack) -> OpenedFirm:
    """The firm that most tests share, where each has matters and contacts of its own."""
    return await create_firm(stack.services["invoices"].dsn, "Shared & Partners")


@pytest.fixture
def office(stack: Stack, http: httpx.AsyncClient, opened_firm: OpenedFirm) -> Practice:
    """The shared firm, at work."""
    return opened_firm.practice(http, {service: address.url for service, address in stack.services.items()})


@pytest.fixture
def post(stack: Stack, http: httpx.AsyncClient) -> PostOffice:
    """Everybody's mail."""
    return PostOffice(http, stack.mail_api_url)


@pytest.fixture(scope="session")
def addresses(stack: Stack) -> Addresses:
    """Where each part of the stack is, as the stack itself knows it."""
    written = read_addresses(Path(os.environ["HANDBILL_TEST_STACK"]))
    assert written is not None, f"the stack at {stack.control} has told its addresses"
    return written


@pytest.fixture
def at_rest(stack: Stack) -> Callable[[], Awaitable[None]]:
    """Wait until nothing is on its way any more."""

    async def wait() -> None:
        dsns = {name: service.dsn for name, service in stack.services.items() if service.dsn}
        await settled(stack.kafka_bootstrap, dsns, timeout_seconds=120)

    return wait


@pytest_asyncio.fixture
async def stack_is_sound(addresses: Addresses) -> AsyncIterator[None]:
    """Hold the stack against every invariant when the test has ended, failing with whoever breaks one.

    Name it before fixtures that must have put the stack together again by then.
    """
    yield
    findings = await check_stack(addresses)
    if not is_sound(findings):
        pytest.fail(complaint(findings), pytrace=False)


@pytest.fixture
def whole(
    office: Practice,
    post: PostOffice,
    watch: TopicWatch,
    addresses: Addresses,
    http: httpx.AsyncClient,
    at_rest: Callable[[], Awaitable[None]],
) -> Whole:
    """All of that together."""
    return Whole(office, post, watch, addresses, http, at_rest)
