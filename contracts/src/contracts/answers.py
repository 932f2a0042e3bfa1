"""How a command ends: exactly one of these on the receiver's answers topic, keyed by correlation id (X1)."""

from dataclasses import dataclass
from types import new_class
from typing import TypeVar, cast
from uuid import UUID

from pydantic import Field, JsonValue

from contracts.fields import Slug
from contracts.message import Fact
from contracts.topics import ANSWERS, OWNERS, Owner

A = TypeVar("A", bound="CommandAnswered")


class CommandAnswered(Fact):
    """What every answer says of its command."""

    correlation_id: UUID
    command_id: UUID
    command_type: str


class CommandDone(CommandAnswered):
    """The command took effect; `result` is the body that the same request by HTTP would have had."""

    result: dict[str, JsonValue]


class CommandRejected(CommandAnswered):
    """The command had no effect, and why.

    `about` is for machines: what the slug speaks of, as the problem of the same request by HTTP names it beside the
    slug. Empty where the slug says it all.
    """

    slug: Slug
    detail: str = Field(max_length=2000)
    about: dict[str, JsonValue] = Field(default={})


class CommandDiscarded(CommandAnswered):
    """The command was parked as unreadable or failing, and an operator discarded it."""

    slug: Slug = "discarded"
    detail: str = Field(max_length=2000)


@dataclass(frozen=True, slots=True)
class Answers:
    """The three answer classes of one owner: the same fields, on the owner's own topic."""

    done: type[CommandDone]
    rejected: type[CommandRejected]
    discarded: type[CommandDiscarded]


def _on_topic_of(owner: Owner, answer: type[A]) -> type[A]:
    return cast("type[A]", new_class(answer.__name__, (answer,), {"topic": ANSWERS[owner], "key": "correlation_id"}))


ANSWERS_OF: dict[Owner, Answers] = {
    owner: Answers(
        _on_topic_of(owner, CommandDone), _on_topic_of(owner, CommandRejected), _on_topic_of(owner, CommandDiscarded)
    )
    for owner in OWNERS
}
