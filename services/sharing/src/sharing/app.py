"""What the sharing service is made of: the only file that knows everything."""

from chassis.grants import read_private_key
from chassis.service import Service
from chassis.settings import load_settings
from sharing.api import ROUTES
from sharing.api.gate import gate_routes
from sharing.handlers import COMMANDS, FACTS
from sharing.jobs import PENDING, WISHES
from sharing.settings import Settings


def build() -> Service:
    """Put the service together from its settings."""
    settings = load_settings(Settings)
    gate = gate_routes(
        settings.service_token.get_secret_value(), read_private_key(settings.grant_private_key.get_secret_value())
    )
    return Service(
        name="sharing",
        settings=settings,
        routes=(*ROUTES, gate),
        consumers=(FACTS, COMMANDS),
        jobs=(PENDING, WISHES),
    )
