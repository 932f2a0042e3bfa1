"""`./handbill down`: stops the stack in order, or what a killed earlier one left."""

import fcntl
from typing import Annotated

import typer

from stack.control import Control
from stack.folders import RunFolder
from stack.runs import LASTING, is_running, remove, run_folder, stop_leftovers
from stack.terminal import err


def down(*, wipe: Annotated[bool, typer.Option("--wipe", help="Delete the stack's data too.")] = False) -> None:
    """Stop the stack."""
    run = run_folder(LASTING)
    if is_running(run):
        _end(run)
        err.print("The stack is stopped.")
    else:
        count = stop_leftovers(run)
        err.print(
            f"The stack was not up; {count} left-over processes were stopped." if count else "The stack is not up."
        )
    if wipe:
        remove(run)
        err.print("Its data is deleted.")


def _end(run: RunFolder) -> None:
    with Control(run) as control:
        control.end()
    # The lock is the supervisor's until everything has stopped.
    with run.lock_file.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
