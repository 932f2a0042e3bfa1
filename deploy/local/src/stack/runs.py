"""Run folders over time: claiming one, finding what killed earlier runs left, clearing it away."""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager

import psutil

from stack.addresses import Addresses, make_gate_secrets, make_passwords, read_addresses, write_addresses
from stack.folders import RunFolder, own_folder, runs_folder
from stack.ports import choose_ports
from stack.process import RUN_VARIABLE
from stack.state import read_state, this_boot
from stack.topology import DATABASE_OWNERS, SERVICE_NAMES, preferred_ports

LASTING = "up"
"""The kind of run whose data outlives it; all others are made anew and thrown away."""

_LEFTOVER_WAIT_SECONDS = 5.0


class AlreadyRunning(Exception):
    """The run folder has a living supervisor."""


def run_folder(kind: str, number: int | None = None) -> RunFolder:
    """Return the folder of a kind of run; those that may run side by side have a number each."""
    return RunFolder(runs_folder() / (kind if number is None else f"{kind}-{number}"))


def is_running(run: RunFolder) -> bool:
    """Tell whether a supervisor lives; the kernel drops its lock however it ended."""
    if not run.lock_file.exists():
        return False
    with run.lock_file.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def claim(run: RunFolder, kind: str) -> int:
    """Make the folder ours and settle its addresses; return the descriptor that holds it.

    It is held until every process that has the descriptor has ended or closed it. Earlier runs of
    the same kind that ended without clearing up are cleared.

    Raises: AlreadyRunning.
    """
    with _alone():
        if is_running(run):
            raise AlreadyRunning
        _clear_dead(kind, run)
        stop_leftovers(run)
        own_folder(run.path, mode=0o711)
        for folder in (run.logs, run.mail, run.kafka_data, run.blobs):
            own_folder(folder, mode=0o700)
        descriptor = os.open(run.lock_file, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        addresses = _settle_addresses(run, is_fixed=kind == LASTING)
        write_addresses(run.addresses_file, addresses, SERVICE_NAMES)
        return descriptor


def stop_leftovers(run: RunFolder) -> int:
    """Kill the processes that a killed supervisor of this run left; return how many there were.

    A process is known by pid and creation time, or by the mark in its environment, so that a
    stranger who got an old pid is never touched.
    """
    state = read_state(run.state_file)
    known: set[tuple[int, float]] = set()
    if state is not None and state.boot_id == this_boot():
        known = {(p.pid, p.started_at) for p in state.processes if p.pid and p.started_at}
    leftovers = [process for process in psutil.process_iter() if _is_of(process, run, known)]
    for process in leftovers:
        process.kill()
    psutil.wait_procs(leftovers, timeout=_LEFTOVER_WAIT_SECONDS)
    return len(leftovers)


def remove(run: RunFolder) -> None:
    """Delete a run's data; its processes have ended."""
    shutil.rmtree(run.path, ignore_errors=True)


def _clear_dead(kind: str, but: RunFolder) -> None:
    if kind == LASTING:
        return
    for path in runs_folder().glob(f"{kind}-*"):
        dead = RunFolder(path)
        if dead != but and not is_running(dead):
            stop_leftovers(dead)
            remove(dead)


def _is_of(process: psutil.Process, run: RunFolder, known: set[tuple[int, float]]) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        # A dead one may lie about unreaped for long; there is nothing left to stop.
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if (process.pid, process.create_time()) in known:
            return True
        return process.environ().get(RUN_VARIABLE) == str(run.path)
    except psutil.Error:
        return False


def _settle_addresses(run: RunFolder, *, is_fixed: bool) -> Addresses:
    earlier = read_addresses(run.addresses_file)
    wanted = preferred_ports(is_fixed=is_fixed)
    if earlier is not None:
        wanted = {**wanted, **earlier.ports}
    passwords = make_passwords(DATABASE_OWNERS) if earlier is None else earlier.passwords
    gate_secrets = earlier.gate_secrets if earlier and earlier.gate_secrets else make_gate_secrets()
    return Addresses(str(run.path), choose_ports(wanted, _ports_of_others(run)), passwords, gate_secrets)


def _ports_of_others(run: RunFolder) -> set[int]:
    taken: set[int] = set()
    for path in runs_folder().parent.glob("*/*/"):
        other = RunFolder(path)
        if path != run.path and is_running(other):
            addresses = read_addresses(other.addresses_file)
            taken.update(addresses.ports.values() if addresses else ())
    return taken


@contextmanager
def _alone() -> Generator[None]:
    with (runs_folder().parent / ".lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield
