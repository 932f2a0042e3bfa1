"""The supervisor's ear: a Unix socket in the run folder, one JSON request and one JSON answer a line.

Who may enter the run folder's socket is settled by its mode: its owner alone.
"""

import asyncio
import json
import signal
from collections.abc import Callable
from typing import cast

from stack.child import Child, NotReady
from stack.control import Request, socket_path
from stack.running_stack import RunningStack
from stack.startup import READY_TIMEOUT_SECONDS


class ControlServer:
    """Carries out what `stack.control` asks; `end` is called when the whole stack shall stop."""

    def __init__(self, stack: RunningStack, end: Callable[[], None]) -> None:
        self._stack = stack
        self._end = end
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        with socket_path(self._stack.run) as path:
            path.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._serve, path)
            path.chmod(0o600)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                answer = await self._answer(cast("Request", json.loads(line)))
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()

    async def _answer(self, request: Request) -> dict[str, object]:
        try:
            return {"ok": True, "result": await self._carry_out(request)}
        except (NotReady, UnknownRequest) as refusal:
            return {"ok": False, "reason": str(refusal)}

    async def _carry_out(self, request: Request) -> object:
        match request["command"]:
            case "status":
                return await self._stack.health()
            case "end":
                self._end()
                return None
            case command:
                child = self._child(request["name"])
                await _act(child, command, request["signal"])
                return None

    def _child(self, name: str) -> Child:
        if name not in self._stack.children:
            known = ", ".join(self._stack.children)
            raise UnknownRequest(f"no process is called {name!r}; there are {known}")
        return self._stack.children[name]


class UnknownRequest(Exception):
    """The request names nothing that is here."""


async def _act(child: Child, command: str, signal_name: str | None) -> None:
    number = None if signal_name is None else signal.Signals[signal_name]
    match command:
        case "start":
            await child.start(READY_TIMEOUT_SECONDS)
        case "stop":
            await child.stop(number)
        case "restart":
            await child.stop(number)
            await child.start(READY_TIMEOUT_SECONDS)
        case "kill":
            child.kill()
        case "signal" if number is not None:
            child.signal(number)
        case _:
            raise UnknownRequest(f"unknown command {command!r}")
