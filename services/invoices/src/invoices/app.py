"""Wiring: what the invoices service is made of."""

from chassis.service import Service
from chassis.settings import load_settings
from invoices.api import ROUTES
from invoices.handlers import COMMANDS, FACTS
from invoices.settings import Settings


def build() -> Service:
    """Put the service together from its settings."""
    return Service(
        name="invoices",
        settings=load_settings(Settings),
        routes=ROUTES,
        consumers=(FACTS, COMMANDS),
    )
