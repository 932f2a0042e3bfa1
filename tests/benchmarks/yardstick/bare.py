"""The least that sharing an invoice can cost in Python: one statement for each batch, and nothing that is not needed.

No framework, no validation, no rules, no locks, no answers. The relay follows a cursor and is woken after each commit.
"""

import asyncio
import time
from collections.abc import Sequence

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from yardstick.messages import Command, event_of, read_command, write_event
from yardstick.options import Options, read_options, tell_ready
from yardstick.tables import Pool, open_empty_tables

RECORDS_MAX = 500
RELAY_ROWS_MAX = 1000
COMMIT_EVERY_SECONDS = 0.2
RELAY_POLL_SECONDS = 0.5

# De-duplication, shares and outbox of a whole batch in one round trip, which is its transaction too.
_SHARE = """
with new as (
    insert into inbox (id) select unnest($1::uuid[]) on conflict do nothing returning id
), shared as (
    insert into invoice_shares (firm, invoice, contact, channel)
    select share.firm, share.invoice, share.contact, share.channel
    from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[])
        as share (command, firm, invoice, contact, channel)
    join new on new.id = share.command
    on conflict (invoice, contact, channel) do nothing
)
insert into outbox (command, key, value)
select event.command, event.key, event.value
from unnest($1::uuid[], $7::bytea[], $8::bytea[]) as event (command, key, value)
join new on new.id = event.command
returning command, xid::text, position
"""
_CURSOR = "select xid::text, position from relay_cursor where id = 1"
# Rows below the oldest running transaction are final: in this order no late commit is passed over.
_NEXT_ROWS = """
select xid::text, position, key, value from outbox
where (xid, position) > ($1::text::xid8, $2) and xid < pg_snapshot_xmin(pg_current_snapshot())
order by outbox.xid, position limit $3
"""
_MOVE_CURSOR = "update relay_cursor set xid = $1::text::xid8, position = $2 where id = 1"


async def run(options: Options) -> None:
    """Share and publish until killed."""
    pool = await open_empty_tables(options.dsn)
    consumer = AIOKafkaConsumer(
        options.commands_topic,
        bootstrap_servers=options.bootstrap,
        group_id=options.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=500,
        max_partition_fetch_bytes=4 << 20,
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=options.bootstrap, acks="all", enable_idempotence=True, linger_ms=0, max_batch_size=131072
    )
    await asyncio.gather(consumer.start(), producer.start())
    awake = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_relay(pool, producer, options.events_topic, awake))
        group.create_task(_take_in(pool, consumer, awake))


async def _take_in(pool: Pool, consumer: AIOKafkaConsumer, awake: asyncio.Event) -> None:
    while not consumer.assignment():
        await consumer.getmany(timeout_ms=50)
    tell_ready()
    committed_at = 0.0
    while True:
        by_partition = await consumer.getmany(timeout_ms=200, max_records=RECORDS_MAX)
        records = [record for records in by_partition.values() for record in records]
        if not records:
            continue
        await _share(pool, [read_command(record.value or b"") for record in records])
        awake.set()
        if time.monotonic() - committed_at > COMMIT_EVERY_SECONDS:
            await consumer.commit({partition: part[-1].offset + 1 for partition, part in by_partition.items()})
            committed_at = time.monotonic()


async def _share(pool: Pool, commands: Sequence[Command]) -> None:
    shares = [(command, contact) for command in commands for contact in command.data.contacts]
    async with pool.acquire() as connection:
        await connection.fetch(
            _SHARE,
            [command.id for command in commands],
            [command.id for command, _ in shares],
            [command.firm for command, _ in shares],
            [command.data.invoice for command, _ in shares],
            [contact.id for _, contact in shares],
            [command.data.channel for command, _ in shares],
            [command.data.invoice.bytes for command in commands],
            [write_event(event_of(command)) for command in commands],
        )


async def _relay(pool: Pool, producer: AIOKafkaProducer, topic: str, awake: asyncio.Event) -> None:
    async with pool.acquire() as connection:
        cursor = await connection.fetchrow(_CURSOR)
        assert cursor is not None
        xid, position = cursor
        while True:
            rows = await connection.fetch(_NEXT_ROWS, xid, position, RELAY_ROWS_MAX)
            if rows:
                sent = [await producer.send(topic, row["value"], key=row["key"]) for row in rows]
                await asyncio.gather(*sent)
                xid, position = rows[-1]["xid"], rows[-1]["position"]
                await connection.execute(_MOVE_CURSOR, xid, position)
            if len(rows) < RELAY_ROWS_MAX // 2:
                await _wait(awake)


async def _wait(awake: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(RELAY_POLL_SECONDS):
            await awake.wait()
    except TimeoutError:
        pass
    awake.clear()


if __name__ == "__main__":
    uvloop.run(run(read_options("bare")))
