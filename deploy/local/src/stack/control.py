"""Asking a running supervisor to stop, start, kill or freeze one of its processes: for fault tests.

`with Control.of_test_stack() as control: control.stop("postgres", immediately=True)`
"""

import json
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict, cast

from stack.folders import RunFolder

_TIMEOUT_SECONDS = 120.0


class Request(TypedDict):
    """One line to the supervisor; `name` is empty for what concerns the whole stack."""

    command: str
    name: str
    signal: str | None


class ProcessHealth(TypedDict):
    """One process as its supervisor sees it; `health` is `ready`, `not ready`, `restarting` or `stopped`."""

    name: str
    role: str
    pid: int | None
    port: int | None
    started_at: float | None
    restarts: int
    health: str


class ControlRefused(Exception):
    """The supervisor could not do what was asked; the message is its own."""


class Control:
    """One connection to a supervisor; each call returns when what it asked for is done."""

    def __init__(self, run: RunFolder) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_TIMEOUT_SECONDS)
        with socket_path(run) as path:
            self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")

    @classmethod
    def of_test_stack(cls) -> Self:
        """Connect to the stack that `./handbill test` told of."""
        document = json.loads(Path(os.environ["HANDBILL_TEST_STACK"]).read_text())
        return cls(RunFolder(Path(document["control"]).parent))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def start(self, name: str) -> None:
        """Start a stopped process and wait until it is ready."""
        self._ask("start", name)

    def stop(self, name: str, *, immediately: bool = False) -> None:
        """Stop a process and keep it stopped; immediately is PostgreSQL's stop without goodbye."""
        self._ask("stop", name, "SIGQUIT" if immediately else None)

    def restart(self, name: str) -> None:
        """Stop a process in order, start it, and wait until it is ready."""
        self._ask("restart", name)

    def kill(self, name: str) -> None:
        """Kill a process as a crash would; the supervisor starts it again after a pause."""
        self._ask("kill", name)

    def freeze(self, name: str) -> None:
        """Stop a process from running without its knowledge, as a long pause would."""
        self._ask("signal", name, "SIGSTOP")

    def thaw(self, name: str) -> None:
        self._ask("signal", name, "SIGCONT")

    def status(self) -> list[ProcessHealth]:
        """Return every process with role, pid, port, restarts and health."""
        return cast("list[ProcessHealth]", self._ask("status"))

    def end(self) -> None:
        """Ask for the end of the whole stack; returns before it has ended."""
        self._ask("end")

    def _ask(self, command: str, name: str = "", signal: str | None = None) -> object:
        request = Request(command=command, name=name, signal=signal)
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        line = self._lines.readline()
        if not line:
            raise ControlRefused("the supervisor ended")
        answer = json.loads(line)
        if not answer["ok"]:
            raise ControlRefused(answer["reason"])
        return answer["result"]


@contextmanager
def socket_path(run: RunFolder) -> Generator[Path]:
    """Give a path to the socket that is short wherever the run folder is.

    A socket's address has room for some hundred bytes, which a deep home would exceed.
    """
    descriptor = os.open(run.path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Path(f"/proc/self/fd/{descriptor}") / run.control_socket.name
    finally:
        os.close(descriptor)
