"""`python -m payments`: start roles, migrate."""

from chassis.cli import service_cli
from payments.app import build
from payments.settings import Settings

cli = service_cli("payments", Settings, build)

if __name__ == "__main__":
    cli()
