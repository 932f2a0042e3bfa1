import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack.folders import RunFolder
from stack.process import RUN_VARIABLE
from stack.runs import is_running, stop_leftovers
from stack.state import ProcessState, StackState, this_boot, write_state

_WAITS = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(_WAITS) as process:
        yield process
        process.kill()


def _write_state(run: RunFolder, pid: int, started_at: float, boot_id: str) -> None:
    process = ProcessState("sharing", "all", pid, 18082, started_at, restarts=0)
    write_state(run.state_file, StackState("up", boot_id, [process]))


def test_a_process_that_the_state_names_is_stopped(run: RunFolder, stranger: subprocess.Popen[bytes]):
    _write_state(run, stranger.pid, psutil.Process(stranger.pid).create_time(), this_boot())
    assert stop_leftovers(run) == 1
    assert not psutil.pid_exists(stranger.pid)


def test_a_stranger_who_got_the_old_pid_is_left_alone(run: RunFolder, stranger: subprocess.Popen[bytes]):
    _write_state(run, stranger.pid, psutil.Process(stranger.pid).create_time() - 60, this_boot())
    assert stop_leftovers(run) == 0
    assert stranger.poll() is None


def test_pids_from_before_the_machine_was_restarted_mean_nothing(run: RunFolder, stranger: subprocess.Popen[bytes]):
    _write_state(run, stranger.pid, psutil.Process(stranger.pid).create_time(), "another boot")
    assert stop_leftovers(run) == 0
    assert stranger.poll() is None


def test_a_process_that_no_state_names_is_known_by_its_mark(run: RunFolder):
    with subprocess.Popen(_WAITS, env={**os.environ, RUN_VARIABLE: str(run.path)}) as process:
        assert stop_leftovers(run) == 1
        assert not psutil.pid_exists(process.pid)


def test_a_run_whose_lock_nobody_holds_is_not_running(run: RunFolder):
    assert not is_running(run)
    with run.lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert is_running(run)
    assert not is_running(run)
