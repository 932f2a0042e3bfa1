"""Settings of invoices: what every service has, and where PDFs are kept."""

from pydantic import Field

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from `HANDBILL_…`. notify reads the PDFs from the same store.

    `renderer_lease_seconds`: after how long a PDF whose renderer was killed is made by another. Where setting one takes
    longer, it is made twice; they are the same bytes.
    """

    blob_url: str = Field(pattern=r"^(file:///|s3://)[^/]")
    renderer_lease_seconds: float = Field(default=120, ge=3, le=3600)
