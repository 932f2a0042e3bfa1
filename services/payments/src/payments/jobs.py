"""The charger: claims orders and has the processor carry out several at once. A slow answer holds up its own alone."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chassis.database import Database
from chassis.jobs import Job, Step
from chassis.patience import patiently
from chassis.tracing import span
from payments.domain.processor_answer import Unknown
from payments.domain.processor_order import ClaimedOrder
from payments.gateways import Processor
from payments.usecases.claim_orders import claim_orders
from payments.usecases.consult_processor import consult_processor
from payments.usecases.postpone_order import Patience, postpone_order
from payments.usecases.settle_order import settle_order

WAIT_SECONDS_MAX = 5.0
NOT_AS_ORDERED = "the processor's answer is not about what was ordered"


@dataclass(frozen=True, slots=True)
class ChargerLimits:
    """How many orders are under way at once, and for how long one is held by a charger that says nothing.

    A lease outlasts two calls, to ask and to send; where it does not, the order is asked about twice, and no harm done.
    A key is sent no later than `key_lifetime_seconds` after it was ordered: the processor may have forgotten it then.
    """

    concurrency: int
    lease_seconds: float
    key_lifetime_seconds: float


@dataclass(frozen=True, slots=True)
class Till:
    """What a charger works with. `open_processor` is called once, in the event loop."""

    open_processor: Callable[[], Processor]
    patience: Patience
    limits: ChargerLimits


class Charger:
    """Orders under way from this process."""

    def __init__(self, processor: Processor, till: Till) -> None:
        self._processor = processor
        self._till = till
        self._under_way = set[asyncio.Task[None]]()

    async def step(self, database: Database) -> bool:
        """Fill every free place with an order that is due; True if there may be more.

        Raises: what carrying an order out raised; the order is asked about when its lease ends.
        """
        self._reap()
        limits = self._till.limits
        free = limits.concurrency - len(self._under_way)
        claimed = (
            await claim_orders(
                database,
                free,
                lease_seconds=limits.lease_seconds,
                key_lifetime_seconds=limits.key_lifetime_seconds,
            )
            if free
            else []
        )
        for each in claimed:
            self._under_way.add(asyncio.create_task(carry_out(database, self._processor, each, self._till.patience)))
        if len(claimed) < free:
            return False
        await asyncio.wait(self._under_way, timeout=WAIT_SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED)
        return True

    async def finish(self) -> None:
        """Wait for every order under way."""
        if self._under_way:
            await asyncio.wait(self._under_way)
        self._reap()

    def _reap(self) -> None:
        for task in [task for task in self._under_way if task.done()]:
            self._under_way.discard(task)
            task.result()


async def carry_out(database: Database, processor: Processor, claimed: ClaimedOrder, patience: Patience) -> None:
    """Bring one claimed order to its outcome, or give it back. Killed at any line, it is asked about later."""
    with span("carry out order", claimed.order.traceparent):
        outcome = await consult_processor(processor, claimed)

        async def record() -> None:
            async with database.transaction() as tx:
                if isinstance(outcome, Unknown):
                    await postpone_order(tx, claimed, outcome.detail, patience)
                elif not await settle_order(tx, claimed.order, outcome):
                    await postpone_order(tx, claimed, NOT_AS_ORDERED, patience)

        await patiently(record)


def charger_job(till: Till) -> Job:
    """Make the job that charges and refunds. Stopping it takes no new order and waits for what is under way."""

    @asynccontextmanager
    async def open_step() -> AsyncGenerator[Step]:
        processor = till.open_processor()
        charger = Charger(processor, till)
        try:
            yield charger.step
        finally:
            await charger.finish()
            await processor.close()

    return Job("charger", "charger", open_step)
