"""Taking a part of a running stack away for a while, without notice."""

import asyncio
import random
from collections.abc import Sequence

from stack.control import Control

KILL_PAUSE_SECONDS = (0.2, 1.5)
_LOOK_EVERY_SECONDS = 0.2


async def outage(part: str, *, seconds: float) -> None:
    """Stop one part at once and start it again after `seconds`; returns when it is ready.

    PostgreSQL stops without a checkpoint, Kafka in order, a service as by `kill -9`.
    """
    with Control.of_test_stack() as control:
        if part in {"postgres", "kafka"}:
            await asyncio.to_thread(control.stop, part, immediately=part == "postgres")
            await asyncio.sleep(seconds)
            await asyncio.to_thread(control.start, part)
        else:
            await asyncio.to_thread(control.kill, part)
            await asyncio.sleep(seconds)


async def kill_at_random(services: Sequence[str], *, rounds: int, seed: int) -> None:
    """Kill each service as by `kill -9` once a round, in any order and at any moment of some seconds.

    The supervisor starts them again. The same seed has the same order and pauses.
    """
    chance = random.Random(seed)  # noqa: S311 - chance, not a secret
    with Control.of_test_stack() as control:
        for _ in range(rounds):
            for service in chance.sample(services, len(services)):
                await asyncio.sleep(chance.uniform(*KILL_PAUSE_SECONDS))
                await asyncio.to_thread(control.kill, service)


async def every_process_ready(*, timeout_seconds: float = 60.0) -> None:
    """Wait until the supervisor finds every process ready.

    Raises: TimeoutError.
    """
    with Control.of_test_stack() as control:
        async with asyncio.timeout(timeout_seconds):
            while True:
                if all(process["health"] == "ready" for process in await asyncio.to_thread(control.status)):
                    return
                await asyncio.sleep(_LOOK_EVERY_SECONDS)
