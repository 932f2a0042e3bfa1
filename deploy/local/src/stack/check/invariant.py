"""What an invariant is, and what came of looking for those who break it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import LiteralString

from contracts.topics import Owner
from stack.check.evidence import Evidence, Row

OFFENDERS_SHOWN_MAX = 20

Find = Callable[[Evidence], Awaitable[list[Row]]]
"""Returns whoever breaks it: a row for each, with what is needed to find it."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """One thing that always holds at rest. `id` is that of the table in deploy/local/README.md.

    One that `reads_topics` cannot be judged once topics have lost their oldest records.
    """

    id: str
    title: str
    find: Find
    reads_topics: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one invariant: `offenders` are the first of `count`. One with a `reason` was not judged."""

    id: str
    title: str
    count: int = 0
    offenders: tuple[Row, ...] = ()
    reason: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against it; what was not judged is not held against the stack."""
        return self.count == 0


def in_database(id: str, title: str, service: Owner, query: LiteralString) -> Invariant:
    """Make the invariant of which one query of one database finds the offenders."""

    async def find(evidence: Evidence) -> list[Row]:
        return await evidence.rows(service, query)

    return Invariant(id, title, find)


async def judge(invariant: Invariant, evidence: Evidence) -> Finding:
    """Look for those who break one invariant."""
    if invariant.reads_topics and evidence.cut_topics:
        cut = ", ".join(sorted(evidence.cut_topics))
        return Finding(invariant.id, invariant.title, reason=f"the oldest records are gone from {cut}")
    found = await invariant.find(evidence)
    return Finding(invariant.id, invariant.title, len(found), tuple(found[:OFFENDERS_SHOWN_MAX]))
