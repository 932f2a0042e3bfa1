"""`bench share`: what sharing an invoice costs here, beside the bare minimum and beside what one would write first.

Contestants take turns, and each round begins with another one, so that a busy neighbour is felt by all alike.
"""

import asyncio
import statistics
from collections.abc import Sequence

from stack.addresses import Addresses
from stack.bench.contest import Contestant, Ground, Run, measure
from stack.bench.feed import open_feed
from stack.bench.ours import Ours
from stack.bench.result import Result, load_now, rounded, spread
from stack.bench.scale import Scale
from stack.bench.yardstick import Yardstick
from stack.control import Control
from stack.folders import RunFolder
from stack.terminal import err
from stack.topology import PARTITIONS, SERVICE_NAMES

NAIVE_SHARE = 0.075
"""It takes fifty times as long for each command, and its figure is steady with few."""
WARM_UP = 200


def bench_share(run: RunFolder, addresses: Addresses, scale: Scale) -> Result:
    """Measure on a stack that nobody else uses; all services but sharing are stopped for good.

    Raises: InvalidRun.
    """
    load = load_now()
    with Control(run) as control:
        for name in SERVICE_NAMES:
            if name != "sharing":
                control.stop(name)
        pids = {process["name"]: process["pid"] or 0 for process in control.status()}
    runs = asyncio.run(_take_turns(addresses, pids, scale))
    return _result(runs, scale, load)


async def _take_turns(addresses: Addresses, pids: dict[str, int], scale: Scale) -> dict[str, list[Run]]:
    dsn = addresses.dsn_of("sharing")
    assert dsn is not None
    async with open_feed(addresses.kafka_bootstrap) as feed:
        ground = Ground(feed, addresses.admin_dsn, pids["postgres"], pids["kafka"], PARTITIONS)
        contestants: list[Contestant] = [
            Ours(pids["sharing"], dsn, feed),
            Yardstick("bare", 1.0, addresses),
            Yardstick("naive", NAIVE_SHARE, addresses),
        ]
        runs: dict[str, list[Run]] = {contestant.name: [] for contestant in contestants}
        for number in range(scale.rounds):
            first = number % len(contestants)
            for contestant in (*contestants[first:], *contestants[:first]):
                count = max(1, round(scale.commands * contestant.commands_share))
                measured = await measure(contestant, ground, count=count, warm_up=min(WARM_UP, count))
                runs[contestant.name].append(measured)
                _tell(contestant.name, measured)
        return runs


def _tell(name: str, run: Run) -> None:
    used = run.used
    err.print(
        f"  {name:6} {run.micros(used.total):6.0f} µs a command (service {run.micros(used.service):.0f},"
        f" PostgreSQL {run.micros(used.postgres):.0f}, Kafka {run.micros(used.kafka):.0f}),"
        f" {run.per_second:,.0f}/s, others {run.foreign_cores:.1f} cores"
    )


def _result(runs: dict[str, list[Run]], scale: Scale, load: float) -> Result:
    costs = {name: statistics.median(run.micros(run.used.total) for run in each) for name, each in runs.items()}
    figures = {f"cpu_us_{name}": rounded(cost) for name, cost in costs.items()} | {
        "ratio_to_bare": rounded(costs["ours"] / costs["bare"]),
        "naive_to_ours": rounded(costs["naive"] / costs["ours"]),
    }
    details = {name: _details(each) for name, each in runs.items()}
    return Result("share", figures, scale.rounds, load, {"contestants": details})


def _details(runs: Sequence[Run]) -> dict[str, object]:
    return {
        "commands": runs[0].count,
        "cpu_us": spread([run.micros(run.used.total) for run in runs]),
        "cpu_us_service": spread([run.micros(run.used.service) for run in runs]),
        "cpu_us_postgres": spread([run.micros(run.used.postgres) for run in runs]),
        "cpu_us_kafka": spread([run.micros(run.used.kafka) for run in runs]),
        "per_second": spread([run.per_second for run in runs]),
        "foreign_cores": spread([run.foreign_cores for run in runs]),
    }
