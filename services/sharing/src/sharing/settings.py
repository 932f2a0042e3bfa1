"""What sharing takes from the environment."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from chassis.grants import read_private_key
from chassis.settings import ServiceSettings


def _is_private_key(value: SecretStr) -> SecretStr:
    read_private_key(value.get_secret_value())
    return value


class Settings(ServiceSettings):
    """`service_token`: what other services ask the gate with. `grant_private_key`: what the gate signs with."""

    service_token: Annotated[SecretStr, Field(min_length=32)]
    grant_private_key: Annotated[SecretStr, AfterValidator(_is_private_key)]
