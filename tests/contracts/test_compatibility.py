"""What has been released stays readable both ways inside `v1`: by old readers, and from old writers.

Writers are closed and readers are open, so that adding an optional field breaks nobody. What a break needs is a `v2`
beside the `v1`. `python -m contracts.export --release` takes the present schemas as given to others.
"""

import json
from typing import Any

import pytest
from jsonsubschema import is_subschema

from contracts.export import RELEASED, exported_schemas

SAYS_NOTHING_OF_VALUES = {"$schema", "title", "description", "default", "discriminator"}

RELEASED_PATHS = sorted(path.relative_to(RELEASED).as_posix() for path in RELEASED.rglob("*.v*.json"))

INVOICE = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "state": {"enum": ["draft", "final"]}, "note": {"type": "string"}},
    "required": ["id", "state"],
}


@pytest.mark.proves("X2")
def test_what_was_released_is_known() -> None:
    assert "envelope.v1.json" in RELEASED_PATHS


@pytest.mark.parametrize("path", RELEASED_PATHS)
@pytest.mark.proves("X2")
def test_no_change_breaks_a_reader_or_a_writer(path: str) -> None:
    assert path in exported_schemas(), "a released message version was taken away"
    released, present = json.loads((RELEASED / path).read_text()), json.loads(exported_schemas()[path])
    assert _breaks(released, present) == set()


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        pytest.param({"properties": {"due": {"type": "string"}}}, set(), id="an optional field is added"),
        pytest.param({"properties": {"note": None}}, set(), id="an optional field is dropped"),
        pytest.param(
            {"properties": {"due": {"type": "string"}}, "required": ["id", "state", "due"]},
            {"new readers"},
            id="a required field is added",
        ),
        pytest.param({"required": ["id"]}, {"old readers"}, id="a required field becomes optional"),
        pytest.param(
            {"properties": {"state": {"enum": ["draft", "final", "void"]}}}, {"old readers"}, id="one more value"
        ),
        pytest.param({"properties": {"note": {"type": "string", "maxLength": 9}}}, {"new readers"}, id="a new bound"),
        pytest.param(
            {"properties": {"note": {"type": "string", "pattern": "^[a-z]$"}}},
            {"new readers", "old readers"},
            id="a new pattern",
        ),
        pytest.param({"properties": {"id": {"type": "integer"}}}, {"new readers", "old readers"}, id="another type"),
    ],
)
def test_the_check_tells_whom_a_change_breaks(change: dict[str, Any], broken: set[str]) -> None:
    properties = {**INVOICE["properties"], **change.get("properties", {})}
    changed = {**INVOICE, **change, "properties": {name: kind for name, kind in properties.items() if kind}}
    assert _breaks(INVOICE, changed) == broken


def _breaks(released: dict[str, Any], present: dict[str, Any]) -> set[str]:
    new_readers = is_subschema(_closed(released), _open(present))
    old_readers = is_subschema(_closed(present), _open(released))
    return {name for name, reads in (("new readers", new_readers), ("old readers", old_readers)) if not reads}


def _closed(schema: dict[str, Any]) -> Any:
    return _with_objects(schema, {"additionalProperties": False})


def _open(schema: dict[str, Any]) -> Any:
    return _with_objects(schema, {})


def _with_objects(node: Any, additional: dict[str, Any]) -> Any:
    """Make every object that lists its properties closed or open, in the words that the checker understands."""
    if isinstance(node, list):
        return [_with_objects(item, additional) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "string" and "const" not in node and "enum" not in node:
        return _stand_in_for_text(node)
    kept = {key: value for key, value in node.items() if key not in SAYS_NOTHING_OF_VALUES}
    if "properties" not in node:
        return {"anyOf" if key == "oneOf" else key: _with_objects(value, additional) for key, value in kept.items()}
    kept.pop("additionalProperties", None)
    properties = {name: _with_objects(value, additional) for name, value in kept.pop("properties").items()}
    return {**_with_objects(kept, additional), "properties": properties, **additional}


def _stand_in_for_text(node: dict[str, Any]) -> dict[str, Any]:
    """Make lists of one value of strings: the checker compares their lengths, but cannot read our patterns.

    So another pattern or format breaks both sides: that it is wider or narrower is not looked into.
    """
    value = node.get("pattern") or node.get("format") or "any text"
    bounds = {"minItems": node.get("minLength", 0), "maxItems": node.get("maxLength", 10**9)}
    return {"type": "array", "items": {"enum": [value]}, **bounds}
