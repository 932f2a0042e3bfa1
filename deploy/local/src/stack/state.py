"""The state file: which processes a stack has, written by its supervisor, read by everyone else."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from stack.private_file import write_private_file

_BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One process; `started_at` is its creation time as the kernel tells it, with the pid its identity."""

    name: str
    role: str
    pid: int | None
    port: int | None
    started_at: float | None
    restarts: int
    is_wanted: bool = True


@dataclass(frozen=True, slots=True)
class StackState:
    """A whole stack; `phase` is `starting`, `up` or `stopping`."""

    phase: str
    boot_id: str
    processes: Sequence[ProcessState]


def this_boot() -> str:
    """Return what tells this run of the machine from earlier ones, whose pids mean nothing now."""
    return _BOOT_ID_FILE.read_text().strip() if _BOOT_ID_FILE.exists() else ""


def write_state(path: Path, state: StackState) -> None:
    """Replace the state file."""
    write_private_file(path, json.dumps(asdict(state), indent=2))


def read_state(path: Path) -> StackState | None:
    """Return the last state written, or None when there was none."""
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return StackState(
        phase=document["phase"],
        boot_id=document["boot_id"],
        processes=[ProcessState(**process) for process in document["processes"]],
    )
