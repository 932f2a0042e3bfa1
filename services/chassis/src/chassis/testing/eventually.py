"""Waiting for what must become true, with a bound, instead of sleeping."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

STEP_SECONDS = 0.02


async def eventually(
    probe: Callable[[], Awaitable[T]], *, timeout_seconds: float = 20.0, step_seconds: float = STEP_SECONDS
) -> T:
    """Call `probe` until it returns something true and raises no AssertionError; return that.

    Raises: AssertionError, the last one, or one that says what was last seen.
    """
    give_up_at = time.monotonic() + timeout_seconds
    while True:
        try:
            seen = await probe()
            if seen:
                return seen
            failure = AssertionError(f"not within {timeout_seconds} s; last seen: {seen!r}")
        except AssertionError as error:
            failure = error
        if time.monotonic() > give_up_at:
            raise failure
        await asyncio.sleep(step_seconds)
