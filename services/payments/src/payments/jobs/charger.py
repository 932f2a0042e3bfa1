"""The charger: claims orders and has the processor carry out several at once. A slow answer holds up its own alone."""

import asyncio
import traceback
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from chassis.database import TRANSIENT, Database
from chassis.jobs import Job, Step
from chassis.patience import patiently
from chassis.tracing import span
from payments.domain.processor_answer import NotFound, Unknown
from payments.domain.processor_order import ClaimedOrder
from payments.gateways import Processor
from payments.usecases.claim_orders import claim_orders
from payments.usecases.consult_processor import consult_processor
from payments.usecases.postpone_order import Patience, postpone_order
from payments.usecases.settle_order import settle_order

WAIT_SECONDS_MAX = 5.0
NOT_AS_ORDERED = Unknown("the processor's answer is not about what was ordered")
NOT_SETTLED = Unknown("what became of it could not be settled, by a fault of ours")

_log = structlog.get_logger("payments.charger")


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

        Raises: the database's error while it is away; what was under way is asked about when its lease ends.
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
        """Let go of what has ended. One order's fault neither hides another's nor ends the charger."""
        ended = [task for task in self._under_way if task.done()]
        self._under_way.difference_update(ended)
        errors = [error for task in ended if (error := task.exception()) is not None]
        for error in errors:
            _log.error("order_left_to_its_lease", error=type(error).__name__)
        for error in errors:
            if isinstance(error, TRANSIENT):
                raise error


async def carry_out(database: Database, processor: Processor, claimed: ClaimedOrder, patience: Patience) -> None:
    """Bring one claimed order to its outcome, or give it back. Killed at any line, it is asked about later.

    Raises: the database's error while it is away for long.
    """
    with span("carry out order", claimed.order.traceparent):
        try:
            await _bring_to_outcome(database, processor, claimed, patience)
        except TRANSIENT:
            raise
        except Exception as error:  # noqa: BLE001 - an edge as intake is: one order's fault must not stop the others
            await _set_back(database, claimed, error, patience)


async def _bring_to_outcome(
    database: Database, processor: Processor, claimed: ClaimedOrder, patience: Patience
) -> None:
    outcome = await consult_processor(processor, claimed)

    async def record() -> None:
        async with database.transaction() as tx:
            if isinstance(outcome, Unknown | NotFound):
                await postpone_order(tx, claimed, outcome, patience)
            elif not await settle_order(tx, claimed.order, outcome):
                await postpone_order(tx, claimed, NOT_AS_ORDERED, patience)

    await patiently(record)


async def _set_back(database: Database, claimed: ClaimedOrder, error: Exception, patience: Patience) -> None:
    """Keep what could not be settled for a later try, and for a person. The error's own words may be personal."""
    failure = type(error).__name__
    frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    _log.error("settling_failed", order_id=str(claimed.order.order_id), error=failure, frames=frames)

    async def record() -> None:
        async with database.transaction() as tx:
            await postpone_order(tx, claimed, NOT_SETTLED, patience, failure=failure)

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
            try:
                await charger.finish()
            finally:
                await processor.close()

    return Job("charger", "charger", open_step)
