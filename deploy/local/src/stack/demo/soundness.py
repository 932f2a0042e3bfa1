"""The last step: whatever the story did, every invariant of the whole holds."""

from stack.check.report import complaint
from stack.check.run import check_stack
from stack.demo.scene import Scene, check


async def everything_is_sound(scene: Scene) -> None:
    """Wait until nothing is on its way, and look for whatever breaks an invariant."""
    check("broken invariants", expected="", seen=complaint(await check_stack(scene.addresses)))
