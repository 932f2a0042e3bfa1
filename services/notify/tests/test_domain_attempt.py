"""What follows from an attempt."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain.attempt import Attempted, AttemptOutcome, RetryPolicy, Verdict, judge
from notify.settings import RETRY_PAUSES_SECONDS

POLICY = RetryPolicy((60, 300), 900)


@pytest.mark.proves("N5")
@pytest.mark.parametrize(
    ("outcome", "attempt", "unknown_attempts", "verdict"),
    [
        ("accepted", 1, 0, Verdict("accepted", None, None)),
        ("accepted", 9, 1, Verdict("accepted", None, None)),
        ("permanent", 1, 0, Verdict("failed", "refused", None)),
        ("temporary", 1, 0, Verdict("retry", "put_off", 60)),
        ("temporary", 2, 1, Verdict("retry", "put_off", 300)),
        ("temporary", 3, 0, Verdict("failed", "retries_ended", None)),
        ("unknown", 1, 1, Verdict("unknown", "outcome_unknown", 900)),
        ("unknown", 2, 1, Verdict("unknown", "outcome_unknown", 900)),
        ("unknown", 2, 2, Verdict("failed", "outcome_unknown", None)),
        ("unknown", 3, 1, Verdict("failed", "outcome_unknown", None)),
    ],
)
def test_the_verdict_follows_from_the_outcome(
    outcome: AttemptOutcome, attempt: int, unknown_attempts: int, verdict: Verdict
) -> None:
    attempted = Attempted(outcome, None, "")
    assert judge(attempted, attempt=attempt, unknown_attempts=unknown_attempts, policy=POLICY, jitter=0.5) == verdict


@pytest.mark.proves("N5")
@given(st.lists(st.tuples(st.sampled_from(get_args(AttemptOutcome)), st.floats(0, 1)), min_size=30, max_size=30))
def test_every_delivery_ends_and_no_pause_strays_far(story: list[tuple[AttemptOutcome, float]]) -> None:
    policy = RetryPolicy(RETRY_PAUSES_SECONDS, 900)
    unknown_attempts = 0
    for attempt, (outcome, jitter) in enumerate(story, start=1):
        unknown_attempts += outcome == "unknown"
        verdict = judge(
            Attempted(outcome, None, ""),
            attempt=attempt,
            unknown_attempts=unknown_attempts,
            policy=policy,
            jitter=jitter,
        )
        if verdict.pause_seconds is None:
            assert verdict.state in {"accepted", "failed"}
            assert attempt <= policy.attempts_max
            assert unknown_attempts <= 2
            return
        if verdict.state == "retry":
            # A fifth to either side; 0.8 + 0.4 x 1.0 is a little more than 1.2 in floats.
            strays = abs(verdict.pause_seconds / RETRY_PAUSES_SECONDS[attempt - 1] - 1)
            assert strays <= 0.2 + 1e-9
    raise AssertionError("it never ended")


def test_the_usual_pauses_grow_and_end_within_two_days() -> None:
    assert list(RETRY_PAUSES_SECONDS) == sorted(RETRY_PAUSES_SECONDS)
    assert 40 * 3600 < sum(RETRY_PAUSES_SECONDS) < 48 * 3600
