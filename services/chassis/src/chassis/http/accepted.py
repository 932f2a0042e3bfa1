"""The answer to a command that ends later."""

from typing import Literal
from uuid import UUID

from contracts.message import Part


class AcceptedBody(Part):
    """The command is kept; `Location` says where to ask for its end."""

    command_id: UUID
    state: Literal["waiting"] = "waiting"
