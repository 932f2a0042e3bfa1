"""`./handbill up`: the stack, left running, with its addresses."""

import json
from typing import Annotated

import typer

from stack.addresses import Addresses, read_addresses
from stack.commands.options import AsJson
from stack.health import health_of
from stack.launch import DidNotStart, Launch, launch_lasting
from stack.runs import LASTING, AlreadyRunning, run_folder
from stack.terminal import StartProgress, err, out, tell_failed_start
from stack.topology import SERVICE_NAMES


def up(
    *,
    as_json: AsJson = False,
    infrastructure: Annotated[
        bool, typer.Option("--infrastructure", help="Without our services, to run them by hand.")
    ] = False,
) -> None:
    """Start the stack unless it is up, and leave it running."""
    run = run_folder(LASTING)
    start_lasting(Launch(LASTING, with_services=not infrastructure))
    if as_json:
        out.print_json(json.dumps(health_of(run)))
    else:
        _print_addresses(read_addresses(run.addresses_file))


def start_lasting(launch: Launch) -> None:
    """Start the stack that stays, unless it is up, and tell how that goes; a failure ends the command."""
    progress = StartProgress()
    try:
        launch_lasting(launch, progress)
    except AlreadyRunning:
        err.print("The stack is up already.")
        return
    except DidNotStart as fault:
        tell_failed_start(fault)
        raise typer.Exit(1) from None
    progress.finish()


def _print_addresses(addresses: Addresses | None) -> None:
    if addresses is None:
        return
    for service in SERVICE_NAMES:
        out.print(f"{service:10} {addresses.url_of(service)}")
    out.print(f"{'mail':10} {addresses.mail_url}/api/v1/messages")
    out.print(f"{'processor':10} {addresses.url_of('processor')}/v1/journal")
    out.print(f"{'kafka':10} {addresses.kafka_bootstrap}")
    out.print(f"{'postgres':10} {addresses.admin_dsn}")
    out.print("What to do with it: deploy/local/FIRST_BILL.md")
