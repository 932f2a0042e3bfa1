import time

import pytest
import time_machine

from chassis.health import STUCK_SECONDS, Progress


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How many seconds later it is; the test moves it."""
    begun, passed = time.monotonic(), [0.0]
    monkeypatch.setattr("chassis.health.time.monotonic", lambda: begun + passed[0])
    return passed


def test_a_loop_that_moves_is_not_stuck(later: list[float]) -> None:
    progress = Progress()
    progress.made("relay")
    later[0] = STUCK_SECONDS
    assert progress.stuck() == []
    later[0] = STUCK_SECONDS + 1
    assert progress.stuck() == ["relay"]
    progress.made("relay")
    assert progress.stuck() == []


def test_waiting_for_something_outside_counts_as_moving(later: list[float]) -> None:
    progress = Progress()
    progress.made("relay")
    later[0] = STUCK_SECONDS
    progress.waiting("relay", "Kafka is away")
    later[0] = STUCK_SECONDS * 2
    assert progress.stuck() == []
    assert progress.waits() == {"relay": "Kafka is away"}
    progress.made("relay")
    assert progress.waits() == {}


def test_whoever_says_no_more_that_it_waits_is_stuck_too(later: list[float]) -> None:
    progress = Progress()
    progress.waiting("relay", "Kafka is away")
    progress.made("replay")
    later[0] = STUCK_SECONDS + 1
    assert progress.stuck() == ["relay", "replay"]


def test_a_clock_set_back_or_forward_makes_nobody_stuck() -> None:
    progress = Progress()
    progress.made("relay")
    with time_machine.travel(time.time() + 86_400):
        assert progress.stuck() == []
