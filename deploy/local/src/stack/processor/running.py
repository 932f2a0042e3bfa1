"""A sandbox processor for the length of a block: for tests of what speaks to one, without a whole stack."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from stack.addresses import HOST
from stack.http_probe import http_status
from stack.ports import choose_ports
from stack.process import ProcessSpec, spawn, stop

_READY_TIMEOUT_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class RunningProcessor:
    """Where it listens, and its process: for tests that kill it."""

    port: int
    process: asyncio.subprocess.Process

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


@asynccontextmanager
async def running_processor(
    journal: Path, *, port: int | None = None, slow_seconds: float = 0.2, failpoint: str = ""
) -> AsyncGenerator[RunningProcessor]:
    """Run a processor on the journal, on any free port unless one is given; its log is written beside the journal.

    Raises: TimeoutError where it did not become ready, ProcessLookupError where it ended at once.
    """
    chosen = choose_ports({"processor": port}, taken=())["processor"]
    assert port in (None, chosen), "the wanted port is taken"
    command = (sys.executable, "-m", "stack.processor", str(journal), str(chosen), "--slow-seconds", str(slow_seconds))
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "HANDBILL_FAILPOINT": failpoint}
    spec = ProcessSpec("processor", "processor", command, environment, chosen, stop_timeout_seconds=10.0)
    process = await spawn(spec, journal.with_suffix(".log"))
    try:
        await _until_ready(process, chosen)
        yield RunningProcessor(chosen, process)
    finally:
        await stop(process, spec.stop_signal, spec.stop_timeout_seconds)


async def _until_ready(process: asyncio.subprocess.Process, port: int) -> None:
    give_up_at = time.monotonic() + _READY_TIMEOUT_SECONDS
    while await http_status(port, "/readyz") != HTTPStatus.OK:
        if process.returncode is not None:
            raise ProcessLookupError(f"the processor ended with {process.returncode}")
        if time.monotonic() > give_up_at:
            raise TimeoutError("the processor is not ready")
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
