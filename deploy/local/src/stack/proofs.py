"""A pytest plugin, loaded by `-p stack.proofs`: which test proves which mission id, and nothing skipped in silence.

A test says what it proves by `@pytest.mark.proves("S1", "S8")`. The table at the end names the tests of
each id and how they ended. A skipped test fails the run: it looks like proof and is none.
"""

from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from _pytest.terminal import TerminalReporter

_PROOFS = "handbill-proofs"


@dataclass(slots=True)
class Proofs:
    """What was collected and how it ended, by test."""

    ids_of_test: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outcome_of_test: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "proves(*ids): the mission ids that this test proves")
