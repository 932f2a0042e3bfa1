"""A pytest plugin, loaded by `-p stack.lanes`: how tests are dealt to several workers.

All that needs the whole stack goes to one worker, in order: some of it takes parts of the stack away. A worker gets
everything else file by file. Such files use a broker and a database of their own, which nobody takes away.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

WHOLE_STACK = ("tests/flows/", "tests/faults/", "deploy/local/tests/test_check")
"""Beginnings of the paths of tests that need every service."""


class Lanes(LoadScopeScheduling):
    """Deals a lane at a time: the whole stack's tests are one, each other file is one."""

    def _split_scope(self, nodeid: str) -> str:
        return lane_of(nodeid)


def lane_of(nodeid: str) -> str:
    """Name the lane of a test: tests of one lane run in one worker, in order."""
    return "the whole stack" if nodeid.startswith(WHOLE_STACK) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Lanes:
    """Deal by lanes; called by pytest-xdist, in the process that deals."""
    return Lanes(config, log)
