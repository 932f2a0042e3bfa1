"""How a careful client sends: the same request with the same key, until it has an answer."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import httpx

from stack.client.api import Answer

UNAVAILABLE_MIN = 500
NOT_YET_KNOWN = "not_yet_known"
_PAUSE_SECONDS = 0.3


async def until_answered(attempt: Callable[[], Awaitable[Answer]], *, timeout_seconds: float = 120.0) -> Answer:
    """Repeat an attempt, with pauses, until the service answers it with anything but an error of its own.

    `attempt` must send the same Idempotency-Key each time. Raises: TimeoutError.
    """
    async with asyncio.timeout(timeout_seconds):
        while True:
            try:
                answer = await attempt()
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status < UNAVAILABLE_MIN:
                return answer
            await asyncio.sleep(random.uniform(0.5, 1.5) * _PAUSE_SECONDS)  # noqa: S311 - jitter, not a secret


async def until_known(attempt: Callable[[], Awaitable[Answer]], *, timeout_seconds: float = 60.0) -> Answer:
    """Repeat an attempt while what it names has not arrived at the service; nothing was done by then.

    Raises: TimeoutError.
    """
    async with asyncio.timeout(timeout_seconds):
        while True:
            answer = await attempt()
            if answer.body.get("slug") != NOT_YET_KNOWN:
                return answer
            await asyncio.sleep(random.uniform(0.5, 1.5) * _PAUSE_SECONDS)  # noqa: S311 - jitter, not a secret
