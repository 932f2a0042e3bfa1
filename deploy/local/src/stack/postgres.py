"""The database server: real PostgreSQL 18 on loopback, one database and one role per service."""

import signal
from pathlib import Path

import asyncpg

from stack.addresses import HOST, SUPERUSER, Addresses
from stack.folders import RunFolder
from stack.postgres_files import PostgresFiles
from stack.postgres_user import postgres_user
from stack.process import ProcessSpec

_CONNECTIONS_MAX = 300
_ANSWER_TIMEOUT_SECONDS = 2.0
_CONNECTION_FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)

FAST_SHUTDOWN = signal.SIGINT
IMMEDIATE_SHUTDOWN = signal.SIGQUIT


def server_spec(run: RunFolder, addresses: Addresses, programs: Path, *, is_durable: bool) -> ProcessSpec:
    """Describe the server; one that is not durable loses data when the machine itself stops."""
    settings = {
        "listen_addresses": HOST,
        "port": str(addresses.ports["postgres"]),
        "unix_socket_directories": "",
        "max_connections": str(_CONNECTIONS_MAX),
        "fsync": "on" if is_durable else "off",
        "timezone": "UTC",
        "log_line_prefix": "%m [%p] %d ",
    }
    options = [part for item in settings.items() for part in ("-c", "=".join(item))]
    return ProcessSpec(
        name="postgres",
        role="database",
        command=(str(programs / "bin" / "postgres"), "-D", str(run.postgres_data), *options),
        environment={"LC_ALL": "C", "TZ": "UTC"},
        port=addresses.ports["postgres"],
        user=postgres_user(),
        stop_signal=FAST_SHUTDOWN,
        orphan_signal=IMMEDIATE_SHUTDOWN,
    )


async def server_answers(dsn: str) -> bool:
    """Tell whether the server talks to us; a refused password, as of a new cluster, is talk."""
    try:
        connection = await asyncpg.connect(dsn, timeout=_ANSWER_TIMEOUT_SECONDS)
        try:
            await connection.execute("select 1", timeout=_ANSWER_TIMEOUT_SECONDS)
        finally:
            await connection.close(timeout=_ANSWER_TIMEOUT_SECONDS)
    except asyncpg.InvalidPasswordError:
        return True
    except _CONNECTION_FAULTS:
        return False
    return True


async def ensure_databases(addresses: Addresses, files: PostgresFiles) -> None:
    """Give the superuser this run's password, and each service its role and database.

    Safe to repeat; a cluster fresh from the template still has the template's password.
    """
    connection = await _connect_as_superuser(addresses, files.template_password)
    try:
        await _set_password(connection, SUPERUSER, addresses.passwords[SUPERUSER])
        for service, password in addresses.passwords.items():
            if service != SUPERUSER:
                await _ensure_database(connection, service, password)
    finally:
        await connection.close()


async def _connect_as_superuser(addresses: Addresses, template_password: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(addresses.admin_dsn)
    except asyncpg.InvalidPasswordError:
        return await asyncpg.connect(addresses.admin_dsn, password=template_password)


async def _ensure_database(connection: "asyncpg.Connection[asyncpg.Record]", service: str, password: str) -> None:
    if not await connection.fetchval("select 1 from pg_roles where rolname = $1", service):
        await connection.execute(f"create role {service} login")
    await _set_password(connection, service, password)
    if not await connection.fetchval("select 1 from pg_database where datname = $1", service):
        await connection.execute(f"create database {service} owner {service}")
        # A service that could open another's database would sooner or later do so.
        await connection.execute(f"revoke connect on database {service} from public")


async def _set_password(connection: "asyncpg.Connection[asyncpg.Record]", role: str, password: str) -> None:
    # A statement that takes no parameters; the password is url-safe text of our own making.
    await connection.execute(f"alter role {role} password '{password}'")
