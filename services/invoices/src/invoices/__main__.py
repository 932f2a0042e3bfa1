"""Command line: the roles every service has, and `firm create` for the operator."""

import asyncio
import json
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.api_keys import make_secret, secret_digest, written_key
from chassis.cli import service_cli
from chassis.database import open_connection
from chassis.ids import new_id
from chassis.outcome import Refused
from chassis.relay import CHANNEL
from chassis.settings import load_settings
from contracts.invoices import FirmProfile
from invoices.app import build
from invoices.settings import Settings
from invoices.usecases.create_firm import CreatedFirm, NewFirm, create_firm

cli = service_cli("invoices", Settings, build)
firm_cli = typer.Typer(no_args_is_help=True, help="Firms, for the operator.")
cli.add_typer(firm_cli, name="firm")


class FirmSettings(BaseSettings):
    """Where firms are kept: the operator's command needs neither Kafka nor a port."""

    model_config = SettingsConfigDict(env_prefix="HANDBILL_", frozen=True)

    database_dsn: str


@firm_cli.callback()
def firms() -> None:
    """Keep `create` a command of its own, whatever number of commands there are."""


@firm_cli.command()
def create(  # noqa: PLR0913 - one parameter per option is how typer is told of them
    *,
    name: Annotated[str, typer.Option(help="as clients see it")],
    reply_to: Annotated[str, typer.Option(help="where answers to its mail go")],
    currency: Annotated[str, typer.Option(help="ISO 4217")] = "USD",
    time_zone: Annotated[str, typer.Option(help="IANA name")] = "UTC",
    locale: Annotated[str, typer.Option(help="language and region")] = "en-US",
    owner_name: Annotated[str, typer.Option(help="of the first staff account")] = "Owner",
    owner_email: Annotated[str | None, typer.Option(help="of the first staff account; reply-to where left out")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object")] = False,
) -> None:
    """Create a firm with its owner and first API key. The key is printed this once and kept nowhere."""
    try:
        profile = FirmProfile(name=name, reply_to=reply_to, currency=currency, time_zone=time_zone, locale=locale)
    except ValidationError as error:
        raise typer.BadParameter("; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())) from None
    secret = make_secret()
    new = NewFirm(new_id(), profile, owner_name, owner_email or reply_to, secret_digest(secret))
    created = asyncio.run(_create(load_settings(FirmSettings).database_dsn, new))
    if isinstance(created, Refused):
        typer.echo(f"{created.slug}: {created.detail}", err=True)
        raise typer.Exit(1)
    shown = {
        "firm_id": str(created.firm_id),
        "staff_user_id": str(created.staff_user_id),
        "api_key_id": str(created.api_key_id),
        "api_key": written_key(created.api_key_id, secret),
    }
    typer.echo(json.dumps(shown) if as_json else "\n".join(f"{field}: {text}" for field, text in shown.items()))


async def _create(dsn: str, new: NewFirm) -> CreatedFirm | Refused:
    connection = await open_connection(dsn, application="invoices-firm-create")
    try:
        async with connection.transaction():
            created = await create_firm(connection, new)
            # Delivered at the commit: the relay of the running service need not wait for its next look.
            await connection.execute("select pg_notify($1, '')", CHANNEL)
    finally:
        await connection.close(timeout=2)
    return created


if __name__ == "__main__":
    cli()
