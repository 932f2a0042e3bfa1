"""The operator's view of one service's parked messages: list, show, replay, discard with a reason."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.database import Tx, open_connection
from chassis.parked_desk import discard_parked, find_parked, list_parked, replay_parked
from chassis.settings import load_settings

T = TypeVar("T")

parked_cli = typer.Typer(no_args_is_help=True, help="Messages set aside by one service.")
ParkedId = Annotated[int, typer.Argument(help="as `list` shows it")]


class ParkedSettings(BaseSettings):
    """Whose parked messages."""

    model_config = SettingsConfigDict(env_prefix="HANDBILL_", frozen=True)

    database_dsn: str


@parked_cli.command("list")
def list_() -> None:
    """List what is parked and unresolved, oldest first."""
    rows = _in_transaction(list_parked)
    if not rows:
        typer.echo("nothing parked", err=True)
    for row in rows:
        typer.echo(f"{row.parked_id}\t{row.kind}\t{row.reason}\t{row.attempts} attempt(s)\t{row.consumer}\t{row.place}")


@parked_cli.command()
def show(parked_id: ParkedId) -> None:
    """Show one parked message whole."""
    row = _in_transaction(lambda tx: find_parked(tx, parked_id))
    if row is None:
        _fail(f"no parked message {parked_id}")
    else:
        typer.echo(row.written_out())


@parked_cli.command()
def replay(parked_id: ParkedId) -> None:
    """Have one message tried again now, with a fresh count of attempts."""
    if not _in_transaction(lambda tx: replay_parked(tx, parked_id)):
        _fail(f"no unresolved parked message {parked_id}")


@parked_cli.command()
def discard(parked_id: ParkedId, reason: Annotated[str, typer.Option(help="kept, and told to whoever asked")]) -> None:
    """Give up one message for good. A command's sender gets its answer: discarded."""
    if not _in_transaction(lambda tx: discard_parked(tx, parked_id, reason)):
        _fail(f"no unresolved parked message {parked_id}")


def _in_transaction(body: Callable[[Tx], Awaitable[T]]) -> T:
    async def run() -> T:
        connection = await open_connection(load_settings(ParkedSettings).database_dsn, application="handbill-parked")
        try:
            async with connection.transaction():
                return await body(connection)
        finally:
            await connection.close(timeout=2)

    return asyncio.run(run())


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(1)
