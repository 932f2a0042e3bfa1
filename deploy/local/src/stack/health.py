"""How a stack is, for people and for programs: asked from its supervisor."""

from collections.abc import Sequence
from typing import TypedDict

from stack.control import Control, ControlRefused, ProcessHealth
from stack.folders import RunFolder
from stack.runs import is_running


class StackHealth(TypedDict):
    """What `status --json` prints; `up` says that every process is ready."""

    up: bool
    folder: str
    processes: Sequence[ProcessHealth]


def health_of(run: RunFolder) -> StackHealth:
    """Ask how each process of the run is now."""
    processes = _processes_of(run)
    is_up = bool(processes) and all(process["health"] == "ready" for process in processes)
    return StackHealth(up=is_up, folder=str(run.path), processes=processes)


def _processes_of(run: RunFolder) -> Sequence[ProcessHealth]:
    if not is_running(run):
        return []
    try:
        with Control(run) as control:
            return control.status()
    except (OSError, ControlRefused):
        # It is about to open its ear, or has just closed it.
        return []
