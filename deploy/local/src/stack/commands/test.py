"""`./handbill test`: every test on fresh stacks of its own; see `stack.proofs` for what it adds."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Annotated

import pytest
import typer

from stack.foreground import TEST_INFRASTRUCTURE_VARIABLE, TEST_STACK_VARIABLE, run_with
from stack.launch import DidNotStart, Launch, PassingStack, passing_stack
from stack.terminal import StartProgress, err, tell_failed_start

WORKERS = 3
"""The one with the whole stack mostly waits, so that two cores are enough for one more than two."""

_WHOLE = Launch("test", is_volatile=True)
_INFRASTRUCTURE = Launch("test-parts", is_volatile=True, with_services=False)


def test(
    context: typer.Context,
    *,
    workers: Annotated[
        int | None, typer.Option(min=1, help=f"Processes that share the tests: {WORKERS} for all of them, else 1.")
    ] = None,  # noqa: PT028 - a command, not a test
) -> None:
    """Run the tests on a fresh stack; what follows goes to pytest."""
    count = workers or (1 if context.args else WORKERS)
    progress = StartProgress()
    try:
        with ExitStack() as opened:
            stacks = {TEST_STACK_VARIABLE: opened.enter_context(passing_stack(_WHOLE, progress))}
            if count > 1:
                parts = opened.enter_context(passing_stack(_INFRASTRUCTURE, progress))
                stacks[TEST_INFRASTRUCTURE_VARIABLE] = parts
            progress.finish()
            code = _run_pytest(stacks, count, context.args)
    except DidNotStart as fault:
        tell_failed_start(fault)
        raise typer.Exit(1) from None
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        err.print("No test matched: names of tests are sentences, so -k takes a word of one.")
    for stack in stacks.values():
        if stack.is_kept:
            err.print(f"The stack's logs and data are kept in {stack.run.path}")
    raise typer.Exit(code)


def _run_pytest(stacks: Mapping[str, PassingStack], workers: int, arguments: Sequence[str]) -> int:
    dealing = ["-p", "stack.lanes", "-n", str(workers), "--no-loadscope-reorder"] if workers > 1 else []
    command = [sys.executable, "-m", "pytest", "-p", "stack.proofs", *dealing, *arguments]
    told = {variable: str(stack.run.addresses_file) for variable, stack in stacks.items()}
    code = run_with(command, {**os.environ, **told})
    for stack in stacks.values():
        stack.is_kept = code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
    return code
