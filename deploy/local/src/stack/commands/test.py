"""`./handbill test`: every test on a fresh stack of its own; see `stack.proofs` for what it adds."""

import sys

import pytest
import typer

from stack.foreground import run_against
from stack.launch import DidNotStart, Launch, passing_stack
from stack.terminal import StartProgress, err, tell_failed_start


def test(context: typer.Context) -> None:
    """Run the tests on a fresh stack; what follows goes to pytest."""
    progress = StartProgress()
    try:
        with passing_stack(Launch("test", is_volatile=True), progress) as stack:
            progress.finish()
            code = run_against(stack.run, [sys.executable, "-m", "pytest", "-p", "stack.proofs", *context.args])
            stack.is_kept = code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
    except DidNotStart as fault:
        tell_failed_start(fault)
        raise typer.Exit(1) from None
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        err.print("No test matched: names of tests are sentences, so -k takes a word of one.")
    if stack.is_kept:
        err.print(f"The stack's logs and data are kept in {stack.run.path}")
    raise typer.Exit(code)
