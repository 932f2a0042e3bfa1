"""Asking by topic and waiting for the one answer, as a system around Handbill does."""

from dataclasses import dataclass
from typing import Any

from contracts.message import Command
from stack.client.practice import Practice
from stack.client.topics import TopicWatch


@dataclass(frozen=True, slots=True)
class Settled:
    """How a command by topic ended. `result` is the body that HTTP would have given; `slug` says why not."""

    type: str
    result: dict[str, Any]
    slug: str | None


async def ask(watch: TopicWatch, practice: Practice, command: Command) -> Settled:
    """Send a command and wait for its answer.

    Raises: TimeoutError; AssertionError where there is more than one answer by then.
    """
    correlation_id = await watch.command(command, firm_id=practice.firm_id, actor=practice.actor)
    (answer,) = await watch.answers(correlation_id)
    return Settled(answer.type.split(".")[2], answer.data.get("result", {}), answer.data.get("slug"))


async def ask_done(watch: TopicWatch, practice: Practice, command: Command) -> dict[str, Any]:
    """Send a command that must take effect; returns its result.

    Raises: TimeoutError; AssertionError where it is answered otherwise.
    """
    settled = await ask(watch, practice, command)
    assert settled.type == "command-done", settled
    return settled.result


async def ask_refused(watch: TopicWatch, practice: Practice, command: Command) -> str | None:
    """Send a command that must be refused; returns why.

    Raises: TimeoutError; AssertionError where it took effect.
    """
    settled = await ask(watch, practice, command)
    assert settled.type == "command-rejected", settled
    return settled.slug
