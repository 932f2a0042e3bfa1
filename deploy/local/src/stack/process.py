"""One operating-system process of the stack: how it is spawned, tethered, signalled and reaped."""

import asyncio
import ctypes
import os
import pwd
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

RUN_VARIABLE = "HANDBILL_RUN"

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """What is started, as whom, and how it is stopped."""

    name: str
    role: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    port: int
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_seconds: float = 30.0
    # Sent by the kernel when the supervisor dies without a word. PostgreSQL gets a gentler one,
    # since its own children must hear of it.
    orphan_signal: signal.Signals = signal.SIGKILL


async def spawn(spec: ProcessSpec, log_file: Path) -> asyncio.subprocess.Process:
    """Start the process in a session of its own, its output appended to its log."""
    with log_file.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *spec.command,
            env=dict(spec.environment),
            cwd="/",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=spec.user,
            group=_group_of(spec.user),
            extra_groups=None if spec.user is None else [],
            preexec_fn=_tether(spec.orphan_signal, os.getpid()),
        )


async def stop(process: asyncio.subprocess.Process, stop_signal: signal.Signals, timeout_seconds: float) -> None:
    """Ask the process to end, and kill its whole group if it has not in time."""
    send_signal(process, stop_signal)
    try:
        async with asyncio.timeout(timeout_seconds):
            await process.wait()
    except TimeoutError:
        kill_group(process.pid)
        await process.wait()


def send_signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """Signal the process itself, not its group; one that has ended is left alone."""
    if process.returncode is None:
        process.send_signal(number)


def kill_group(leader_pid: int) -> None:
    """Kill what is left of the group that the process led, itself included."""
    try:
        os.killpg(leader_pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _group_of(user: str | None) -> int | None:
    if user is None:
        return None
    return pwd.getpwnam(user).pw_gid


def _tether(orphan_signal: signal.Signals, parent_pid: int) -> Callable[[], None]:
    def in_the_child() -> None:
        # Runs after the user was changed, which would have cleared the wish.
        _libc.prctl(_PR_SET_PDEATHSIG, int(orphan_signal))
        if os.getppid() != parent_pid:
            os._exit(1)

    return in_the_child
