"""The commands of `./handbill`; each lives in a module of its own with its options."""

import signal

import typer

from stack.commands.bench import bench
from stack.commands.check import check
from stack.commands.demo import demo
from stack.commands.down import down
from stack.commands.firm import firm
from stack.commands.kafka_lock import kafka_lock
from stack.commands.logs import logs
from stack.commands.parked import parked
from stack.commands.status import status
from stack.commands.test import test
from stack.commands.up import up

_PASSES_ARGUMENTS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(
    name="handbill",
    help="Handbill on this machine: real Kafka, real PostgreSQL, a mail sink and all services.",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def handbill(context: typer.Context) -> None:
    """Show the help when no command is given: that is also how to install and do no more."""
    # Asked to end, a command clears up just as when it is interrupted.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for command in (up, down, status, logs, demo, check, bench):
    app.command()(command)
# These hand what follows them to another program, its `--help` included.
for command in (test, parked, firm):
    app.command(context_settings=_PASSES_ARGUMENTS_ON, add_help_option=command is test)(command)
app.command(hidden=True)(kafka_lock)
