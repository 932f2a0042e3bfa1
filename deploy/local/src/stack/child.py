"""A process that is kept running: started again with growing pauses when it ends unasked."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from stack.process import ProcessSpec, kill_group, send_signal, spawn, stop
from stack.state import ProcessState

_PAUSE_SECONDS_MIN = 0.5
_PAUSE_SECONDS_MAX = 10.0
_STEADY_AFTER_SECONDS = 30.0
_EARLY_EXITS_MAX = 3
_LOOK_EVERY_SECONDS = 0.05


class NotReady(Exception):
    """The process did not become ready."""


class Child:
    """One kept process of the stack; every change of its state is announced."""

    def __init__(
        self,
        spec: ProcessSpec,
        log_file: Path,
        is_ready: Callable[[], Awaitable[bool]],
        changed: Callable[[], None],
    ) -> None:
        self.spec = spec
        self.log_file = log_file
        self.is_ready = is_ready
        self.restarts = 0
        self._changed = changed
        self._is_wanted = False
        self._process: asyncio.subprocess.Process | None = None
        self._created_at: float | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def state(self) -> ProcessState:
        process = self._process
        return ProcessState(
            name=self.spec.name,
            role=self.spec.role,
            pid=None if process is None else process.pid,
            port=self.spec.port,
            started_at=None if process is None else self._created_at,
            restarts=self.restarts,
            is_wanted=self._is_wanted,
        )

    async def start(self, timeout_seconds: float) -> None:
        """Start the process unless it runs, and wait until it is ready.

        Raises: NotReady.
        """
        if not self._is_wanted:
            self._is_wanted = True
            self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.spec.name}")
        await self._wait_until_ready(timeout_seconds)

    async def stop(self, stop_signal: signal.Signals | None = None) -> None:
        """Stop the process and keep it stopped until it is started again."""
        self._is_wanted = False
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        if self._process is None:
            keeper.cancel()
        else:
            number = stop_signal or self.spec.stop_signal
            await stop(self._process, number, self.spec.stop_timeout_seconds)
        await asyncio.wait([keeper])

    def kill(self) -> None:
        """Kill the process as a crash would; it is started again like any that ends."""
        if self._process is not None:
            kill_group(self._process.pid)

    def signal(self, number: signal.Signals) -> None:
        """Send any signal, such as the ones that freeze and thaw."""
        if self._process is not None:
            send_signal(self._process, number)

    async def _keep(self) -> None:
        pause_seconds = _PAUSE_SECONDS_MIN
        while self._is_wanted:
            begun = time.monotonic()
            await self._run_once()
            if not self._is_wanted:
                return
            self.restarts += 1
            if time.monotonic() - begun > _STEADY_AFTER_SECONDS:
                pause_seconds = _PAUSE_SECONDS_MIN
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, _PAUSE_SECONDS_MAX)

    async def _run_once(self) -> None:
        self._process = process = await spawn(self.spec, self.log_file)
        self._created_at = _creation_time(process.pid)
        self._changed()
        try:
            await process.wait()
        finally:
            kill_group(process.pid)
            self._process = None
            self._changed()

    async def _wait_until_ready(self, timeout_seconds: float) -> None:
        exits_before = self.restarts
        try:
            async with asyncio.timeout(timeout_seconds):
                while not (self._process is not None and await self.is_ready()):
                    if self.restarts - exits_before >= _EARLY_EXITS_MAX:
                        raise NotReady(f"{self.spec.name} ended {_EARLY_EXITS_MAX} times at its start")
                    await asyncio.sleep(_LOOK_EVERY_SECONDS)
        except TimeoutError:
            raise NotReady(f"{self.spec.name} was not ready in {timeout_seconds:.0f} s") from None


def _creation_time(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None
