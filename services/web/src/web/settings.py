"""What web is told by its environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.settings import Port


class WebSettings(BaseSettings):
    """Where it listens. It has no database and no topic."""

    model_config = SettingsConfigDict(env_prefix="HANDBILL_", frozen=True)

    http_host: str = "127.0.0.1"
    http_port: Port
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
