"""The published files are those that the code makes; AsyncAPI refers to nothing that is not there."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from contracts import topics
from contracts.export import PUBLISHED, differing_files, exported_files, exported_schemas, write_files
from contracts.registry import MESSAGES


@pytest.mark.proves("X2")
def test_published_files_are_those_that_the_code_makes() -> None:
    assert differing_files(PUBLISHED, exported_files()) == []


@pytest.mark.parametrize("path", exported_schemas())
def test_every_schema_is_a_sound_schema(path: str) -> None:
    Draft202012Validator.check_schema(json.loads(exported_schemas()[path]))


@pytest.mark.proves("X2")
def test_every_message_has_a_schema_that_is_closed() -> None:
    for wire_type, schema in _schemas_by_wire_type().items():
        assert schema["additionalProperties"] is False, wire_type
        assert schema["description"], wire_type


def test_writing_again_changes_nothing_and_checking_names_what_is_missing_changed_or_left_over(tmp_path: Path) -> None:
    write_files(tmp_path, exported_files())
    assert write_files(tmp_path, exported_files()) == []
    (tmp_path / "envelope.v1.json").unlink()
    (tmp_path / "asyncapi.json").write_text("{}\n")
    (tmp_path / "left-over.v1.json").write_text("{}\n")
    differing = ["asyncapi.json", "envelope.v1.json", "left-over.v1.json"]
    assert differing_files(tmp_path, exported_files()) == differing
    assert write_files(tmp_path, exported_files()) == differing
    assert differing_files(tmp_path, exported_files()) == []


@pytest.mark.proves("X2")
def test_asyncapi_has_every_topic_and_every_message_on_its_topic() -> None:
    channels = json.loads(exported_files()["asyncapi.json"])["channels"]
    assert channels.keys() == {topic.name for topic in topics.ALL}
    carried = {(wire_type, name) for name, channel in channels.items() for wire_type in channel["messages"]}
    assert carried == {(wire_type, message.wire.topic.name) for wire_type, message in MESSAGES.items()}


@pytest.mark.proves("X2")
def test_asyncapi_refers_only_to_what_is_there() -> None:
    files = exported_files()
    document = json.loads(files["asyncapi.json"])
    for reference in _references(document):
        path, _, pointer = reference.removeprefix("./").partition("#")
        target = json.loads(files[path]) if path else document
        for step in pointer.split("/")[1:]:
            assert step in target, reference
            target = target[step]


def _schemas_by_wire_type() -> dict[str, dict[str, object]]:
    schemas = {path: json.loads(text) for path, text in exported_schemas().items()}
    return {
        wire_type: schemas["{1}/{2}.{3}.json".format(*wire_type.split("."))]  # handbill.<owner>.<name>.v<n>
        for wire_type in MESSAGES
    }


def _references(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from _references(value)
