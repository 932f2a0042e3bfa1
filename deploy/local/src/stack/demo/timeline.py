"""The story as it is told on the terminal: what is being played, what was, and where its files are."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

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
    """Add a step to the timeline with links to what it made; if it failed, what was expected and what was seen."""
    mark = "[green]✓[/]" if result.ok else "[red]✗[/]"
    out.print(f"  {mark} {result.id:12} {result.title} [dim]{result.seconds:.2f} s[/]")
    if not result.ok:
        out.print(f"      expected: {result.expected}", markup=False)
        out.print(f"      seen:     {result.seen}", markup=False)
    for file in result.files:
        out.print(f"                   [dim]{_link(Path(file))}[/]")


def tell_end(results: Sequence[StepResult], folder: Path) -> None:
    """Sum it up in a line, and say where what it made is."""
    right, seconds = sum(result.ok for result in results), sum(result.seconds for result in results)
    out.print(f"\n  {right} of {len(results)} steps as the story says, in {seconds:.1f} s")
    out.print(f"  what was made, as its receivers have it: {_link(folder)}")


def _link(path: Path) -> str:
    short = path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path
    return f"[link=file://{path}]{short}[/link]"
