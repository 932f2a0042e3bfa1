"""The first step: nothing of the story counts on a stack that is only partly there."""

import asyncio

from stack.demo.scene import Scene, check


async def every_process_is_ready(scene: Scene) -> None:
    """Check each process with the supervisor, which asks it now."""
    processes = await asyncio.to_thread(scene.control.status)
    not_ready = [f"{process['name']} is {process['health']}" for process in processes if process["health"] != "ready"]
    check("processes that are not ready", expected=[], seen=not_ready)
