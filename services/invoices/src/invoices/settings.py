"""Settings of invoices: what every service has, and where PDFs are kept."""

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from `HANDBILL_…`. notify reads the PDFs from the same store."""

    blob_url: str = Field(pattern=r"^(file:///|s3://)[^/]")
