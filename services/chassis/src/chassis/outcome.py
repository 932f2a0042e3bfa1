"""What a use case takes and gives: requests in, one outcome for each out, in the same order.

HTTP brings one request, intake brings many; a use case does not know which. One call has each aggregate at most once:
intake cuts a batch so that requests of one key come in calls of their own, in order.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from chassis.clock import now
from chassis.database import Tx
from chassis.ids import new_id
from chassis.outbox import Outgoing
from chassis.principal import Principal
from contracts.message import Command, Fact, Part

C = TypeVar("C", bound=Command)


@dataclass(frozen=True, slots=True)
class Cause:
    """What a message follows from: its firm, actor and correlation are carried on. `service` is where it is handled."""

    service: str
    message_id: UUID
    firm_id: UUID
    actor: str
    correlation_id: UUID

    def message(self, data: Fact | Command, *, revision: int | None = None, at: datetime | None = None) -> Outgoing:
        """Make a message that this one causes, for `outbox.append`. `revision` is its aggregate's, after the change."""
        return Outgoing(
            event_id=new_id(),
            service=self.service,
            data=data,
            firm_id=self.firm_id,
            revision=revision,
            actor=self.actor,
            correlation_id=self.correlation_id,
            causation_id=self.message_id,
            occurred_at=at or now(),
        )


@dataclass(frozen=True, slots=True)
class Request(Generic[C]):
    """One command with who asks it and where it came from."""

    command: C
    principal: Principal
    cause: Cause

    @property
    def firm_id(self) -> UUID:
        return self.principal.firm_id


@dataclass(frozen=True, slots=True)
class Done:
    """The command took effect; `answer` is the HTTP body and the answer's result."""

    answer: Part


@dataclass(frozen=True, slots=True)
class Refused:
    """A business no: nothing was changed. `slug` is stable and machine-readable, `detail` is for people.

    `more` is for machines too: further members of the HTTP problem, and `about` in a topic's answer.
    """

    slug: str
    detail: str
    more: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class NotYetKnown:
    """The command needs something that has not arrived here (yet): tried again for a while before it is refused.

    `what` is the noun: `invoice` becomes the slug `unknown_invoice` when waiting ends, unless there is an `otherwise`:
    a refusal drawn from replicas, which may only be old news. That one is worth a shorter wait, `REPLICA_LAG_SECONDS`.
    `ids` are those that are missing, where the command names several.
    """

    what: str
    otherwise: Refused | None = None
    patience_seconds: float = 60.0
    ids: tuple[UUID, ...] = ()

    @property
    def said(self) -> str:
        """For people: what is missing, by its first few ids."""
        named = "".join(f" {each}" for each in self.ids[:_IDS_NAMED])
        rest = len(self.ids) - _IDS_NAMED
        return f"no such {self.what} here{':' if named else ''}{named}{f' and {rest} more' if rest > 0 else ''}"

    @property
    def more(self) -> dict[str, Any]:
        """For machines: all that is missing, as members of a refusal."""
        return {"missing": self.what, **({"missing_ids": list(self.ids)} if self.ids else {})}


_IDS_NAMED = 3


REPLICA_LAG_SECONDS = 1.0
"""How far replicas are behind on a stack that is well, many times over."""


def perhaps_late(refused: Refused) -> NotYetKnown:
    """Refuse only after what would lift the refusal has had time to arrive: for refusals drawn from replicas."""
    return NotYetKnown(refused.slug, refused, REPLICA_LAG_SECONDS)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The command is kept and ends later: whoever ends it sends its one answer, by whichever way it came.

    HTTP answers 202 and says where to ask for the end: `/v1/commands/{command_id}`, which the service then has.
    """

    command_id: UUID


Outcome: TypeAlias = Done | Accepted | Refused | NotYetKnown
UseCase: TypeAlias = Callable[[Tx, Sequence[Request[C]]], Awaitable[Sequence[Outcome]]]
