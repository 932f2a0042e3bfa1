"""Commands by topic: who asks is checked as for HTTP, the same use cases run, each command gets one answer (X1)."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from chassis import outbox
from chassis.answers import Asked, is_worth_waiting
from chassis.api_keys import ApiKey, find_api_keys
from chassis.database import Tx
from chassis.intake.route import Consumer, Received, Route
from chassis.outcome import Accepted, NotYetKnown, Outcome, Refused, Request, UseCase
from chassis.principal import Principal
from contracts.message import Command, Message
from contracts.topics import COMMANDS, Owner

C = TypeVar("C", bound=Command)


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
        answers = [_asked(service, message).answer(end) for message, end in ended if not isinstance(end, Accepted)]
        await outbox.append(tx, answers)
        return [message for message, outcome in judged if _must_wait(message, outcome)]

    return Route(model, apply)


def command_consumer(service: Owner, routes: Sequence[Route[Any]]) -> Consumer:
    """Make the consumer of a service's own commands: group `<service>.commands`, in order per key."""

    def rejects(slug: str, detail: str) -> Route[Message]:
        async def apply(tx: Tx, messages: Sequence[Received[Message]]) -> Sequence[Received[Message]]:
            await outbox.append(tx, [_asked(service, message).rejected(slug, detail) for message in messages])
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
    claims = [(message.envelope.actor, message.firm_id) for message in messages]
    # Few ask for many things at once: each claim is looked at once.
    key_ids = {claim: _key_id(claim[0]) for claim in set(claims)}
    wanted = {key_id for key_id in key_ids.values() if key_id}
    keys = await find_api_keys(tx, list(wanted)) if wanted else {}
    verdicts = {claim: _judge(*claim, keys.get(key_id) if key_id else None, scope) for claim, key_id in key_ids.items()}
    return [verdicts[claim] for claim in claims]


def _judge(actor: str, firm_id: UUID, key: ApiKey | None, scope: str) -> Principal | Refused | NotYetKnown:
    """Judge whoever claims to be `actor` in a firm; `key` is the key of that id, where one is known."""
    kind, _, actor_id = actor.partition(":")
    if kind == "service":
        return Principal(firm_id, "service", actor_id)
    if kind != "api_key":
        return Refused("actor_not_allowed", f"actors of kind {kind!r} do not send commands")
    if key is None:
        return NotYetKnown("api_key")
    if key.is_revoked or key.firm_id != firm_id:
        return Refused("unknown_api_key", "no such key in this firm")
    principal = key.principal
    return principal if principal.may(scope) else Refused("scope_missing", f"this key lacks {scope}")


def _must_wait(message: Received[C], outcome: Outcome) -> bool:
    return isinstance(outcome, NotYetKnown) and is_worth_waiting(outcome, message.waited_seconds)


def _asked(service: Owner, message: Received[Any]) -> Asked:
    return Asked(service, message.envelope.type, message.cause)


def _key_id(actor: str) -> UUID | None:
    kind, _, actor_id = actor.partition(":")
    try:
        return UUID(actor_id) if kind == "api_key" else None
    except ValueError:
        return None
