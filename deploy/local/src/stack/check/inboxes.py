"""What each consumer has handled, compared with what is on its topics."""

from typing import LiteralString

from chassis.inbox import MessageKey
from chassis.intake.reading import Readable, read
from chassis.intake.route import Consumer
from stack.check.consumers import consumers_of_services
from stack.check.evidence import Evidence, Row, TopicMessage
from stack.check.invariant import Invariant

_INBOX: LiteralString = "select consumer, source, event_id from inbox"
_PARKED: LiteralString = """
select consumer, topic, partition, record_offset from parked where resolved_at is null
"""
_OPEN_BEHIND_NOBODY: LiteralString = """
select consumer, ordering_key, count(*) as blocked
from parked
where resolved_at is null
group by consumer, ordering_key
having bool_and(kind = 'blocked') and min(next_at) < clock_timestamp() - interval '1 minute'
"""


async def find_messages_not_handled_once(evidence: Evidence) -> list[Row]:
    """Find messages that a consumer of theirs has neither handled nor parked, and effects of what nobody sent."""
    offenders: list[Row] = []
    for owner, consumers in consumers_of_services().items():
        handled = [tuple(row.values()) for row in await evidence.rows(owner, _INBOX)]
        parked = {tuple(row.values()) for row in await evidence.rows(owner, _PARKED)}
        for consumer in consumers:
            inbox = {(source, event_id) for name, source, event_id in handled if name == consumer.name}
            offenders += _find_not_handled(evidence, consumer, inbox, parked)
            offenders += _find_not_sent(evidence, consumer, inbox)
    return offenders


def _find_not_handled(
    evidence: Evidence, consumer: Consumer, inbox: set[MessageKey], parked: set[tuple[object, ...]]
) -> list[Row]:
    """Find what intake would hand to a use case, and has not; published twice, it is handled once."""
    waiting = {_key(one) for one in evidence.messages if (consumer.name, *one.place) in parked}
    return [
        {**_told(one), "consumer": consumer.name, "fault": "not handled"}
        for one in evidence.messages
        if _key(one) not in inbox and _key(one) not in waiting and _is_for(consumer, one)
    ]


def _find_not_sent(evidence: Evidence, consumer: Consumer, inbox: set[MessageKey]) -> list[Row]:
    sent = {_key(one) for one in evidence.messages}
    return [
        {"consumer": consumer.name, "source": source, "id": event_id, "fault": "handled, but on no topic"}
        for source, event_id in inbox - sent
    ]


def _is_for(consumer: Consumer, message: TopicMessage) -> bool:
    if message.topic not in consumer.topics:
        return False
    reading = read(consumer, message.record)
    return isinstance(reading, Readable) and reading.route.uses_inbox


def _key(message: TopicMessage) -> MessageKey:
    return message.envelope.source, message.envelope.id


async def find_stuck_keys(evidence: Evidence) -> list[Row]:
    """Find keys whose messages wait behind one that waits no more."""
    return [
        {"service": owner, **row}
        for owner in evidence.databases
        for row in await evidence.rows(owner, _OPEN_BEHIND_NOBODY)
    ]


def _told(message: TopicMessage) -> Row:
    envelope = message.envelope
    return {"firm_id": envelope.firm, "type": envelope.type, "id": envelope.id, "place": message.place}


INBOXES = (
    Invariant(
        "I4", "each consumer has handled every message of its topics, and nothing else",
        find_messages_not_handled_once, reads_topics=True,
    ),
    Invariant("E4", "nothing parked waits behind a message that is through", find_stuck_keys),
)  # fmt: skip
