"""The body of every record: one CloudEvents 1.0 JSON object in structured mode, with Handbill's extensions."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

ACTOR = r"^(staff|api_key|contact|link|service|operator):[0-9A-Za-z-]{1,64}$"


class Envelope(BaseModel):
    """One message on a topic. Source: CloudEvents 1.0 (attributes), Handbill (extensions, from `firm` on)."""

    model_config = ConfigDict(frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: UUID = Field(description="Made when the fact is decided; publishing again repeats it.")
    source: str = Field(description="`/handbill/<service>`, or the address of another system that sends commands.")
    type: str
    subject: str = Field(description="The aggregate's id; the record's key too.")
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, JsonValue]
    firm: UUID = Field(description="The tenant. Nothing crosses firms.")
    revision: int | None = Field(
        default=None, ge=1, description="Counts up per aggregate; readers of state drop older."
    )
    actor: str = Field(pattern=ACTOR, description="Kind and id of the principal that caused it.")
    correlation: UUID = Field(description="The same for everything that one request caused.")
    causation: UUID | None = Field(default=None, description="The message that this one answers or follows from.")
