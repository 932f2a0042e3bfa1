"""`./handbill parked`: the messages that services put aside, in the running stack."""

import sys
from typing import Annotated

import typer

from stack.commands.running import environment_of
from stack.foreground import run_with
from stack.terminal import err
from stack.topology import DATABASE_OWNERS


def parked(
    context: typer.Context,
    action: Annotated[str, typer.Argument(help="list, show, replay or discard")],
    *,
    service: Annotated[str | None, typer.Option(help="Whose; `list` shows all without it.")] = None,
) -> None:
    """List, show, replay or discard parked messages."""
    if service is None and action != "list":
        err.print(f"Say whose message it is: --service {'|'.join(DATABASE_OWNERS)}")
        raise typer.Exit(2)
    codes: list[int] = []
    for owner in DATABASE_OWNERS if service is None else (service,):
        err.print(f"[bold]{owner}[/]")
        command = [sys.executable, "-m", "chassis", "parked", action, *context.args]
        codes.append(run_with(command, environment_of(owner)))
    raise typer.Exit(max(codes))
