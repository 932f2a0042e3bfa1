"""A pytest plugin, loaded by `-p stack.proofs`: which test proves which mission id, and no silent skips.

A test says what it proves by `@pytest.mark.proves("S1", "S8")`. The table at the end names the tests of
each id and how they ended. A skipped test fails the run: it looks like proof and is none.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import cast

import pytest
from _pytest.terminal import TerminalReporter
from xdist.workermanage import WorkerController

_FAILED = "failed"
_PROVES = "proves"
_SKIPPED_MODULES = "skipped_modules"


class Proofs:
    """What was run and how it ended; the hooks' names are pytest's own.

    Of tests that other processes run, the process that deals them hears by reports. Modules that were skipped whole
    have none there, so each worker hands its own over when it ends.
    """

    def __init__(self) -> None:
        self._ids_of_test: dict[str, tuple[str, ...]] = {}
        self._outcome_of_test: dict[str, str] = {}
        self._skipped: dict[str, str] = {}

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        ids = [str(each) for marker in item.iter_markers("proves") for each in marker.args]
        item.user_properties.append((_PROVES, ids))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._skipped[report.nodeid] = _reason(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self._skipped[report.nodeid] = _reason(report)
        if report.when == "call" or report.outcome != "passed":
            earlier = self._outcome_of_test.get(report.nodeid)
            self._outcome_of_test[report.nodeid] = earlier if earlier == _FAILED else report.outcome
            self._ids_of_test[report.nodeid] = tuple(_proven(report.user_properties))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: WorkerController) -> None:
        # A worker that crashed has handed nothing over.
        self._skipped |= getattr(node, "workeroutput", {}).get(_SKIPPED_MODULES, {})

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_SKIPPED_MODULES] = self._skipped
        elif self._skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        write = terminalreporter.write_line
        rows = self._rows()
        if rows:
            terminalreporter.section("mission ids and the tests that prove them")
        for mission_id, tests in rows:
            ended = ", ".join(f"{count} {outcome}" for outcome, count in _counted(tests, self._outcome_of_test))
            write(f"{mission_id:6} {ended}")
            for test in tests:
                write(f"       {self._outcome_of_test[test]:8} {test}")
        if self._skipped:
            terminalreporter.section("skipped, which fails this run: nothing is skipped in silence", red=True)
        for test, reason in self._skipped.items():
            write(f"{test}: {reason}")

    def _rows(self) -> list[tuple[str, Sequence[str]]]:
        tests_of_id: defaultdict[str, list[str]] = defaultdict(list)
        for test, ids in self._ids_of_test.items():
            for mission_id in ids:
                tests_of_id[mission_id].append(test)
        return sorted(tests_of_id.items(), key=lambda row: _sort_key(row[0]))


def pytest_configure(config: pytest.Config) -> None:
    """Start recording; called by pytest when the plugin is loaded."""
    config.addinivalue_line("markers", "proves(*ids): the mission ids that this test proves")
    config.pluginmanager.register(Proofs(), "handbill-proofs-record")


def _proven(properties: Iterable[tuple[str, object]]) -> list[str]:
    return [str(mission_id) for name, ids in properties if name == _PROVES for mission_id in cast("list[str]", ids)]


def _reason(report: pytest.CollectReport | pytest.TestReport) -> str:
    # A skip's place and reason come as a triple; an expected failure has none.
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else "expected to fail"


def _counted(tests: Iterable[str], outcomes: dict[str, str]) -> list[tuple[str, int]]:
    counts: defaultdict[str, int] = defaultdict(int)
    for test in tests:
        counts[outcomes[test]] += 1
    return sorted(counts.items())


def _sort_key(mission_id: str) -> tuple[str, int, str]:
    # S2 comes before S10, and S10 before S10a.
    parts = re.fullmatch(r"([A-Z]+)(\d+)(.*)", mission_id)
    return (parts[1], int(parts[2]), parts[3]) if parts else (mission_id, 0, "")
