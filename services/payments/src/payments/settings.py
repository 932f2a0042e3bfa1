"""Settings of payments: its processor, how patiently it asks, and sharing's gate."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from chassis.grants import read_public_key
from chassis.settings import ServiceSettings

Seconds = Annotated[float, Field(gt=0, le=7 * 86_400)]
HttpUrl = Annotated[str, Field(pattern=r"^https?://[^\s/]+$")]
UNKNOWN_PAUSES_SECONDS = (2.0, 10.0, 60.0, 300.0, 1800.0)


def _split(written: object) -> object:
    return [part.strip() for part in written.split(",")] if isinstance(written, str) else written


def _is_public_key(value: str) -> str:
    read_public_key(value)
    return value


class Settings(ServiceSettings):
    """Pauses are written with commas: `HANDBILL_UNKNOWN_PAUSES_SECONDS=2,10,60`. Both sides know `service_token`.

    `processor_key_lifetime_seconds` is less than the processor keeps a key for.
    """

    processor_url: HttpUrl
    processor_connect_timeout_seconds: Seconds = 5
    processor_timeout_seconds: Seconds = 30
    processor_key_lifetime_seconds: Seconds = 23 * 3600
    charger_concurrency: int = Field(default=8, ge=1, le=64)
    charger_lease_seconds: Seconds = 90
    unknown_pauses_seconds: Annotated[tuple[Seconds, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=UNKNOWN_PAUSES_SECONDS, min_length=1, max_length=100
    )
    unknown_overdue_seconds: Seconds = 86_400
    sharing_url: HttpUrl
    gate_timeout_seconds: Seconds = 3
    service_token: Annotated[SecretStr, Field(min_length=32)]
    grant_public_key: Annotated[str, AfterValidator(_is_public_key)]

    @field_validator("charger_lease_seconds")
    @classmethod
    def a_lease_outlasts_two_calls(cls, value: float, info: ValidationInfo) -> float:
        if value < 2 * float(info.data.get("processor_timeout_seconds", 0)):
            raise ValueError("must be at least twice HANDBILL_PROCESSOR_TIMEOUT_SECONDS")
        return value
