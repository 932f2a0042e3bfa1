"""A service of a running stack replaced for a while by one with other settings: for tests that kill it at a named line.

`async with stand_in("notify", addresses, HANDBILL_FAILPOINT="sender.after_smtp:kill") as process:`
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from stack.addresses import Addresses
from stack.control import Control
from stack.folders import RunFolder
from stack.http_probe import http_status
from stack.process import spawn, stop
from stack.topology import SERVICES, service_spec

_READY_TIMEOUT_SECONDS = 60.0
_LOOK_EVERY_SECONDS = 0.02


@asynccontextmanager
async def stand_in(service: str, addresses: Addresses, **settings: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Stop a service and run it with these settings added; in the end the supervisor's own runs again and is ready.

    Raises: TimeoutError where it does not become ready. One that is dead by then is lent as it is.
    """
    run = RunFolder(Path(addresses.run_folder))
    (described,) = (each for each in SERVICES if each.name == service)
    spec = service_spec(described, run, addresses)
    spec = replace(spec, environment={**spec.environment, **settings})
    with Control.of_test_stack() as control:
        await asyncio.to_thread(control.stop, service)
        process = await spawn(spec, run.log_of(f"{service}-stand-in"))
        try:
            await _until_ready(process, spec.port)
            yield process
        finally:
            await stop(process, spec.stop_signal, spec.stop_timeout_seconds)
            await asyncio.to_thread(control.start, service)


async def _until_ready(process: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(_READY_TIMEOUT_SECONDS):
        while True:
            if process.returncode is not None or await http_status(port, "/ready") == HTTPStatus.OK:
                return
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
