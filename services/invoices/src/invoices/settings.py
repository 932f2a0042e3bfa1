"""Settings of invoices: what every service has, and no more yet."""

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from `HANDBILL_…`."""
