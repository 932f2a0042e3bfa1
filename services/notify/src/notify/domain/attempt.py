"""What follows from one attempt to send: done, again after a pause, or given up."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

AttemptOutcome: TypeAlias = Literal["accepted", "temporary", "permanent", "unknown"]
UNKNOWN_ATTEMPTS_MAX = 2
"""After an answer that never came the message is sent once more; a second silence ends it."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """How an attempt ended. `unknown`: the whole message was handed over and no answer came, so it may have arrived.

    `code` and `answer` are the server's; where no server spoke, `answer` says what went wrong. It is printable.
    """

    outcome: AttemptOutcome
    code: int | None
    answer: str


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`pauses_seconds` come one after each temporary failure; when they are used up, the delivery has failed."""

    pauses_seconds: tuple[float, ...]
    unknown_pause_seconds: float

    @property
    def attempts_max(self) -> int:
        return len(self.pauses_seconds) + 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """The delivery's next state. `pause_seconds` is None where it is the last one."""

    state: Literal["accepted", "retry", "unknown", "failed"]
    reason: str | None
    pause_seconds: float | None


def reason_of(verdict: Verdict, attempted: Attempted) -> str:
    """Write the verdict's slug, and what the server said."""
    code = "" if attempted.code is None else f"{attempted.code} "
    return f"{verdict.reason}: {code}{attempted.answer}"


def judge(attempted: Attempted, *, attempt: int, unknown_attempts: int, policy: RetryPolicy, jitter: float) -> Verdict:
    """Decide what follows from an attempt. `attempt` and `unknown_attempts` include it; `jitter` is from 0 to 1."""
    match attempted.outcome:
        case "accepted":
            return Verdict("accepted", None, None)
        case "permanent":
            return Verdict("failed", "refused", None)
        case "unknown":
            if unknown_attempts >= UNKNOWN_ATTEMPTS_MAX or attempt >= policy.attempts_max:
                return Verdict("failed", "outcome_unknown", None)
            return Verdict("unknown", "outcome_unknown", policy.unknown_pause_seconds)
        case "temporary":
            if attempt >= policy.attempts_max:
                return Verdict("failed", "retries_ended", None)
            # A fifth to either side, so that what failed together does not come back together.
            pause_seconds = policy.pauses_seconds[attempt - 1] * (0.8 + 0.4 * jitter)
            return Verdict("retry", "put_off", pause_seconds)
        case _:
            assert_never(attempted.outcome)
