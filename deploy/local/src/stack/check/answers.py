"""Commands and their answers: one each, and nothing done twice."""

from collections import defaultdict
from typing import LiteralString
from uuid import UUID

from contracts.answers import ANSWERS_OF
from contracts.topics import OWNERS, Owner
from stack.check.evidence import Evidence, Row, TopicMessage
from stack.check.invariant import Invariant

_WAITING: LiteralString = "select topic, partition, record_offset from parked where resolved_at is null"
# An act of sharing a draft, asked for by HTTP too: whoever ends it sends the answer.
_KEPT: LiteralString = "select firm_id, command_id, state from pending_shares"
# Kept until sharing's gate has been asked; a row is gone with its answer.
_ASKED: LiteralString = "select command_id from asked_payments"
_UNANSWERED_KEYS: LiteralString = """
select firm_id, principal, key, route, created_at from idempotency where status is null or body is null
"""


async def find_commands_not_answered_once(evidence: Evidence) -> list[Row]:
    """Find commands without an answer and with several; those that are parked, or kept by their service, still wait."""
    answers = _answers_by_command(evidence)
    waiting = await _waiting_ids(evidence)
    offenders: list[Row] = []
    for owner in OWNERS:
        parked = {tuple(row.values()) for row in await evidence.rows(owner, _WAITING)}
        for command_id, sent in _commands_to(evidence, owner).items():
            expected, seen = len({one.envelope.source for one in sent}), len(answers[owner, command_id])
            may_wait = command_id in waiting or any(one.place in parked for one in sent)
            if seen != expected and not (seen == 0 and may_wait):
                offenders.append({**_told(sent[0]), "answers": seen})
    return offenders


async def find_answers_to_nobody(evidence: Evidence) -> list[Row]:
    """Find answers whose command was never sent, and kept acts that ended without an answer, or with several."""
    kept = {row["command_id"]: row for row in await evidence.rows("sharing", _KEPT)}
    commands = {(owner, command_id) for owner in OWNERS for command_id in _commands_to(evidence, owner)}
    answers = _answers_by_command(evidence)
    offenders = [
        {**_told(found[0]), "command_id": key[1], "fault": "nobody sent this command"}
        for key, found in answers.items()
        if found and key not in commands and key[1] not in kept
    ]
    for command_id, row in kept.items():
        expected, seen = int(row["state"] != "waiting"), len(answers["sharing", command_id])
        if seen != expected:
            offenders.append({**row, "answers": seen})
    return offenders


async def find_keys_without_answer(evidence: Evidence) -> list[Row]:
    """Find idempotency keys that were committed without the answer that a repeat is to get."""
    return [
        {"service": owner, **row}
        for owner in evidence.databases
        for row in await evidence.rows(owner, _UNANSWERED_KEYS)
    ]


def _commands_to(evidence: Evidence, owner: Owner) -> dict[UUID, list[TopicMessage]]:
    """List what can be read on an owner's commands topic, by the command's id."""
    found: defaultdict[UUID, list[TopicMessage]] = defaultdict(list)
    for message in evidence.messages:
        if message.topic.kind == "commands" and message.topic.owner == owner:
            found[message.envelope.id].append(message)
    return found


def _answers_by_command(evidence: Evidence) -> defaultdict[tuple[Owner, UUID], list[TopicMessage]]:
    found: defaultdict[tuple[Owner, UUID], list[TopicMessage]] = defaultdict(list)
    for owner, classes in ANSWERS_OF.items():
        for answer in evidence.facts(classes.done, classes.rejected, classes.discarded):
            found[owner, UUID(answer.data["command_id"])].append(answer)
    return found


async def _waiting_ids(evidence: Evidence) -> set[UUID]:
    kept = [row for row in await evidence.rows("sharing", _KEPT) if row["state"] == "waiting"]
    return {row["command_id"] for row in (*kept, *await evidence.rows("payments", _ASKED))}


def _told(message: TopicMessage) -> Row:
    envelope = message.envelope
    return {"firm_id": envelope.firm, "type": envelope.type, "id": envelope.id, "source": envelope.source}


ANSWERS = (
    Invariant(
        "E1", "every command on a topic has exactly one answer, or still waits", find_commands_not_answered_once,
        reads_topics=True,
    ),
    Invariant(
        "E2", "every answer is to a command; every kept act that ended has one", find_answers_to_nobody,
        reads_topics=True,
    ),
    Invariant("I7", "every idempotency key has the answer that its repeat gets", find_keys_without_answer),
)  # fmt: skip
