"""What the steps of the story share: the stack's addresses, a client, and the files they leave."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from contracts.answers import ANSWERS_OF
from stack.addresses import Addresses
from stack.client.mail import Mail
from stack.client.topics import TopicWatch
from stack.demo.office import Office
from stack.folders import RunFolder

PATIENCE_SECONDS = 20.0
DONE = {owner: answers.done.wire.type for owner, answers in ANSWERS_OF.items()}
"""Wire type of the answer that says a command took effect, by the service that gives it."""


class StepFailed(Exception):
    """The stack did something else than the story says."""

    def __init__(self, expected: object, seen: object) -> None:
        super().__init__(f"expected {expected}, saw {seen}")
        self.expected = str(expected)
        self.seen = str(seen)


@dataclass(slots=True)
class Scene:
    """One playing of the story; what a step makes and a later one needs is kept in the office."""

    run: RunFolder
    addresses: Addresses
    http: httpx.AsyncClient
    out_folder: Path
    watch: TopicWatch
    files: list[Path] = field(default_factory=list)
    opened: Office | None = None

    @property
    def office(self) -> Office:
        """The firm of the story, from the step on that opens it."""
        assert self.opened is not None, "the story begins by opening the firm"
        return self.opened

    def keep_file(self, name: str, content: bytes) -> None:
        """Write a file that the timeline links to, beneath the step that made it."""
        path = self.out_folder / name
        path.write_bytes(content)
        self.files.append(path)

    def keep_mail(self, name: str, mail: Mail) -> None:
        """Keep a mail as it came, and its page for a browser."""
        self.keep_file(f"{name}.eml", mail.raw)
        self.keep_file(f"{name}.html", mail.part("html").encode())


def check(what: str, *, expected: object, seen: object) -> None:
    """Compare what the story says with what was seen.

    Raises: StepFailed.
    """
    if seen != expected:
        raise StepFailed(f"{what}: {expected}", seen)


async def check_soon(what: str, *, expected: object, look: Callable[[], Awaitable[object]]) -> None:
    """Look until it is as the story says, for as long as a person would wait.

    Raises: StepFailed, with what was seen last.
    """
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + PATIENCE_SECONDS
    while (seen := await look()) != expected:
        if loop.time() > give_up_at:
            raise StepFailed(f"{what}: {expected}", seen)
        await asyncio.sleep(0.02)
