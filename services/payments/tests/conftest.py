"""Databases, firms and a gate for the tests of payments."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from services.payments.tests.firm import Firm
from services.payments.tests.gate import PUBLIC_KEY, PUBLIC_KEY_TEXT, SERVICE_TOKEN, Gate

from chassis.database import Database
from payments.gateways.sharing_gate import SharingGate


@pytest_asyncio.fixture
async def database(database_of: Callable[[str], Awaitable[Database]]) -> AsyncIterator[Database]:
    yield await database_of("payments")


@pytest_asyncio.fixture
async def firm(database: Database) -> Firm:
    return Firm(database)


@pytest.fixture
def make_firm() -> Callable[[Database], Firm]:
    """Firms in databases that other processes work on too."""
    return Firm


@pytest_asyncio.fixture
async def other_firm(database: Database) -> Firm:
    """Another firm, in the same database."""
    return Firm(database)


@pytest_asyncio.fixture
async def gate() -> AsyncIterator[Gate]:
    made = Gate()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@pytest_asyncio.fixture
async def sharing_gate(gate: Gate) -> AsyncIterator[SharingGate]:
    """The gateway to that gate."""
    made = SharingGate(gate.url, SERVICE_TOKEN, PUBLIC_KEY, timeout_seconds=5)
    yield made
    await made.close()


@pytest.fixture
def gate_arguments(gate: Gate) -> tuple[str, str, str]:
    """How another process finds that gate: its address, the token, and the key to check grants with."""
    return gate.url, SERVICE_TOKEN, PUBLIC_KEY_TEXT
