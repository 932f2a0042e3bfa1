"""The first step: nothing of the story counts on a stack that is only partly there."""

import asyncio

from stack.demo.scene import Scene, check
from stack.health import health_of


async def every_process_is_ready(scene: Scene) -> None:
    """Check each process with the supervisor, which asks it now."""
    health = await asyncio.to_thread(health_of, scene.run)
    states = {process["name"]: process["health"] for process in health["processes"]}
    check("the stack is up", expected=True, seen=bool(states))
    check("each process", expected=dict.fromkeys(states, "ready"), seen=states)
