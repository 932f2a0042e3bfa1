"""The story in order. A step is an async function of the scene; it raises StepFailed and else says nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from stack.demo.ready import every_process_is_ready
from stack.demo.scene import Scene


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the story shows; `ids` are mission ids, separated by spaces."""

    ids: str
    title: str
    play: Callable[[Scene], Awaitable[None]]


STORY = (Step("READY", "every process is ready", every_process_is_ready),)
