"""Settings of notify: its SMTP server and how patiently it retries, sharing's gate, files, and where links lead."""

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from chassis.settings import Port, ServiceSettings
from contracts.fields import EmailAddress

Seconds = Annotated[float, Field(gt=0, le=7 * 86_400)]
HttpUrl = Annotated[str, Field(pattern=r"^https?://[^\s/]+$")]
# A minute, five, a quarter of an hour, an hour, then every four hours until the second day is nearly over.
RETRY_PAUSES_SECONDS = (60.0, 300.0, 900.0, 3600.0, *(14_400.0,) * 11)


def _split(written: object) -> object:
    return [part.strip() for part in written.split(",")] if isinstance(written, str) else written


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Settings(ServiceSettings):
    """Retry pauses are written with commas: `HANDBILL_RETRY_PAUSES_SECONDS=60,300,900`.

    `quiet_window_seconds`: how long a firm that does not say so itself must have been quiet before edits of an
    invoice are told; 0 tells each.
    `service_token` is what sharing's gate is asked with; `blob_url` is where invoices puts its PDFs.
    """

    portal_url: str = Field(pattern=r"^https?://[^\s/]+")
    mail_from: EmailAddress = "no-reply@handbill.test"
    smtp_host: str = Field(min_length=1)
    smtp_port: Port
    smtp_plaintext_allowed: bool = False
    smtp_security: Literal["none", "starttls", "tls"] = "starttls"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_connect_timeout_seconds: Seconds = 10
    smtp_reply_timeout_seconds: Seconds = 60
    smtp_final_timeout_seconds: Seconds = 600
    sender_concurrency: int = Field(default=8, ge=1, le=64)
    sender_lease_seconds: float = Field(default=60, ge=3, le=3600)
    retry_pauses_seconds: Annotated[tuple[Seconds, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=RETRY_PAUSES_SECONDS, max_length=100
    )
    unknown_pause_seconds: Seconds = 900
    quiet_window_seconds: float = Field(default=600, ge=0, le=86_400)
    blob_url: str = Field(pattern=r"^(file:///|s3://)")
    sharing_url: HttpUrl
    service_token: Annotated[SecretStr, Field(min_length=32)]
    gate_timeout_seconds: Seconds = 3
    gate_pause_seconds: Seconds = 2

    @field_validator("smtp_security")
    @classmethod
    def a_remote_server_needs_tls(cls, value: str, info: ValidationInfo) -> str:
        is_local = _is_local(str(info.data.get("smtp_host", "")))
        if value == "none" and not is_local and not info.data.get("smtp_plaintext_allowed"):
            raise ValueError("mail to another host needs starttls or tls, or HANDBILL_SMTP_PLAINTEXT_ALLOWED=true")
        return value

    @field_validator("smtp_password")
    @classmethod
    def name_and_password_go_together(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (value is None) != (info.data.get("smtp_username") is None):
            raise ValueError("give a user name and a password, or neither")
        return value
