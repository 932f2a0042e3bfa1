"""What commands need that work on the running stack."""

import typer

from stack.addresses import Addresses, read_addresses
from stack.runs import LASTING, is_running, run_folder
from stack.terminal import err
from stack.topology import service_environment


def environment_of(service: str) -> dict[str, str]:
    """Return the environment of a service of the running stack; ends the command when none runs."""
    return service_environment(service, run_folder(LASTING), addresses_of_running())


def addresses_of_running() -> Addresses:
    """Return where the running stack's parts are; ends the command when none runs."""
    run = run_folder(LASTING)
    addresses = read_addresses(run.addresses_file)
    if addresses is None or not is_running(run):
        err.print("The stack is not up; start it with: ./handbill up")
        raise typer.Exit(1)
    return addresses
