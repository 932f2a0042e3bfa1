"""Starting a supervisor and following its start; what belongs to a command ends with the command."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, cast

from stack.folders import RunFolder
from stack.lifeline import DETACH
from stack.runs import LASTING, claim, remove, run_folder

_END_TIMEOUT_SECONDS = 60.0


class DidNotStart(Exception):
    """A part of the stack failed; `log_tail` is what that part said last."""

    def __init__(self, part: str, reason: str, log_tail: str, run: RunFolder) -> None:
        super().__init__(f"{part}: {reason}")
        self.log_tail = log_tail
        self.run = run


@dataclass(frozen=True, slots=True)
class Launch:
    """What kind of stack is wanted: see `stack.supervisor` for the choices."""

    kind: str
    is_volatile: bool = False
    with_services: bool = True

    @property
    def options(self) -> list[str]:
        chosen = {"--volatile": self.is_volatile, "--infrastructure": not self.with_services}
        return [option for option, is_chosen in chosen.items() if is_chosen]


class Launched:
    """A supervisor that we started and that lives as long as we hold its lifeline.

    Raises: AlreadyRunning.
    """

    def __init__(self, run: RunFolder, launch: Launch) -> None:
        self.run = run
        descriptor = claim(run, launch.kind)
        try:
            self._process = _spawn_supervisor(run, launch, descriptor)
        finally:
            # From here on the supervisor alone holds the folder.
            os.close(descriptor)
        self._lifeline = cast("IO[bytes]", self._process.stdin)
        self._told = cast("IO[bytes]", self._process.stdout)

    def wait_until_up(self, report: Callable[[str, float], None]) -> None:
        """Return when every part is ready, having reported each with its seconds.

        Raises: DidNotStart.
        """
        for line in self._told:
            event = json.loads(line)
            match event["event"]:
                case "ready":
                    report(event["part"], event["seconds"])
                case "up":
                    return
                case _:
                    self.end()
                    raise DidNotStart(event["part"], event["reason"], event["log_tail"], self.run)
        self.end()
        log_file = self.run.log_of("supervisor")
        raise DidNotStart("supervisor", f"ended early; see {log_file}", "", self.run)

    def detach(self) -> None:
        """Let the stack outlive this command."""
        self._lifeline.write(DETACH)
        self._lifeline.close()

    def end(self) -> None:
        """Stop everything and return when it has stopped; safe to repeat."""
        if self._process.returncode is not None:
            return
        with suppress(BrokenPipeError):
            self._lifeline.close()
        # Read on, or a supervisor that still tells something would wait for a reader.
        self._told.read()
        self._told.close()
        self._process.wait(_END_TIMEOUT_SECONDS)


def _spawn_supervisor(run: RunFolder, launch: Launch, descriptor: int) -> subprocess.Popen[bytes]:
    with run.log_of("supervisor").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "stack.supervisor", str(run.path), *launch.options],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            pass_fds=(descriptor,),
        )


def launch_lasting(launch: Launch, report: Callable[[str, float], None]) -> RunFolder:
    """Start a stack that stays; interrupted before it is up, nothing of it stays.

    Raises: AlreadyRunning, DidNotStart.
    """
    launched = Launched(run_folder(LASTING), launch)
    try:
        launched.wait_until_up(report)
        launched.detach()
    except KeyboardInterrupt:
        launched.end()
        raise
    return launched.run


class PassingStack:
    """A stack that ends with its command; `is_kept` saves its data from being deleted then."""

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self.is_kept = False


@contextmanager
def passing_stack(launch: Launch, report: Callable[[str, float], None]) -> Generator[PassingStack]:
    """Give a fresh stack for the block; afterwards it is stopped, and its data deleted unless kept.

    Raises: DidNotStart; the data is kept then, for its logs.
    """
    launched = Launched(run_folder(launch.kind, os.getpid()), launch)
    stack = PassingStack(launched.run)
    try:
        launched.wait_until_up(report)
        yield stack
    except DidNotStart:
        stack.is_kept = True
        raise
    finally:
        launched.end()
        if not stack.is_kept:
            remove(launched.run)
