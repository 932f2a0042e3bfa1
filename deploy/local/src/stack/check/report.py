"""What came of a check: on the terminal, as JSON, and as the message of a failing test."""

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stack.check.evidence import Row
from stack.check.invariant import OFFENDERS_SHOWN_MAX, Finding

_SHOWN_EACH = 5


def is_sound(findings: Sequence[Finding]) -> bool:
    """Tell whether nothing speaks against the stack; nothing looked at is not sound."""
    return bool(findings) and all(finding.ok for finding in findings)


def tell(out: Console, findings: Sequence[Finding]) -> None:
    """Print a line for each invariant, then the first who break each that is broken."""
    table = Table("id", "invariant", "", box=None, pad_edge=False)
    for finding in findings:
        table.add_row(finding.id, escape(finding.title), _mark(finding))
    out.print(table)
    out.print(complaint(findings, each=_SHOWN_EACH), style="red", markup=False)


def write_findings(path: Path, findings: Sequence[Finding]) -> None:
    """Write whether all is `ok`, the `checks` with their `violations`, and what was `not_checked` for what `reason`."""
    document = {
        "ok": is_sound(findings),
        "checks": [
            {
                "id": finding.id,
                "title": finding.title,
                "ok": finding.ok,
                "violation_count": finding.count,
                "violations": list(finding.offenders),
            }
            for finding in findings
            if finding.reason is None
        ],
        "not_checked": [
            {"id": finding.id, "title": finding.title, "reason": finding.reason}
            for finding in findings
            if finding.reason is not None
        ],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, default=str) + "\n")


def complaint(findings: Sequence[Finding], *, each: int = OFFENDERS_SHOWN_MAX) -> str:
    """Say in plain text what is broken, and by whom, `each` at most; empty when nothing is."""
    lines: list[str] = []
    for finding in findings:
        if not finding.ok:
            lines.append(f"{finding.id} {finding.title}: broken {finding.count} times")
            lines += [f"    {written(offender)}" for offender in finding.offenders[:each]]
    return "\n".join(lines)


def written(offender: Row) -> str:
    """Write a row on one line, what is empty left out."""
    return "  ".join(f"{name}={value}" for name, value in offender.items() if value is not None)


def _mark(finding: Finding) -> str:
    if finding.reason is not None:
        return f"[dim]not checked: {escape(finding.reason)}[/]"
    return "[green]✓[/]" if finding.ok else f"[red]✗ {finding.count}[/]"
