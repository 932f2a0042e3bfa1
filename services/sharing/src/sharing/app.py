"""What the sharing service is made of."""

from chassis.service import Service
from chassis.settings import load_settings
from sharing.api import ROUTES
from sharing.handlers import COMMANDS, FACTS
from sharing.jobs import WISHES
from sharing.settings import Settings


def build() -> Service:
    """Put the service together from its settings."""
    return Service(
        name="sharing", settings=load_settings(Settings), routes=ROUTES, consumers=(FACTS, COMMANDS), jobs=(WISHES,)
    )
