"""`./handbill bench`: one benchmark on a fresh stack; each is a program in tests/benchmarks."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from stack.commands.options import JsonFile
from stack.folders import CHECKOUT
from stack.foreground import run_against
from stack.launch import DidNotStart, Launch, passing_stack
from stack.terminal import StartProgress, err, tell_failed_start

_FOLDER = CHECKOUT / "tests" / "benchmarks"


def bench(
    name: Annotated[str | None, typer.Argument(help="A benchmark; without it, which there are.")] = None,
    *,
    json_file: JsonFile = None,
) -> None:
    """Run a benchmark on a fresh stack."""
    known = _benchmarks()
    if name not in known:
        err.print(f"There are these benchmarks: {', '.join(known)}" if known else "There is no benchmark yet.")
        raise typer.Exit(1 if name else 0)
    options = [] if json_file is None else ["--json", str(json_file.resolve())]
    progress = StartProgress()
    try:
        with passing_stack(Launch("bench"), progress) as stack:
            progress.finish()
            code = run_against(stack.run, [sys.executable, str(known[name]), *options])
            stack.is_kept = code != 0
    except DidNotStart as fault:
        tell_failed_start(fault)
        raise typer.Exit(1) from None
    raise typer.Exit(code)


def _benchmarks() -> dict[str, Path]:
    programs = sorted(_FOLDER.glob("[a-z]*.py"))
    return {path.stem: path for path in programs if path.stem != "conftest"}
