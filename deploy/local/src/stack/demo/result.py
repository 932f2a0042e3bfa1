"""What came of the story, step by step, and its JSON form."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step as it went; `expected` and `seen` are there when it failed. `files`: paths of what it left."""

    id: str
    title: str
    ok: bool
    seconds: float
    expected: str | None = None
    seen: str | None = None
    files: tuple[str, ...] = ()


def write_results(path: Path, results: Sequence[StepResult]) -> None:
    """Write `{"ok": …, "steps": […]}`; a story without steps is not ok."""
    steps = [{name: value for name, value in asdict(result).items() if value is not None} for result in results]
    is_ok = bool(results) and all(result.ok for result in results)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"ok": is_ok, "steps": steps}, indent=2) + "\n")
