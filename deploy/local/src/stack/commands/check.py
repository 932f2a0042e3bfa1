"""`./handbill check`: every invariant of the whole, on the running stack."""

import asyncio

import typer

from stack.check.report import is_sound, tell, write_findings
from stack.check.run import check_stack
from stack.commands.options import JsonFile
from stack.commands.running import addresses_of_running
from stack.terminal import err, out


def check(*, json_file: JsonFile = None) -> None:
    """Wait until the running stack is at rest and look for whatever breaks an invariant; fail if anything does."""
    addresses = addresses_of_running()
    with err.status("Waiting for the stack to come to rest, and looking at everything …"):
        findings = asyncio.run(check_stack(addresses))
    tell(out, findings)
    if json_file is not None:
        write_findings(json_file, findings)
    raise typer.Exit(0 if is_sound(findings) else 1)
