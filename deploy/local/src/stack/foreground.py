"""Running a program of ours in front of a stack: with its addresses, for as long as it takes."""

import os
import subprocess
from collections.abc import Mapping, Sequence

from stack.folders import CHECKOUT, RunFolder

TEST_STACK_VARIABLE = "HANDBILL_TEST_STACK"


def run_against(run: RunFolder, command: Sequence[str]) -> int:
    """Run the command in the checkout, told where the stack is; return its exit code."""
    return run_with(command, {**os.environ, TEST_STACK_VARIABLE: str(run.addresses_file)})


def run_with(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the command in the checkout with exactly this environment; interrupted, wait for its end."""
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # A terminal has interrupted it as well; somebody who asked us alone has not.
            process.terminate()
            process.wait()
            raise
