"""The command line that every service has: its roles, and its migrations."""

import asyncio
from collections.abc import Callable
from typing import Annotated

import typer

from chassis.logs import configure_logs
from chassis.migrate import migrate as apply_migrations
from chassis.runtime import run
from chassis.service import Service
from chassis.settings import ServiceSettings, load_settings


def service_cli(name: str, settings: type[ServiceSettings], build: Callable[[], Service]) -> typer.Typer:
    """Make a service's command line. `build` wires the service; it is only called to run it."""
    cli = typer.Typer(
        no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=f"Handbill's {name} service."
    )

    @cli.command(help="Run roles in this process: api, worker, relay, …, or all of them.")
    def start(roles: Annotated[list[str], typer.Argument()]) -> None:
        service = build()
        chosen = service.roles if roles == ["all"] else tuple(roles)
        unknown = set(chosen) - set(service.roles)
        if unknown:
            raise typer.BadParameter(f"{', '.join(sorted(unknown))}; there are: all, {', '.join(service.roles)}")
        run(service, chosen)

    @cli.command(help="Bring the database to the newest schema.")
    def migrate() -> None:
        loaded = load_settings(settings)
        configure_logs(name, loaded.log_level)
        asyncio.run(apply_migrations(loaded.database_dsn, name))

    return cli
