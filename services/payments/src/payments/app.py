"""Wiring of the payments service: the only file that knows everything."""

from chassis.service import Service
from chassis.settings import ServiceSettings, load_settings
from payments.api import ROUTES
from payments.handlers import COMMANDS, FACTS


def build() -> Service:
    """Put the service together from the settings in the environment."""
    return Service(name="payments", settings=load_settings(ServiceSettings), routes=ROUTES, consumers=[FACTS, COMMANDS])
