"""What a command says to whoever typed it: results on standard output, how it goes on standard error."""

import time

from rich.console import Console

from stack.launch import DidNotStart

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class StartProgress:
    """Tells of each part that is ready, and in the end how long the whole took."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __call__(self, part: str, seconds: float) -> None:
        err.print(f"  [green]✓[/] {part:18} [dim]{seconds:5.1f} s[/]")

    def finish(self) -> None:
        err.print(f"  all ready after {time.monotonic() - self._begun:.1f} s")


def tell_failed_start(fault: DidNotStart) -> None:
    """Say which part failed, what it said last, and where the rest is."""
    err.print(f"[red]The stack did not start.[/] {fault}", markup=True)
    if fault.log_tail:
        err.print(fault.log_tail, markup=False, style="dim")
    err.print(f"All logs are in {fault.run.logs}")
