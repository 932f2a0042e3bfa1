"""`./handbill firm create --name …`: handed to invoices, which owns firms, in the running stack."""

import sys

import typer

from stack.commands.running import environment_of
from stack.foreground import run_with


def firm(context: typer.Context) -> None:
    """Make a firm in the running stack; its first key is printed once."""
    environment = environment_of("invoices")
    raise typer.Exit(run_with([sys.executable, "-m", "invoices", "firm", *context.args], environment))
