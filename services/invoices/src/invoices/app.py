"""Wiring: what the invoices service is made of."""

from chassis.blobs import open_blobs
from chassis.service import Service
from chassis.settings import load_settings
from invoices.api import routes_over
from invoices.handlers import COMMANDS, FACTS
from invoices.jobs import renderer_job
from invoices.settings import Settings


def build() -> Service:
    """Put the service together from its settings."""
    settings = load_settings(Settings)
    blobs = open_blobs(settings.blob_url)
    return Service(
        name="invoices",
        settings=settings,
        routes=routes_over(blobs),
        consumers=(FACTS, COMMANDS),
        jobs=(renderer_job(blobs, settings.renderer_lease_seconds),),
    )
