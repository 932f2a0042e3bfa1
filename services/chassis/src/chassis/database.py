"""The way to PostgreSQL: pools with time limits, and transactions that tell the relay when they have committed.

Everything that waits has a bound, because a frozen server answers nothing and asyncpg waits for ever by default.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

if TYPE_CHECKING:
    Tx: TypeAlias = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Tx = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
    Pool = asyncpg.Pool

CONNECT_TIMEOUT_SECONDS = 5
COMMAND_TIMEOUT_SECONDS = 12
ACQUIRE_TIMEOUT_SECONDS = 5
SERVER_LIMITS = {
    "statement_timeout": "10s",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "15s",
    "transaction_timeout": "30s",
    "tcp_keepalives_idle": "10",
    "tcp_user_timeout": "15000",
}

UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,
)
"""The server cannot be reached or cannot work now: wait, lose nothing, blame no message.

A statement that the server cancels for its length is not among them: that one is the message's own fault.
"""

CONTENTION = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,
)
"""Another transaction or a schema change got in the way: the whole transaction may be tried again."""

TRANSIENT = (*UNAVAILABLE, *CONTENTION)


def withhold_rows(error: BaseException) -> None:
    """Take a row's values out of an error before it is logged: PostgreSQL quotes them, and they may be personal."""
    if isinstance(error, asyncpg.PostgresError):
        error.detail = None


async def open_pool(dsn: str, *, application: str, size_max: int) -> Pool:
    """Open a pool whose every statement and lock is bounded. It connects at its first use, not now.

    Whoever borrows a connection leaves nothing on it that outlasts a transaction: session locks, LISTEN and settings
    belong on a connection of their own (`open_connection`).
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size_max,
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=COMMAND_TIMEOUT_SECONDS,
        server_settings={"application_name": application, **SERVER_LIMITS},
        reset=_leave_as_it_is,
    )


async def _leave_as_it_is(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Save the round trip that undoes session state after each use; what is left open, asyncpg still rolls back."""


async def open_connection(
    dsn: str, *, application: str, command_timeout_seconds: float | None = COMMAND_TIMEOUT_SECONDS
) -> "asyncpg.Connection[asyncpg.Record]":
    """Open one connection outside any pool, for session locks, LISTEN and migrations."""
    return await asyncpg.connect(
        dsn,
        timeout=CONNECT_TIMEOUT_SECONDS,
        command_timeout=command_timeout_seconds,
        server_settings={"application_name": application, **SERVER_LIMITS},
    )


class Database:
    """A pool, and whom to tell after a commit. One per role that needs its own share of connections."""

    def __init__(self, pool: Pool, committed: Callable[[], None] = lambda: None) -> None:
        self._pool = pool
        self._committed = committed

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Tx]:
        """One transaction on one connection. Commits at the end; the relay is woken after the commit, never before."""
        async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS) as connection, connection.transaction():
            yield connection
        self._committed()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Tx]:
        """One connection for statements that change nothing."""
        async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT_SECONDS) as connection:
            yield connection

    async def close(self) -> None:
        """Close the pool; connections that do not answer within two seconds are cut."""
        try:
            async with asyncio.timeout(2):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()
