"""`python -m web start api`: answer HTTP until stopped."""

from typing import Annotated

import typer
import uvloop

from chassis.logs import configure_logs
from chassis.settings import load_settings
from web.process import answer_until_stopped
from web.settings import WebSettings

cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Handbill's pages.")


@cli.callback()
def web() -> None:
    """Keep `start` a command of its own, as every service has it."""


@cli.command()
def start(role: Annotated[str, typer.Argument()]) -> None:
    """Answer HTTP: web has one role, so `all` is the same as `api`."""
    if role not in {"api", "all"}:
        raise typer.BadParameter(f"{role}; there are: all, api")
    settings = load_settings(WebSettings)
    configure_logs("web", settings.log_level)
    uvloop.run(answer_until_stopped(settings))


if __name__ == "__main__":
    cli()
