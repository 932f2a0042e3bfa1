"""A stack while its supervisor runs it: its children, their order at start and stop, their health."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Sequence

import psutil

from stack.addresses import Addresses
from stack.child import Child
from stack.control import ProcessHealth
from stack.folders import RunFolder
from stack.process import ProcessSpec
from stack.state import ProcessState, StackState, this_boot, write_state
from stack.topology import SERVICE_NAMES

_log = logging.getLogger("stack.supervisor")


class RunningStack:
    """The children by name; every change of theirs goes to the state file at once."""

    def __init__(self, run: RunFolder, addresses: Addresses) -> None:
        self.run = run
        self.addresses = addresses
        self.children: dict[str, Child] = {}
        self._phase = "starting"
        self._supervisor = ProcessState(
            name="supervisor",
            role="supervisor",
            pid=os.getpid(),
            port=None,
            started_at=psutil.Process().create_time(),
            restarts=0,
        )

    def enter(self, phase: str) -> None:
        self._phase = phase
        self.write_state()

    def write_state(self) -> None:
        write_state(
            self.run.state_file,
            StackState(self._phase, this_boot(), [self._supervisor, *self._states()]),
        )

    def add(self, spec: ProcessSpec, is_ready: Callable[[], Awaitable[bool]]) -> Child:
        child = Child(spec, self.run.log_of(spec.name), is_ready, self.write_state)
        self.children[spec.name] = child
        return child

    async def health(self) -> list[ProcessHealth]:
        """Return every process with how it is now; all are asked at the same time."""
        answers = await asyncio.gather(*(self._health_of(c) for c in self.children.values()))
        return [_as_health(self._supervisor, "ready"), *answers]

    async def stop(self) -> None:
        """Stop what depends on others first; nobody is left running."""
        self.enter("stopping")
        for names in (SERVICE_NAMES, ("kafka", "mail", "processor"), ("postgres",)):
            await self._stop_all(names)

    async def _stop_all(self, names: Sequence[str]) -> None:
        await asyncio.gather(*(self._stop_one(self.children[n]) for n in names if n in self.children))

    async def _stop_one(self, child: Child) -> None:
        begun = time.monotonic()
        await child.stop()
        _log.info("%s stopped after %.1f s", child.spec.name, time.monotonic() - begun)

    async def _health_of(self, child: Child) -> ProcessHealth:
        state = child.state
        if state.pid is None:
            health = "restarting" if state.is_wanted else "stopped"
        else:
            health = "ready" if await child.is_ready() else "not ready"
        return _as_health(state, health)

    def _states(self) -> list[ProcessState]:
        return [child.state for child in self.children.values()]


def _as_health(state: ProcessState, health: str) -> ProcessHealth:
    return ProcessHealth(
        name=state.name,
        role=state.role,
        pid=state.pid,
        port=state.port,
        started_at=state.started_at,
        restarts=state.restarts,
        health=health,
    )
