"""The AsyncAPI 3.0 document: every topic, what travels on it, its key, its retention, and its owner's side of it.

Only owners are known here: who else reads a topic is not its owner's business.
"""

import inspect

from contracts.message import Message
from contracts.registry import MESSAGES
from contracts.schemas import Json
from contracts.topics import ALL, ANSWERS, Topic

DAY_MILLISECONDS = 24 * 60 * 60 * 1000
BINDING_VERSION = "0.5.0"

CARRIES = {
    "facts": "Facts of {owner}, kept for {days} days.",
    "state": "Present state of each aggregate: the last record of a key is in force, a null value deletes it.",
    "commands": "Commands to {owner}. Each ends in exactly one answer.",
    "answers": "Answers of {owner} to commands, by topic or by HTTP, keyed by correlation id.",
}


def asyncapi_document() -> Json:
    """Describe all topics; schemas are referred to by their files beside the document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Handbill",
            "version": "1",
            "description": "Topics, commands, facts and answers. Bodies are CloudEvents 1.0 in structured JSON mode.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic.name: _channel(topic) for topic in ALL},
        "operations": {f"{_action(topic)}.{topic.name}": _operation(topic) for topic in ALL if _messages_on(topic)},
        "components": {"messages": {wire_type: _message(message) for wire_type, message in MESSAGES.items()}},
    }


def schema_path(message: type[Message]) -> str:
    """Where a message's schema lies, from the document's folder: `invoices/firm-changed.v1.json`."""
    _, owner, name = message.wire.type.split(".", 2)
    return f"{owner}/{name}.json"


def _messages_on(topic: Topic) -> list[str]:
    return [wire_type for wire_type, message in MESSAGES.items() if message.wire.topic == topic]


def _channel(topic: Topic) -> Json:
    return {
        "address": topic.name,
        "description": CARRIES[topic.kind].format(owner=topic.owner, days=topic.retention_days),
        "messages": {wire_type: {"$ref": f"#/components/messages/{wire_type}"} for wire_type in _messages_on(topic)},
        "tags": [{"name": topic.owner}, {"name": topic.kind}],
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": BINDING_VERSION,
            }
        },
    }


def _configuration(topic: Topic) -> Json:
    if topic.is_compacted:
        return {"cleanup.policy": ["compact"]}
    return {"cleanup.policy": ["delete"], "retention.ms": topic.retention_days * DAY_MILLISECONDS}


def _action(topic: Topic) -> str:
    return "receive" if topic.kind == "commands" else "send"


def _operation(topic: Topic) -> Json:
    operation: Json = {
        "action": _action(topic),
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{wire_type}"} for wire_type in _messages_on(topic)],
        "tags": [{"name": topic.owner}],
    }
    if topic.kind == "commands":
        operation["reply"] = {"channel": {"$ref": f"#/channels/{ANSWERS[topic.owner].name}"}}
    return operation


def _message(message: type[Message]) -> Json:
    wire_type = message.wire.type
    return {
        "name": wire_type,
        "title": message.__name__,
        "summary": (inspect.getdoc(message) or "").splitlines()[0],
        "correlationId": {"location": "$message.payload#/correlation"},
        "payload": {
            "allOf": [
                {"$ref": "./envelope.v1.json"},
                {"properties": {"type": {"const": wire_type}, "data": {"$ref": f"./{schema_path(message)}"}}},
            ]
        },
        "bindings": {
            "kafka": {
                "key": {"type": "string", "format": "uuid", "description": f"`{message.wire.key_field}` of data."},
                "bindingVersion": BINDING_VERSION,
            }
        },
    }
