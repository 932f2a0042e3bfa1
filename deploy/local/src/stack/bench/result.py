"""What a benchmark says in the end: figures by name, how often they were taken, and how busy the machine was."""

import json
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path


class InvalidRun(Exception):
    """Something that was asked was not done, or not once: such a run has no figures."""


@dataclass(frozen=True, slots=True)
class Result:
    """One benchmark's result. `load`: of the machine when it began, over a minute; `details` explain the figures."""

    bench: str
    figures: Mapping[str, float]
    rounds: int
    load: float
    details: Mapping[str, object] = field(default_factory=dict[str, object])


def write_result(path: Path, result: Result) -> None:
    """Write a result as one JSON object, the details beside the rest."""
    document = asdict(result)
    details = document.pop("details")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**document, **details}, indent=2) + "\n")


def load_now() -> float:
    """Tell how many processes wanted a processor over the last minute."""
    return round(os.getloadavg()[0], 2)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Tell the median and both ends."""
    return {"median": rounded(statistics.median(values)), "min": rounded(min(values)), "max": rounded(max(values))}


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value that this share of all values does not exceed: the nearest one that was measured."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def rounded(value: float) -> float:
    """Keep the digits that a measurement has."""
    return float(f"{value:.4g}")
