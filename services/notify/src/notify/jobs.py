"""The planner, which closes quiet windows, and the sender, which sends several messages at once.

One slow server holds up its own message only.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from chassis.database import TRANSIENT, Database
from chassis.jobs import Job, Step
from notify.domain.delivery import Claimed
from notify.usecases.claim_deliveries import claim_deliveries
from notify.usecases.plan_notices import plan_notices
from notify.usecases.renew_claims import renew_claims
from notify.usecases.send_delivery import Desk, send_delivery

WAIT_SECONDS_MAX = 5.0
WINDOWS_AT_ONCE_MAX = 100

_log = structlog.get_logger("notify.sender")


@dataclass(frozen=True, slots=True)
class SenderLimits:
    """How many messages are on their way at once, and for how long a delivery is held without a sign of life."""

    concurrency: int
    lease_seconds: float


class Sender:
    """Messages on their way from this process."""

    def __init__(self, desk: Desk, limits: SenderLimits) -> None:
        self._desk = desk
        self._limits = limits
        self._sending: dict[asyncio.Task[None], Claimed] = {}
        self._renewed_at = 0.0

    async def step(self, database: Database) -> bool:
        """Fill every free place with a delivery that is due; True if there may be more.

        Raises: the database's error while it is away; what was on its way is sent again when its lease ends.
        """
        self._reap()
        await self._desk.mailer.close_idle()
        await self._renew_in_time(database)
        free = max(0, self._limits.concurrency - len(self._sending))
        claimed = await self._claim(database, free) if free else []
        for each in claimed:
            self._start(database, each)
        if len(claimed) < free or not self._sending:
            return False
        # No place is free: the next step comes with the first that is, and in time to renew.
        timeout_seconds = min(self._limits.lease_seconds / 4, WAIT_SECONDS_MAX)
        await asyncio.wait(self._sending, timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        return True

    async def finish(self) -> None:
        """Wait for every message on its way, and close the connections."""
        if self._sending:
            await asyncio.wait(self._sending)
        await self._desk.mailer.close()
        await self._desk.gate.close()
        self._reap()

    async def _claim(self, database: Database, free: int) -> list[Claimed]:
        """Claim for every free place. While the gate does not answer, one delivery at a time asks it, to see when."""
        covered_limit = free
        if not self._desk.gate.is_answering:
            is_asking = any(claimed.items for claimed in self._sending.values())
            covered_limit = 0 if is_asking else 1
        return await claim_deliveries(database, free, self._limits.lease_seconds, covered_limit=covered_limit)

    def _start(self, database: Database, claimed: Claimed) -> None:
        self._sending[asyncio.create_task(send_delivery(database, self._desk, claimed))] = claimed

    def _reap(self) -> None:
        """Let go of what has ended. One delivery's fault neither hides another's nor ends the sender."""
        ended = [task for task in self._sending if task.done()]
        errors = [error for task in ended if (error := task.exception()) is not None]
        for task in ended:
            del self._sending[task]
        for error in errors:
            _log.error("delivery_left_to_its_lease", error=type(error).__name__)
        for error in errors:
            if isinstance(error, TRANSIENT):
                raise error

    async def _renew_in_time(self, database: Database) -> None:
        elapsed_seconds = asyncio.get_running_loop().time() - self._renewed_at
        if self._sending and elapsed_seconds > self._limits.lease_seconds / 4:
            claims = [claimed.claim for claimed in self._sending.values()]
            await renew_claims(database, claims, self._limits.lease_seconds)
            self._renewed_at = asyncio.get_running_loop().time()


def planner_job(quiet_window_seconds: float) -> Job:
    """Make the job that plans notices of edits when their windows are over.

    `quiet_window_seconds`: of firms that have none of their own.
    """

    async def step(database: Database) -> bool:
        return await plan_notices(database, WINDOWS_AT_ONCE_MAX, quiet_window_seconds) == WINDOWS_AT_ONCE_MAX

    @asynccontextmanager
    async def open_step() -> AsyncGenerator[Step]:
        yield step

    return Job("planner", "planner", open_step)


def sender_job(open_desk: Callable[[], Desk], limits: SenderLimits) -> Job:
    """Make the job that sends, at a desk of its own. Stopping takes no new work and waits for what is on its way."""

    @asynccontextmanager
    async def open_step() -> AsyncGenerator[Step]:
        sender = Sender(open_desk(), limits)
        try:
            yield sender.step
        finally:
            await sender.finish()

    return Job("sender", "sender", open_step)
