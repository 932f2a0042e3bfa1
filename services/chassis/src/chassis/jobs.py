"""Loops over claimed rows: each step does one piece of work, and stopping waits for the step that is under way."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import structlog

from chassis.database import TRANSIENT, Database
from chassis.health import Progress

IDLE_SECONDS = 1.0
BACKOFF_SECONDS_MAX = 10.0

_log = structlog.get_logger("chassis.jobs")

Step = Callable[[Database], Awaitable[bool]]
"""Do one piece of work; True if there may be more at once. Must be safe to repeat after a kill at any line."""


@dataclass(frozen=True, slots=True)
class Job:
    """A loop with a role of its own, so that it can be scaled by itself.

    `open_step` is entered once, in the event loop; leaving it ends what the steps have under way and open.
    """

    name: str
    role: str
    open_step: Callable[[], AbstractAsyncContextManager[Step]]


class JobLoop:
    """Runs one job's steps. `wake` after a commit saves the poll."""

    def __init__(self, job: Job, database: Database, progress: Progress) -> None:
        self._job = job
        self._database = database
        self._progress = progress
        self._awake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        self._awake.set()

    def stop(self) -> None:
        """Take no new work; the step under way goes on to its end."""
        self._stopping = True
        self._awake.set()

    async def run(self) -> None:
        """Work until stopped; waits through outages of PostgreSQL."""
        async with self._job.open_step() as step:
            await self._repeat(step)

    async def _repeat(self, step: Step) -> None:
        delay_seconds = 0.2
        while not self._stopping:
            self._awake.clear()
            try:
                more = await step(self._database)
                self._progress.made(self._job.name)
                delay_seconds = 0.2
            except TRANSIENT as error:
                self._progress.waiting(self._job.name, repr(error))
                _log.warning("job_waits", job=self._job.name, error=repr(error))
                await asyncio.sleep(random.uniform(0, delay_seconds))  # noqa: S311 - jitter, not a secret
                delay_seconds = min(delay_seconds * 2, BACKOFF_SECONDS_MAX)
                continue
            if not more and not self._stopping:
                await self._idle()

    async def _idle(self) -> None:
        try:
            async with asyncio.timeout(random.uniform(0.5, 1.0) * IDLE_SECONDS):  # noqa: S311 - jitter, not a secret
                await self._awake.wait()
        except TimeoutError:
            return
