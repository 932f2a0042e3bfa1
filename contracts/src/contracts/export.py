"""`python -m contracts.export` writes the published files; with `--check` it names those that differ and fails.

They are committed: a reviewer reads there what a change means to other systems. `--release` also copies the schemas to
where the compatibility test finds what other systems have been given.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from contracts.asyncapi import asyncapi_document, schema_path
from contracts.registry import MESSAGES
from contracts.schemas import Json, envelope_schema, message_schema

# Both are folders of a checkout; the installed package has no published files.
PUBLISHED = Path(__file__).parents[2] / "schemas"
RELEASED = Path(__file__).parents[2] / "released"


def exported_schemas() -> dict[str, str]:
    """Make the schemas' files by path under the folder: the same text each time, whatever order things come in."""
    messages = {schema_path(message): _text(message_schema(message)) for message in MESSAGES.values()}
    return {"envelope.v1.json": _text(envelope_schema()), **messages}


def exported_files() -> dict[str, str]:
    """Make all published files by path under the folder: the schemas and the document that refers to them."""
    return {"asyncapi.json": _text(asyncapi_document()), **exported_schemas()}


def differing_files(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Tell which files of the folder are missing, differ, or belong to no message any more."""
    present = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.json")}
    return sorted(path for path in files.keys() | present.keys() if files.get(path) != present.get(path))


def write_files(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Make the folder hold exactly these files, and tell which of them changed."""
    changed = differing_files(folder, files)
    for path in changed:
        if path in files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(files[path], encoding="utf-8")
        else:
            (folder / path).unlink()
    return changed


def main() -> int:
    """Write, check or release, by the command line; the exit code is 1 when a check found a difference."""
    parser = argparse.ArgumentParser(prog="python -m contracts.export", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="write nothing; fail when a file differs")
    what.add_argument("--release", action="store_true", help="write, and take the schemas as given to other systems")
    arguments = parser.parse_args()
    if arguments.check:
        return _check()
    for path in write_files(PUBLISHED, exported_files()):
        print(f"written: {path}")
    if arguments.release:
        for path in write_files(RELEASED, exported_schemas()):
            print(f"released: {path}")
    return 0


def _check() -> int:
    differing = differing_files(PUBLISHED, exported_files())
    for path in differing:
        print(f"differs: {path}")
    if differing:
        print("Run `python -m contracts.export`, and read the difference as another system would.", file=sys.stderr)
    return 1 if differing else 0


def _text(document: Json) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
