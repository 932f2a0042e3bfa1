"""Settings from the environment (`HANDBILL_…`): all faults are reported at once, before anything starts."""

import sys
from typing import Annotated, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]


class ServiceSettings(BaseSettings):
    """What every service needs. A service with more subclasses this."""

    model_config = SettingsConfigDict(env_prefix="HANDBILL_", frozen=True)

    database_dsn: str = Field(pattern=r"^postgres(ql)?://")
    kafka_bootstrap: str = Field(pattern=r"^[^,\s]+:\d+(,[^,\s]+:\d+)*$")
    http_host: str = "127.0.0.1"
    http_port: Port
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    pool_size_max: int = Field(default=10, ge=2, le=100)


S = TypeVar("S", bound=BaseSettings)


def load_settings(kind: type[S]) -> S:
    """Read settings, or end the process with status 2 and one line per fault."""
    try:
        return kind()
    except ValidationError as error:
        prefix = str(kind.model_config.get("env_prefix", ""))
        names = [f"{prefix}{'_'.join(map(str, fault['loc']))}".upper() for fault in error.errors()]
        lines = [f"  {name}: {fault['msg']}" for name, fault in zip(names, error.errors(), strict=True)]
        sys.stderr.write("\n".join([f"{len(lines)} setting(s) are missing or wrong:", *lines]) + "\n")
        raise SystemExit(2) from None
