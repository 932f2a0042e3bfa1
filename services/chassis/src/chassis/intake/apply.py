"""One batch in one transaction: inbox, waves, handlers, and what must wait."""

from collections.abc import Iterable, Sequence

import structlog

from chassis import inbox, parked
from chassis.answers import waiting_pause_seconds
from chassis.database import Tx
from chassis.intake.reading import Readable, Reading, Skipped, blocked, retrying
from chassis.intake.route import Consumer
from chassis.intake.waves import cut_waves
from chassis.parked import Parked

_log = structlog.get_logger("chassis.intake")


async def apply_batch(tx: Tx, consumer: Consumer, readings: Sequence[Reading]) -> None:
    """Apply what can be read and park the rest, in the caller's transaction. Safe to repeat."""
    skipped = [reading.reason for reading in readings if isinstance(reading, Skipped)]
    if skipped:
        _log.debug("records_skipped", consumer=consumer.name, count=len(skipped), first=skipped[0])
    aside, readable = await _set_aside(tx, consumer, readings)
    held = await apply_readable(tx, consumer, readable)
    # In the order of their records: an earlier one must not wait behind a later one of its key.
    await parked.insert_parked(tx, consumer.name, sorted([*aside, *held], key=_place))
    for record in aside:
        if record.kind == "poison":
            _log.error("record_parked", consumer=consumer.name, reason=record.reason, topic=record.record.topic,
                       partition=record.record.partition, offset=record.record.offset)  # fmt: skip


async def _set_aside(tx: Tx, consumer: Consumer, readings: Sequence[Reading]) -> tuple[list[Parked], list[Readable]]:
    """Part what cannot be read, and what waits behind a parked message of its key, from what can be applied."""
    messages = [reading for reading in readings if isinstance(reading, Readable)]
    waiting = set[str]()
    if consumer.is_ordered:
        waiting = await parked.list_waiting_keys(tx, consumer.name, [message.ordering_key for message in messages])
    aside: list[Parked] = []
    readable: list[Readable] = []
    for reading in readings:
        if isinstance(reading, Parked):
            aside.append(reading)
            if consumer.is_ordered:
                waiting.add(reading.ordering_key)
        elif isinstance(reading, Readable) and reading.ordering_key in waiting:
            aside.append(blocked(reading))
        elif isinstance(reading, Readable):
            readable.append(reading)
    return aside, readable


async def apply_readable(tx: Tx, consumer: Consumer, readings: Sequence[Readable]) -> list[Parked]:
    """Apply messages that nothing stands in the way of; returns those that must wait, with their claims given back."""
    fresh = await _claim(tx, consumer, readings)
    waves = cut_waves(
        fresh,
        key_of=lambda reading: reading.ordering_key,
        kind_of=lambda reading: reading.message.envelope.type,
        folds=lambda kind: kind in consumer.routes and consumer.routes[kind].folds,
    )
    held: list[Readable] = []
    behind: list[Readable] = []
    for wave in waves:
        held_keys = {reading.ordering_key for reading in held} if consumer.is_ordered else set[str]()
        for group in (wave[kind] for kind in _in_turn(consumer, wave)):
            behind += [reading for reading in group if reading.ordering_key in held_keys]
            free = [reading for reading in group if reading.ordering_key not in held_keys]
            held += await _apply_group(tx, free)
    if held:
        await inbox.release(tx, consumer.name, [_message_key(reading) for reading in (*held, *behind)])
    return [
        *(retrying(reading, "not_yet_known", "", waiting_pause_seconds(0.0)) for reading in held),
        *(blocked(reading) for reading in behind),
    ]


def _in_turn(consumer: Consumer, kinds: Iterable[str]) -> list[str]:
    """Order the types of a wave; no key is in two of them, so that any order keeps each key's own.

    Facts go in the order of their routes, so that all batches take their locks alike. Commands go as they came: one may
    name what the one before it makes, and would have to wait for it.
    """
    if consumer.rejects is not None:
        return list(kinds)
    return sorted(kinds, key=list(consumer.routes).index)


async def _claim(tx: Tx, consumer: Consumer, readings: Sequence[Readable]) -> list[Readable]:
    """Those not handled before, each once, in order."""
    claimable = [_message_key(reading) for reading in readings if reading.route.uses_inbox]
    unclaimed = await inbox.claim(tx, consumer.name, claimable) if claimable else set[inbox.MessageKey]()
    fresh: list[Readable] = []
    for reading in readings:
        key = _message_key(reading)
        if not reading.route.uses_inbox:
            fresh.append(reading)
        elif key in unclaimed:
            unclaimed.discard(key)
            fresh.append(reading)
    return fresh


async def _apply_group(tx: Tx, group: Sequence[Readable]) -> list[Readable]:
    """Apply messages of one type; an unreadable command has a route of its own, so routes are looked at one by one."""
    held: list[Readable] = []
    by_route: dict[int, list[Readable]] = {}
    for reading in group:
        by_route.setdefault(id(reading.route), []).append(reading)
    for same_route in by_route.values():
        waiting = await same_route[0].route.apply(tx, [reading.message for reading in same_route])
        waiting_ids = {id(message) for message in waiting}
        held += [reading for reading in same_route if id(reading.message) in waiting_ids]
    return held


def _message_key(reading: Readable) -> inbox.MessageKey:
    return reading.message.envelope.source, reading.message.envelope.id


def _place(record: Parked) -> tuple[str, int, int]:
    return record.record.topic, record.record.partition, record.record.offset
