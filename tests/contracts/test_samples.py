"""One record body per message version, as it was written in its day and never edited since.

They stand for every record that is still on a topic and every sender that is not updated yet.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.formats.json import JSONFormat
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from contracts.asyncapi import schema_path
from contracts.envelope import Envelope
from contracts.export import PUBLISHED
from contracts.message import Message
from contracts.registry import MESSAGES

SAMPLES = {path.name.removesuffix(".json"): path for path in (Path(__file__).parent / "samples").glob("*.json")}

every_sample = pytest.mark.parametrize("wire_type", sorted(SAMPLES))


@pytest.mark.proves("X2")
def test_every_message_version_has_a_sample_and_every_sample_its_message() -> None:
    assert SAMPLES.keys() == MESSAGES.keys()


@every_sample
@pytest.mark.proves("X2")
def test_an_old_record_is_still_read(wire_type: str) -> None:
    envelope = Envelope.model_validate_json(SAMPLES[wire_type].read_bytes())
    message = _as_a_reader(wire_type, envelope.data)
    assert envelope.type == wire_type
    assert envelope.subject == str(message.key), "key, subject and the field that names the aggregate are one"


@every_sample
@pytest.mark.proves("X2")
def test_an_old_record_says_the_same_when_it_is_written_again(wire_type: str) -> None:
    data = json.loads(SAMPLES[wire_type].read_bytes())["data"]
    assert _contains(_as_a_reader(wire_type, data).model_dump(mode="json"), data)


@every_sample
def test_an_old_record_fits_the_published_schemas(wire_type: str) -> None:
    body = json.loads(SAMPLES[wire_type].read_bytes())
    _published_schema("envelope.v1.json").validate(body)
    _published_schema(schema_path(MESSAGES[wire_type])).validate(body["data"])


@every_sample
def test_the_cloudevents_library_reads_every_record(wire_type: str) -> None:
    event = JSONFormat().read(None, SAMPLES[wire_type].read_bytes())
    assert event.get_specversion() == "1.0"
    assert event.get_type() == wire_type
    assert isinstance(event.get_data(), dict)


@every_sample
@pytest.mark.proves("X2")
def test_a_reader_passes_over_fields_it_does_not_know_however_deep(wire_type: str) -> None:
    data = json.loads(SAMPLES[wire_type].read_bytes())["data"]
    assert _as_a_reader(wire_type, _with_a_new_field_everywhere(data)).key == _as_a_reader(wire_type, data).key


@every_sample
def test_a_writer_refuses_fields_that_are_not_in_the_contract(wire_type: str) -> None:
    data = json.loads(SAMPLES[wire_type].read_bytes())["data"]
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        MESSAGES[wire_type].model_validate({**data, "added_later": 1})


@pytest.mark.proves("X2")
def test_an_envelope_may_carry_extensions_of_others() -> None:
    body = json.loads(SAMPLES["handbill.invoices.firm-changed.v1"].read_bytes())
    assert Envelope.model_validate({**body, "dataschema": None, "partner": "x"}).type == body["type"]


def _as_a_reader(wire_type: str, data: dict[str, Any]) -> Message:
    return MESSAGES[wire_type].model_validate_json(json.dumps(data), extra="ignore")


def _published_schema(path: str) -> Draft202012Validator:
    schema = json.loads((PUBLISHED / path).read_text())
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _contains(written: Any, old: Any) -> bool:
    """Whether all that the old record said is in the new one; fields added since may stand beside it."""
    if isinstance(old, dict):
        return all(key in written and _contains(written[key], value) for key, value in old.items())
    if isinstance(old, list):
        return len(written) == len(old) and all(map(_contains, written, old))
    return written == old


def _with_a_new_field_everywhere(node: Any) -> Any:
    if isinstance(node, dict):
        return {"added_later": {"by": "v1"}} | {key: _with_a_new_field_everywhere(value) for key, value in node.items()}
    return [_with_a_new_field_everywhere(item) for item in node] if isinstance(node, list) else node
