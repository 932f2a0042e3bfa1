"""Commands by topic: who asks is checked as for HTTP, the same use cases run, each command gets one answer (X1)."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from chassis import outbox
from chassis.api_keys import ApiKey, find_api_keys
from chassis.database import Tx
from chassis.intake.route import Consumer, Received, Route
from chassis.outbox import Outgoing
from chassis.outcome import Accepted, Done, NotYetKnown, Outcome, Refused, Request, UseCase
from chassis.principal import Principal
from contracts.answers import ANSWERS_OF
from contracts.message import Command, Message
from contracts.topics import COMMANDS, Owner

C = TypeVar("C", bound=Command)

DETAIL_LENGTH_MAX = 2000
"""As the answer's contract bounds it."""


def command_route(service: Owner, model: type[C], use_case: UseCase[C]) -> Route[C]:
    """Route commands of one type to the use case that HTTP calls too."""

    async def apply(tx: Tx, messages: Sequence[Received[C]]) -> Sequence[Received[C]]:
        principals = await _principals(tx, messages, model.scope)
        admitted = [
            (message, principal)
            for message, principal in zip(messages, principals, strict=True)
            if isinstance(principal, Principal)
        ]
        requests = [Request(message.data, principal, message.cause) for message, principal in admitted]
        outcomes = list(await use_case(tx, requests)) if requests else []
        judged: list[tuple[Received[C], Outcome]] = [
            *((message, outcome) for (message, _), outcome in zip(admitted, outcomes, strict=True)),
            *(
                (message, principal)
                for message, principal in zip(messages, principals, strict=True)
                if not isinstance(principal, Principal)
            ),
        ]
        ended = [(message, outcome) for message, outcome in judged if not _must_wait(message, outcome)]
        # What is accepted has its answer when it ends.
        answers = [_answer(service, message, end) for message, end in ended if not isinstance(end, Accepted)]
        await outbox.append(tx, answers)
        return [message for message, outcome in judged if _must_wait(message, outcome)]

    return Route(model, apply)


def command_consumer(service: Owner, routes: Sequence[Route[Any]]) -> Consumer:
    """Make the consumer of a service's own commands: group `<service>.commands`, in order per key."""

    def rejects(slug: str, detail: str) -> Route[Message]:
        async def apply(tx: Tx, messages: Sequence[Received[Message]]) -> Sequence[Received[Message]]:
            await outbox.append(tx, [_answer(service, message, Refused(slug, detail)) for message in messages])
            return ()

        return Route(Message, apply)

    return Consumer(
        name=f"{service}.commands",
        service=service,
        routes={route.model.wire.type: route for route in routes},
        topics=(COMMANDS[service],),
        is_ordered=True,
        rejects=rejects,
    )


async def _principals(tx: Tx, messages: Sequence[Received[C]], scope: str) -> list[Principal | Refused | NotYetKnown]:
    """Find each command's claimed principal, or why it is refused. Broker ACLs decide who may write the topic."""
    claimed = [message.envelope.actor.partition(":") for message in messages]
    key_ids = {_uuid(actor_id) for kind, _, actor_id in claimed if kind == "api_key"} - {None}
    keys = await find_api_keys(tx, [key_id for key_id in key_ids if key_id]) if key_ids else {}
    found: list[Principal | Refused | NotYetKnown] = []
    for message, (kind, _, actor_id) in zip(messages, claimed, strict=True):
        if kind == "service":
            found.append(Principal(message.firm_id, "service", actor_id))
        elif kind == "api_key":
            key_id = _uuid(actor_id)
            key = keys.get(key_id) if key_id else None
            found.append(_admit(key, message, scope) if key else NotYetKnown("api_key"))
        else:
            found.append(Refused("actor_not_allowed", f"actors of kind {kind!r} do not send commands"))
    return found


def _admit(key: ApiKey, message: Received[C], scope: str) -> Principal | Refused:
    if key.is_revoked or key.firm_id != message.firm_id:
        return Refused("unknown_api_key", "no such key in this firm")
    if not key.principal.may(scope):
        return Refused("scope_missing", f"this key lacks {scope}")
    return key.principal


def _must_wait(message: Received[C], outcome: Outcome) -> bool:
    return isinstance(outcome, NotYetKnown) and message.waited_seconds < outcome.patience_seconds


def _answer(service: Owner, message: Received[Any], outcome: Done | Refused | NotYetKnown) -> Outgoing:
    answers = ANSWERS_OF[service]
    command_id, command_type = message.envelope.id, message.envelope.type
    correlation_id = message.envelope.correlation
    if isinstance(outcome, NotYetKnown):
        waited = f"no such {outcome.what} within {outcome.patience_seconds:.0f} seconds"
        outcome = outcome.otherwise or Refused(f"unknown_{outcome.what}", waited)
    if isinstance(outcome, Done):
        answer = answers.done(
            correlation_id=correlation_id,
            command_id=command_id,
            command_type=command_type,
            result=outcome.answer.model_dump(mode="json"),
        )
    else:
        answer = answers.rejected(
            correlation_id=correlation_id,
            command_id=command_id,
            command_type=command_type,
            slug=outcome.slug,
            detail=outcome.detail[:DETAIL_LENGTH_MAX],
        )
    return message.cause.message(answer)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
