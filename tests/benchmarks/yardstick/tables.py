"""The yardstick's tables: what one command leaves behind is one inbox row, two shares and one outbox row."""

from typing import TYPE_CHECKING, TypeAlias

import asyncpg

if TYPE_CHECKING:
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Pool = asyncpg.Pool

_TABLES = """
create table if not exists inbox (id uuid primary key, at timestamptz not null default now());
create table if not exists invoice_shares (
    id uuid primary key default uuidv7(),
    firm uuid not null,
    invoice uuid not null,
    contact uuid not null,
    channel text not null,
    at timestamptz not null default now(),
    unique (invoice, contact, channel)
);
create table if not exists outbox (
    xid xid8 not null default pg_current_xact_id(),
    position bigint generated always as identity,
    command uuid not null,
    key bytea not null,
    value bytea not null,
    primary key (xid, position)
) with (fillfactor = 100, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create table if not exists relay_cursor (id integer primary key, xid xid8 not null, position bigint not null);
insert into relay_cursor values (1, '0', 0) on conflict do nothing;
truncate inbox, invoice_shares, outbox;
update relay_cursor set xid = '0', position = 0;
"""


async def open_empty_tables(dsn: str) -> Pool:
    """Make the tables anew and open a pool, all of it before the clock starts."""
    pool = await asyncpg.create_pool(dsn, min_size=4, max_size=4, max_inactive_connection_lifetime=0)
    await pool.execute(_TABLES)
    return pool
