"""`python -m payments`: start roles, migrate."""

from chassis.cli import service_cli
from chassis.settings import ServiceSettings
from payments.app import build

cli = service_cli("payments", ServiceSettings, build)

if __name__ == "__main__":
    cli()
