"""`./handbill status`: every process with role, pid, port and health."""

import json
from collections.abc import Sequence

import typer
from rich.table import Table

from stack.commands.options import AsJson
from stack.control import ProcessHealth
from stack.health import health_of
from stack.runs import LASTING, run_folder
from stack.terminal import err, out

_COLUMNS = ("name", "role", "pid", "port", "health", "restarts")


def status(*, as_json: AsJson = False) -> None:
    """Show every process with role, pid, port and health; fail unless all are ready."""
    health = health_of(run_folder(LASTING))
    if as_json:
        out.print_json(json.dumps(health))
    elif health["processes"]:
        out.print(_table(health["processes"]))
    else:
        err.print("The stack is not up: `./handbill up` starts it.")
    raise typer.Exit(0 if health["up"] else 1)


def _table(processes: Sequence[ProcessHealth]) -> Table:
    table = Table(*_COLUMNS)
    for process in processes:
        cells = ("" if process[column] is None else str(process[column]) for column in _COLUMNS)
        table.add_row(*cells)
    return table
