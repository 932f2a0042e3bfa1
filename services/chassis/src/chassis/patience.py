"""Carrying a result through an outage of PostgreSQL: what an outside party has done must not be forgotten for that."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from chassis.database import TRANSIENT

T = TypeVar("T")

PATIENCE_SECONDS = 300.0
BACKOFF_SECONDS_MAX = 5.0


async def patiently(work: Callable[[], Awaitable[T]], *, patience_seconds: float = PATIENCE_SECONDS) -> T:
    """Do work of one transaction that is safe to repeat, again while PostgreSQL cannot.

    Raises: the database's error, after `patience_seconds`.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + patience_seconds
    delay_seconds = 0.2
    while True:
        try:
            return await work()
        except TRANSIENT:
            if loop.time() > give_up_at:
                raise
            await asyncio.sleep(random.uniform(0, delay_seconds))  # noqa: S311 - jitter, not a secret
            delay_seconds = min(delay_seconds * 2, BACKOFF_SECONDS_MAX)
