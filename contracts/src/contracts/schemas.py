"""JSON Schemas (2020-12) of messages and envelope, as another system reads them."""

import inspect
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from pydantic_core.core_schema import CoreSchema

from contracts.envelope import Envelope
from contracts.message import Message

Json: TypeAlias = dict[str, Any]


class _PlainJsonSchema(GenerateJsonSchema):
    """Without titles on fields: pydantic's only repeat the field's name, and a reviewer reads these files as a diff."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "serialization") -> Json:
        return {"$schema": self.schema_dialect, **super().generate(schema, mode)}


def message_schema(message: type[Message]) -> Json:
    """Describe a message's `data`, closed: what we emit has these fields and no others."""
    return _schema(message)


def envelope_schema() -> Json:
    """Describe a record's body, open: CloudEvents allows further extension attributes."""
    return _schema(Envelope)


def _schema(model: type[BaseModel]) -> Json:
    schema = model.model_json_schema(mode="serialization", schema_generator=_PlainJsonSchema)
    # Said here, since pydantic does not look for it in the classes above, where the answers have theirs.
    return {**schema, "description": inspect.getdoc(model)}
