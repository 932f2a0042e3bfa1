"""`python -m sharing`: run roles, or migrate."""

from chassis.cli import service_cli
from sharing.app import build
from sharing.settings import Settings

cli = service_cli("sharing", Settings, build)

if __name__ == "__main__":
    cli()
