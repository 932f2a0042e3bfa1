"""Sharing an invoice as one would first write it: one message, one transaction, one statement for each row.

FastStream by message with validated models, an acknowledgement each; the relay polls, publishes one by one and deletes.
"""

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID

import uvloop
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from pydantic import BaseModel

from yardstick.messages import new_id
from yardstick.options import Options, read_options, tell_ready
from yardstick.tables import Pool, open_empty_tables

RELAY_ROWS_MAX = 100
RELAY_POLL_SECONDS = 0.02

_CLAIM = "insert into inbox (id) values ($1) on conflict do nothing returning id"
_SHARE = "insert into invoice_shares (firm, invoice, contact, channel) values ($1, $2, $3, $4) on conflict do nothing"
_APPEND = "insert into outbox (command, key, value) values ($1, $2, $3)"
_NEXT_ROWS = "select xid::text, position, key, value from outbox order by outbox.xid, position limit $1"
_DELETE = "delete from outbox where xid = $1::text::xid8 and position = $2"


class Contact(BaseModel):
    """Who is to have the invoice."""

    id: UUID
    email: str
    name: str


class ShareData(BaseModel):
    """The command's own part."""

    invoice: UUID
    number: str
    matter: UUID
    channel: str
    message: str
    contacts: list[Contact]


class Command(BaseModel):
    """Share one invoice."""

    id: UUID
    type: str
    version: int
    time: datetime
    firm: UUID
    correlation: UUID
    data: ShareData


async def run(options: Options) -> None:
    """Share and publish until killed."""
    pool = await open_empty_tables(options.dsn)
    broker = KafkaBroker(options.bootstrap, logger=None, acks="all", enable_idempotence=True)
    subscriber = broker.subscriber(
        options.commands_topic, group_id=options.group, auto_offset_reset="earliest", ack_policy=AckPolicy.ACK
    )

    async def share(command: Command) -> None:
        await _share(pool, command)

    subscriber(share)
    await broker.start()
    relay = asyncio.create_task(_relay(pool, broker, options.events_topic))
    consumer = getattr(subscriber, "consumer", None)
    while consumer is None or not consumer.assignment():
        await _pause(asyncio.Event())
    tell_ready()
    await relay


async def _share(pool: Pool, command: Command) -> None:
    async with pool.acquire() as connection, connection.transaction():
        if await connection.fetchval(_CLAIM, command.id) is None:
            return
        for contact in command.data.contacts:
            await connection.execute(_SHARE, command.firm, command.data.invoice, contact.id, command.data.channel)
        await connection.execute(_APPEND, command.id, command.data.invoice.bytes, _event_of(command))


def _event_of(command: Command) -> bytes:
    event = {
        "id": str(new_id()),
        "type": "invoice.shared",
        "version": 1,
        "time": datetime.now(UTC).isoformat(),
        "firm": str(command.firm),
        "correlation": str(command.correlation),
        "causation": str(command.id),
        "data": command.data.model_dump(mode="json"),
    }
    return json.dumps(event).encode()


async def _relay(pool: Pool, broker: KafkaBroker, topic: str) -> None:
    never = asyncio.Event()
    while True:
        async with pool.acquire() as connection:
            rows = await connection.fetch(_NEXT_ROWS, RELAY_ROWS_MAX)
            for row in rows:
                await broker.publish(row["value"], topic=topic, key=row["key"])
                await connection.execute(_DELETE, row["xid"], row["position"])
        if not rows:
            await _pause(never)


async def _pause(never: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(RELAY_POLL_SECONDS):
            await never.wait()
    except TimeoutError:
        return


if __name__ == "__main__":
    uvloop.run(run(read_options("naive")))
