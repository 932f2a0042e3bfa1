"""What the steps of the story share: the stack's addresses, a client, and the files they leave."""

from dataclasses import dataclass, field
from pathlib import Path

import httpx

from stack.addresses import Addresses
from stack.folders import RunFolder


class StepFailed(Exception):
    """The stack did something else than the story says."""

    def __init__(self, expected: object, seen: object) -> None:
        super().__init__(f"expected {expected}, saw {seen}")
        self.expected = str(expected)
        self.seen = str(seen)


@dataclass(slots=True)
class Scene:
    """One playing of the story; what a step makes and a later one needs is kept in `made`."""

    run: RunFolder
    addresses: Addresses
    http: httpx.AsyncClient
    out_folder: Path
    files: list[Path] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)

    def keep_file(self, name: str, content: bytes) -> Path:
        """Write a file that the timeline links to."""
        path = self.out_folder / name
        path.write_bytes(content)
        self.files.append(path)
        return path


def check(what: str, *, expected: object, seen: object) -> None:
    """Compare what the story says with what was seen.

    Raises: StepFailed.
    """
    if seen != expected:
        raise StepFailed(f"{what}: {expected}", seen)
