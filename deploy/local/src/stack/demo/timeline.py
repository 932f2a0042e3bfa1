"""The story as it is told on the terminal: what is being played, what was, and where its files are."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.table import Table

from stack.demo.result import StepResult
from stack.demo.story import Step
from stack.folders import CHECKOUT
from stack.terminal import err, out


@contextmanager
def playing(step: Step) -> Generator[None]:
    """Show the step while it plays."""
    with err.status(f"{step.ids}  {step.title} …"):
        yield


def tell_step(result: StepResult) -> None:
    """Add a line to the timeline, and for a failed step what was expected and what was seen."""
    mark = "[green]✓[/]" if result.ok else "[red]✗[/]"
    out.print(f"  {mark} {result.id:12} {result.title} [dim]{result.seconds:.2f} s[/]")
    if not result.ok:
        out.print(f"      expected: {result.expected}", markup=False)
        out.print(f"      seen:     {result.seen}", markup=False)


def tell_end(results: Sequence[StepResult], files: Sequence[Path]) -> None:
    """Show the whole story as a table, and link to what it made."""
    table = Table("id", "step", "seconds", "ok")
    for result in results:
        table.add_row(result.id, result.title, f"{result.seconds:.2f}", "yes" if result.ok else "[red]no[/]")
    out.print(table)
    for file in files:
        out.print(f"  [link=file://{file}]{_short(file)}[/link]")


def _short(file: Path) -> Path:
    return file.relative_to(CHECKOUT) if file.is_relative_to(CHECKOUT) else file
