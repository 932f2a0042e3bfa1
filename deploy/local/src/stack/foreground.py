"""Running a program of ours in front of a stack, for as long as it takes; how tests are told where the stack is."""

import subprocess
from collections.abc import Mapping, Sequence

from stack.folders import CHECKOUT

TEST_STACK_VARIABLE = "HANDBILL_TEST_STACK"
TEST_INFRASTRUCTURE_VARIABLE = "HANDBILL_TEST_INFRASTRUCTURE"


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
