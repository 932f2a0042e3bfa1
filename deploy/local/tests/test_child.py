import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from chassis.testing import eventually
from stack.child import Child, NotReady
from stack.process import ProcessSpec

_WAITS = "import time; print('here', flush=True); time.sleep(600)"
_IGNORES_TERM = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + _WAITS
_HAS_A_CHILD = (
    "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    " print(child.pid, flush=True); time.sleep(600)"
)


def _spec(program: str, name: str = "small") -> ProcessSpec:
    return ProcessSpec(
        name=name,
        role="test",
        command=(sys.executable, "-c", program),
        environment=dict(os.environ),
        port=0,
        stop_timeout_seconds=0.3,
    )


@pytest.fixture
async def make_child(tmp_path: Path) -> AsyncIterator[object]:
    made: list[Child] = []

    def make(program: str) -> Child:
        log_file = tmp_path / f"{len(made)}.log"

        async def has_said_something() -> bool:
            return bool(log_file.exists() and log_file.read_text())

        made.append(Child(_spec(program), log_file, has_said_something, changed=lambda: None))
        return made[-1]

    yield make
    for child in made:
        await child.stop(signal.SIGKILL)


async def test_a_process_that_is_killed_is_started_again(make_child):
    child = make_child(_WAITS)
    await child.start(timeout_seconds=10)
    first = child.state.pid
    child.kill()

    async def is_another() -> bool:
        return child.state.pid not in (None, first)

    await eventually(is_another)
    assert child.state.restarts == 1


async def test_a_stopped_process_stays_stopped_until_it_is_started(make_child):
    child = make_child(_WAITS)
    await child.start(timeout_seconds=10)
    pid = child.state.pid
    await child.stop()
    assert child.state.pid is None
    assert not psutil.pid_exists(pid)
    await child.start(timeout_seconds=10)
    assert child.state.restarts == 0


async def test_a_process_that_will_not_end_is_killed_with_its_children(make_child):
    stubborn, parent = make_child(_IGNORES_TERM), make_child(_HAS_A_CHILD)
    await asyncio.gather(stubborn.start(timeout_seconds=10), parent.start(timeout_seconds=10))
    grandchild = int(parent.log_file.read_text())
    pid = stubborn.state.pid
    await asyncio.gather(stubborn.stop(), parent.stop())
    assert not psutil.pid_exists(pid)

    async def has_ended() -> bool:
        return not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE

    await eventually(has_ended)


async def test_a_process_that_keeps_ending_at_its_start_is_given_up_with_its_name(make_child):
    with pytest.raises(NotReady, match="small ended 3 times"):
        await make_child("raise SystemExit(1)").start(timeout_seconds=20)


async def test_children_die_with_a_parent_that_was_killed(tmp_path: Path):
    """A parent that spawns as the supervisor does is killed by SIGKILL, so it can stop nothing itself."""
    program = f"""
import asyncio, os, sys
from pathlib import Path
from stack.process import ProcessSpec, spawn

async def main():
    command = (sys.executable, "-c", {_WAITS!r})
    spec = ProcessSpec("orphan", "test", command, dict(os.environ), 0)
    process = await spawn(spec, Path({str(tmp_path / "orphan.log")!r}))
    print(process.pid, flush=True)
    await process.wait()

asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:  # noqa: ASYNC220  it starts at once
        assert parent.stdout is not None
        orphan = psutil.Process(int(parent.stdout.readline()))
        parent.kill()

    async def has_ended() -> bool:
        return not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE

    await eventually(has_ended)
