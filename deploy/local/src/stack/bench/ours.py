"""The sharing service as a contestant: its own process on the stack, in all roles that take in, decide and publish."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from chassis.ids import new_id
from contracts.answers import ANSWERS_OF
from contracts.sharing import InvoiceShared, PortalShareSet, SavePortalShares
from contracts.topics import ANSWERS, SHARE
from stack.bench.checks import check_once
from stack.bench.contest import Lane, Order
from stack.bench.feed import Feed, Published
from stack.bench.practice_facts import CONTACTS_PER_MATTER, INVOICES_PER_MATTER, ToldFirm, ToldInvoice, new_firm
from stack.bench.result import InvalidRun

_KNOWN_TIMEOUT_SECONDS = 90.0
_LOOK_EVERY_SECONDS = 0.1
_ANSWERS_TOPIC = ANSWERS["sharing"].name
_KNOWN = """
select (select count(*) from firms where firm_id = $1)
    + (select count(*) from api_keys where firm_id = $1)
    + (select count(*) from matters where firm_id = $1)
    + (select count(*) from matter_contacts where firm_id = $1)
    + (select count(*) from contacts where firm_id = $1)
    + (select count(*) from invoices where firm_id = $1)
"""


@dataclass(frozen=True, slots=True)
class Ours:
    """Sharing, with whatever else takes in its facts stopped. `dsn`: its database, which is only looked at."""

    pid: int
    dsn: str
    feed: Feed
    name: str = "ours"
    commands_share: float = 1.0

    @asynccontextmanager
    async def opened(self, count: int) -> AsyncGenerator[Lane]:
        """Tell sharing of a new firm with so many final invoices, and wait until it knows them all."""
        firm = new_firm()
        matters = [firm.matter(number) for number in range(-(-count // INVOICES_PER_MATTER))]
        await self.feed.put([*firm.introduction(), *(entry for entries, _ in matters for entry in entries)])
        await self._until_known(firm, len(matters))
        yield _OurLane(self.pid, firm, (invoice for _, invoices in matters for invoice in invoices))

    async def _until_known(self, firm: ToldFirm, matters: int) -> None:
        """Wait for the firm, its key, and of each matter itself, its contacts, their places on it and its invoices."""
        expected = 2 + matters * (1 + 2 * CONTACTS_PER_MATTER + INVOICES_PER_MATTER)
        connection = await asyncpg.connect(self.dsn)
        try:
            async with asyncio.timeout(_KNOWN_TIMEOUT_SECONDS):
                while await connection.fetchval(_KNOWN, firm.firm_id) < expected:  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(_LOOK_EVERY_SECONDS)
        except TimeoutError:
            raise InvalidRun(f"sharing did not take in what it was told of {matters} matters") from None
        finally:
            await connection.close()


@dataclass(frozen=True, slots=True)
class _OurLane:
    pid: int
    firm: ToldFirm
    invoices: Iterator[ToldInvoice]
    per_command: Mapping[str, int] = field(default_factory=lambda: {_ANSWERS_TOPIC: 1, SHARE.name: 1})

    def take(self, count: int) -> list[Order]:
        return [self._order(next(self.invoices)) for _ in range(count)]

    def _order(self, invoice: ToldInvoice) -> Order:
        command_id = new_id()
        command = SavePortalShares(
            invoice_id=invoice.invoice_id, wanted=PortalShareSet(contact_ids=list(invoice.contact_ids))
        )
        return Order(command_id, self.firm.entry(command, message_id=command_id, source="/example/practice-management"))

    async def check(self, orders: Sequence[Order], published: Sequence[Published]) -> None:
        command_ids = [order.command_id for order in orders]
        check_answers(command_ids, [json.loads(one.value) for one in published if one.topic == _ANSWERS_TOPIC])
        check_facts(command_ids, [json.loads(one.value) for one in published if one.topic == SHARE.name])


def check_answers(command_ids: Sequence[UUID], bodies: Sequence[Mapping[str, Any]]) -> None:
    """Check that each command was answered once, and that it was done.

    Raises: InvalidRun.
    """
    check_once("an answer", command_ids, [UUID(body["data"]["command_id"]) for body in bodies])
    others = [body["type"] for body in bodies if body["type"] != ANSWERS_OF["sharing"].done.wire.type]
    if others:
        raise InvalidRun(f"{len(others)} commands were not done; the first ended as {others[0]}")


def check_facts(command_ids: Sequence[UUID], bodies: Sequence[Mapping[str, Any]]) -> None:
    """Check that each command's share was told once, with every contact in it.

    Raises: InvalidRun.
    """
    check_once("a fact", command_ids, [UUID(body["causation"]) for body in bodies])
    sound = [
        body
        for body in bodies
        if body["type"] == InvoiceShared.wire.type and len(body["data"]["shares"]) == CONTACTS_PER_MATTER
    ]
    if len(sound) != len(bodies):
        raise InvalidRun(f"{len(bodies) - len(sound)} facts do not tell of {CONTACTS_PER_MATTER} new shares")
