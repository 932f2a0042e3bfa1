"""Rules that every topic and every message class keeps."""

import ast
import re
import sys
from pathlib import Path
from uuid import UUID

import pytest

import contracts
from contracts import topics
from contracts.message import Command, Fact, Message, State
from contracts.registry import MESSAGES

SOURCES = sorted(Path(contracts.__path__[0]).glob("*.py"))

every_message = pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
every_topic = pytest.mark.parametrize("topic", topics.ALL, ids=[topic.name for topic in topics.ALL])


@every_topic
def test_a_topic_is_named_by_its_owner_and_what_it_is_about(topic: topics.Topic) -> None:
    owner, subject, version = topic.name.split(".")
    assert owner == topic.owner
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", subject)
    assert re.fullmatch(r"v[1-9][0-9]*", version)
    assert (subject == topic.kind) == (topic.kind in {"commands", "answers"})


def test_topics_have_names_of_their_own_and_each_is_listed() -> None:
    assert len({topic.name for topic in topics.ALL}) == len(topics.ALL)
    assert {message.wire.topic for message in MESSAGES.values()} <= set(topics.ALL)


@pytest.mark.parametrize("topic", [topic for topic in topics.ALL if topic.kind != "commands"], ids=lambda t: t.name)
def test_a_topic_carries_something(topic: topics.Topic) -> None:
    # Command topics are there for every owner from the start: who may write them is decided once.
    assert any(message.wire.topic == topic for message in MESSAGES.values())


@every_message
def test_a_message_is_keyed_by_a_field_with_an_id(message: type[Message]) -> None:
    field = message.model_fields[message.wire.key_field]
    assert field.annotation is UUID
    assert field.is_required(), "a key is never null"


@every_message
def test_a_message_travels_on_a_topic_of_its_kind(message: type[Message]) -> None:
    kind = message.wire.topic.kind
    assert (kind == "commands") == issubclass(message, Command)
    assert (kind == "state") == issubclass(message, State)
    assert (kind in {"facts", "state", "answers"}) == issubclass(message, Fact)


@every_message
def test_a_message_and_all_in_it_is_frozen_and_closed(message: type[Message]) -> None:
    assert message.model_config.get("frozen") is True
    assert message.model_config.get("extra") == "forbid"
    for part in message.model_json_schema().get("$defs", {}).values():
        assert part.get("type") != "object" or part["additionalProperties"] is False, part["title"]


@pytest.mark.parametrize(
    "message",
    [message for message in MESSAGES.values() if issubclass(message, Command)],
    ids=lambda message: message.__name__,
)
def test_a_command_names_the_scope_it_needs(message: type[Command]) -> None:
    assert re.fullmatch(r"[a-z]+:write", message.scope)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_contracts_stand_on_pydantic_and_the_standard_library_alone(source: Path) -> None:
    allowed = sys.stdlib_module_names | {"contracts", "pydantic", "pydantic_core"}
    assert _imported_packages(source) <= allowed


def _imported_packages(source: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(source.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names = plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names}
