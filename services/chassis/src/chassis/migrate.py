"""Schema migrations: plain SQL files, run by pogo; the plumbing's first, then the service's own.

pogo does not guard against two runs at once, so an advisory lock does.
"""

from importlib.resources import as_file, files
from pathlib import Path

import structlog
from pogo_core.util import migrate as pogo

from chassis.database import open_connection

LOCK_NAME = "handbill.migrate"

_log = structlog.get_logger("chassis.migrate")


async def migrate(dsn: str, service: str) -> None:
    """Bring a service's database to its newest schema. Safe to repeat, and to run from several processes at once."""
    connection = await open_connection(dsn, application=f"{service}-migrate", command_timeout_seconds=None)
    try:
        await connection.execute("set statement_timeout = 0; set transaction_timeout = 0")
        # Another run may take long; but no migration may queue long for a table, since all later readers queue behind.
        await connection.execute("set lock_timeout = 0")
        await connection.execute("select pg_advisory_lock(hashtext($1))", LOCK_NAME)
        await connection.execute("set lock_timeout = '3s'")
        for package in ("chassis", service):
            with as_file(files(package) / "migrations") as folder:
                await pogo.apply(connection, Path(folder), schema_name=package, logger=_log)
    finally:
        await connection.close()
