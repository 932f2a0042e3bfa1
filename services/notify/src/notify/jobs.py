"""The sender: claims what is due and sends several messages at once. One slow server holds up its own message only."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chassis.database import Database
from chassis.jobs import Job, Step
from notify.domain.delivery import Claimed
from notify.usecases.claim_deliveries import claim_deliveries
from notify.usecases.renew_claims import renew_claims
from notify.usecases.send_delivery import Desk, send_delivery

WAIT_SECONDS_MAX = 5.0


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

        Raises: what a sending task raised, its delivery is sent again when its lease ends.
        """
        self._reap()
        await self._desk.mailer.close_idle()
        await self._renew_in_time(database)
        free = self._limits.concurrency - len(self._sending)
        claimed = await claim_deliveries(database, free, self._limits.lease_seconds) if free else []
        for each in claimed:
            self._start(database, each)
        if len(claimed) < free:
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
        self._reap()

    def _start(self, database: Database, claimed: Claimed) -> None:
        self._sending[asyncio.create_task(send_delivery(database, self._desk, claimed))] = claimed

    def _reap(self) -> None:
        for task in [task for task in self._sending if task.done()]:
            del self._sending[task]
            task.result()

    async def _renew_in_time(self, database: Database) -> None:
        elapsed_seconds = asyncio.get_running_loop().time() - self._renewed_at
        if self._sending and elapsed_seconds > self._limits.lease_seconds / 4:
            claims = [claimed.claim for claimed in self._sending.values()]
            await renew_claims(database, claims, self._limits.lease_seconds)
            self._renewed_at = asyncio.get_running_loop().time()


def sender_job(desk: Desk, limits: SenderLimits) -> Job:
    """Make the job that sends. Stopping it takes no new work and waits for what is on its way."""

    @asynccontextmanager
    async def open_step() -> AsyncGenerator[Step]:
        sender = Sender(desk, limits)
        try:
            yield sender.step
        finally:
            await sender.finish()

    return Job("sender", "sender", open_step)
