"""`./handbill bench`: one benchmark on a fresh stack; its figures are a table here and JSON in a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.table import Table

from stack.addresses import Addresses, read_addresses
from stack.bench.pay import bench_pay
from stack.bench.result import InvalidRun, Result, write_result
from stack.bench.scale import Scale
from stack.bench.share import bench_share
from stack.bench.share_to_mail import bench_share_to_mail
from stack.client.practice import WrongAnswerError
from stack.commands.options import JsonFile
from stack.folders import RunFolder
from stack.launch import DidNotStart, Launch, passing_stack
from stack.terminal import StartProgress, err, out, tell_failed_start


@dataclass(frozen=True, slots=True)
class _Benchmark:
    """`scale`: how much it does unless told otherwise. `measure` raises InvalidRun and WrongAnswerError."""

    measure: Callable[[RunFolder, Addresses, Scale], Result]
    scale: Scale
    what: str


_BENCHMARKS: Mapping[str, _Benchmark] = {
    "share": _Benchmark(bench_share, Scale(rounds=3, commands=20_000), "CPU time of one share by command"),
    "share-to-mail": _Benchmark(bench_share_to_mail, Scale(rounds=3, commands=20), "time from one share to its mail"),
    "pay": _Benchmark(bench_pay, Scale(rounds=3, commands=100), "CPU time of the payment page and of a charge"),
}


def bench(
    name: Annotated[str | None, typer.Argument(help="A benchmark; without it, which there are.")] = None,
    *,
    json_file: JsonFile = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="How often each thing is measured.")] = None,
    commands: Annotated[int | None, typer.Option(min=1, help="How much is done in each round.")] = None,
) -> None:
    """Measure what something costs, on a fresh stack; 0 when the run was valid, whatever its figures."""
    benchmark = _BENCHMARKS.get(name or "")
    if benchmark is None:
        for known, one in _BENCHMARKS.items():
            err.print(f"  {known:15} {one.what}")
        raise typer.Exit(1 if name else 0)
    scale = Scale(rounds or benchmark.scale.rounds, commands or benchmark.scale.commands)
    result = _measure(benchmark, scale)
    if result is None:
        raise typer.Exit(1)
    _print(result)
    if json_file is not None:
        write_result(json_file, result)


def _measure(benchmark: _Benchmark, scale: Scale) -> Result | None:
    progress = StartProgress()
    try:
        with passing_stack(Launch("bench"), progress) as stack:
            progress.finish()
            result = _measure_on(stack.run, benchmark, scale)
            # Kept unless the run is valid, so that whatever went wrong can be looked at.
            stack.is_kept = result is None
            return result
    except DidNotStart as fault:
        tell_failed_start(fault)
    return None


def _measure_on(run: RunFolder, benchmark: _Benchmark, scale: Scale) -> Result | None:
    addresses = read_addresses(run.addresses_file)
    assert addresses is not None, "a stack that is up has addresses"
    try:
        return benchmark.measure(run, addresses, scale)
    except (InvalidRun, WrongAnswerError) as fault:
        err.print(f"[red]The run is not valid:[/] {fault}")
        err.print(f"The stack's logs and data are kept in {run.path}")
        return None


def _print(result: Result) -> None:
    table = Table(title=f"{result.bench}: {result.rounds} rounds, load {result.load}")
    table.add_column("figure")
    table.add_column("median", justify="right")
    for figure, value in result.figures.items():
        table.add_row(figure, f"{value:,.4g}")
    out.print(table)
