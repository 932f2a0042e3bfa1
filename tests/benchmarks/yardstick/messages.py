"""What the bare yardstick reads and writes: some 600 bytes of command, some 700 of event, as JSON without a check."""

import random
import time
from datetime import UTC, datetime
from uuid import UUID

import msgspec


class Contact(msgspec.Struct):
    """Who is to have the invoice."""

    id: UUID
    email: str
    name: str


class ShareData(msgspec.Struct):
    """The command's own part."""

    invoice: UUID
    number: str
    matter: UUID
    channel: str
    message: str
    contacts: list[Contact]


class Command(msgspec.Struct):
    """Share one invoice."""

    id: UUID
    type: str
    version: int
    time: datetime
    firm: UUID
    correlation: UUID
    data: ShareData


class SharedData(msgspec.Struct):
    """The event's own part."""

    invoice: UUID
    number: str
    channel: str
    message: str
    contacts: list[Contact]


class Event(msgspec.Struct):
    """One invoice was shared."""

    id: UUID
    type: str
    version: int
    time: datetime
    firm: UUID
    correlation: UUID
    causation: UUID
    data: SharedData


read_command = msgspec.json.Decoder(Command).decode
write_event = msgspec.json.Encoder().encode


def event_of(command: Command) -> Event:
    """Make the event that a command causes."""
    said = command.data
    data = SharedData(said.invoice, said.number, said.channel, said.message, said.contacts)
    return Event(new_id(), "invoice.shared", 1, datetime.now(UTC), command.firm, command.correlation, command.id, data)


def new_id() -> UUID:
    """Make a time-ordered id, as cheaply as it can be had."""
    milliseconds = time.time_ns() // 1_000_000
    random_high, random_low = random.getrandbits(12), random.getrandbits(62)
    return UUID(int=milliseconds << 80 | 7 << 76 | random_high << 64 | 2 << 62 | random_low)
