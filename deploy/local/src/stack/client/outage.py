"""Taking a part of a running stack away for a while, without notice."""

import asyncio

from stack.control import Control


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
