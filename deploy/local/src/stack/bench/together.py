"""Doing many things, a few at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
A = TypeVar("A")


async def together(do: Callable[[A], Awaitable[T]], what: Iterable[A], *, at_once: int = 8) -> list[T]:
    """Do something with each, with so many at the same time; returns what came of each, in the order given."""
    free = asyncio.Semaphore(at_once)

    async def run(one: A) -> T:
        async with free:
            return await do(one)

    return list(await asyncio.gather(*(run(one) for one in what)))
