"""The one answer to a command that came by topic: sent at once, or by whoever ends what was accepted (X1)."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from pydantic import JsonValue

from chassis.outbox import Outgoing
from chassis.outcome import Cause, Done, NotYetKnown, Refused
from contracts.answers import ANSWERS_OF
from contracts.topics import Owner

DETAIL_LENGTH_MAX = 2000
"""As the answer's contract bounds it."""
PAUSE_SECONDS_MIN = 1.0
PAUSE_SECONDS_MAX = 8.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that is owed an answer. `cause` is the command itself, `type` its wire type."""

    owner: Owner
    type: str
    cause: Cause

    def answer(self, outcome: Done | Refused | NotYetKnown) -> Outgoing:
        """Write the answer; to what is still not known, after all the waiting that it is worth, a no."""
        if isinstance(outcome, NotYetKnown):
            waited = f"{outcome.said}, after {outcome.patience_seconds:.0f} seconds"
            outcome = outcome.otherwise or Refused(f"unknown_{outcome.what}", waited, outcome.more)
        if isinstance(outcome, Done):
            return self.done(outcome.answer.model_dump(mode="json"))
        return self.rejected(outcome.slug, outcome.detail, outcome.more)

    def done(self, result: Mapping[str, JsonValue]) -> Outgoing:
        """Say that it took effect, with the body that the same request by HTTP would have had."""
        return self.cause.message(
            ANSWERS_OF[self.owner].done(
                correlation_id=self.cause.correlation_id,
                command_id=self.cause.message_id,
                command_type=self.type,
                result=dict(result),
            )
        )

    def rejected(self, slug: str, detail: str, about: Mapping[str, object] | None = None) -> Outgoing:
        """Say that it had no effect, and why; `about` says it to machines, with ids and numbers."""
        return self.cause.message(
            ANSWERS_OF[self.owner].rejected(
                correlation_id=self.cause.correlation_id,
                command_id=self.cause.message_id,
                command_type=self.type,
                slug=slug,
                detail=detail[:DETAIL_LENGTH_MAX],
                about=msgspec.to_builtins(dict(about or {})),
            )
        )


def is_worth_waiting(outcome: NotYetKnown, waited_seconds: float) -> bool:
    """Whether a command goes on waiting for what has not arrived. `waited_seconds` is 0 at its first attempt."""
    return waited_seconds < outcome.patience_seconds


def waiting_pause_seconds(waited_seconds: float) -> float:
    """How long to pause before the next look at a command that has waited so long already."""
    return min(max(PAUSE_SECONDS_MIN, waited_seconds / 4), PAUSE_SECONDS_MAX)
