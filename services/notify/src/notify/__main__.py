"""`python -m notify`: start roles, migrate."""

from chassis.cli import service_cli
from notify.app import build
from notify.settings import Settings

cli = service_cli("notify", Settings, build)

if __name__ == "__main__":
    cli()
