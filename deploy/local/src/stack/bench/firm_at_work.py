"""A new firm on a whole stack, for benchmarks that go all the way through."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from stack.addresses import Addresses
from stack.bench.result import InvalidRun
from stack.client.operator import open_firm
from stack.client.practice import Practice
from stack.client.settled import settled
from stack.topology import DATABASE_OWNERS

_REST_TIMEOUT_SECONDS = 180.0
_ANSWER_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class FirmAtWork:
    """A firm, and the stack that it works on."""

    practice: Practice
    http: httpx.AsyncClient
    addresses: Addresses

    async def rest(self) -> None:
        """Wait until everything that was begun has ended.

        Raises: InvalidRun.
        """
        dsns = {owner: self.addresses.dsn_of(owner) or "" for owner in DATABASE_OWNERS}
        try:
            await settled(self.addresses.kafka_bootstrap, dsns, timeout_seconds=_REST_TIMEOUT_SECONDS)
        except AssertionError as fault:
            raise InvalidRun(str(fault)) from None


@asynccontextmanager
async def open_firm_at_work(addresses: Addresses) -> AsyncGenerator[FirmAtWork]:
    """Open a firm and a client for it."""
    urls = {owner: addresses.url_of(owner) for owner in DATABASE_OWNERS}
    invoices_dsn = addresses.dsn_of("invoices")
    assert invoices_dsn is not None
    async with httpx.AsyncClient(timeout=_ANSWER_TIMEOUT_SECONDS) as http:
        practice = await open_firm(http, urls, invoices_dsn, "Benchmark & Partners")
        yield FirmAtWork(practice, http, addresses)
