"""`./handbill logs`: what the processes of the stack have written."""

import subprocess
from typing import Annotated

import typer

from stack.runs import LASTING, run_folder
from stack.terminal import err

_LINES = 200


def logs(
    name: Annotated[str | None, typer.Argument(help="A process, such as sharing.")] = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Show the end of one process's log, or of all."""
    folder = run_folder(LASTING).logs
    chosen = [folder / f"{name}.log"] if name else sorted(folder.glob("*.log"))
    if not chosen or not all(log.exists() for log in chosen):
        known = ", ".join(sorted(log.stem for log in folder.glob("*.log")))
        err.print(f"There is no such log; there are: {known or 'none yet'}")
        raise typer.Exit(1)
    options = ["-n", str(_LINES), *(["-F"] if follow else [])]
    ended = subprocess.run(["tail", *options, *map(str, chosen)], check=False)  # noqa: S607  coreutils, wherever they are
    raise typer.Exit(ended.returncode)
