"""`./handbill demo`: plays the story on a real stack and checks every step."""

import asyncio
import shutil
from typing import Annotated

import httpx
import typer

from stack.addresses import Addresses, read_addresses
from stack.client.topics import watching
from stack.commands.options import JsonFile
from stack.commands.up import start_lasting
from stack.demo.play import play_story, unplayed
from stack.demo.result import StepResult, write_results
from stack.demo.scene import Scene
from stack.demo.story import STORY
from stack.folders import CHECKOUT, RunFolder
from stack.launch import DidNotStart, Launch, passing_stack
from stack.runs import LASTING, run_folder
from stack.terminal import StartProgress, err, tell_failed_start

_OUT_FOLDER = CHECKOUT / "out" / "demo"
_ANSWER_TIMEOUT_SECONDS = 15.0


def demo(
    *,
    json_file: JsonFile = None,
    stay: Annotated[bool, typer.Option("--stay", help="Play on the stack of `up`, and leave it up.")] = False,
) -> None:
    """Play the story on a fresh stack, checking every step."""
    results = unplayed(STORY)
    try:
        if stay:
            _play_on_lasting_stack(results)
        else:
            _play_on_passing_stack(results)
    finally:
        if json_file is not None:
            write_results(json_file, results)
    raise typer.Exit(0 if _is_ok(results) else 1)


def _play_on_passing_stack(results: list[StepResult]) -> None:
    progress = StartProgress()
    try:
        with passing_stack(Launch("demo"), progress) as stack:
            progress.finish()
            # Kept unless the story ends well, so that whatever went wrong can be looked at.
            stack.is_kept = True
            _play(stack.run, results)
            stack.is_kept = not _is_ok(results)
    except DidNotStart as fault:
        tell_failed_start(fault)
        return
    if stack.is_kept:
        err.print(f"The stack's logs and data are kept in {stack.run.path}")


def _play_on_lasting_stack(results: list[StepResult]) -> None:
    start_lasting(Launch(LASTING))
    _play(run_folder(LASTING), results)
    err.print("The stack stays up; stop it with: ./handbill down")


def _play(run: RunFolder, results: list[StepResult]) -> None:
    addresses = read_addresses(run.addresses_file)
    assert addresses is not None, "a stack that is up has addresses"
    shutil.rmtree(_OUT_FOLDER, ignore_errors=True)
    _OUT_FOLDER.mkdir(parents=True)
    asyncio.run(_play_on(run, addresses, results))


async def _play_on(run: RunFolder, addresses: Addresses, results: list[StepResult]) -> None:
    async with (
        httpx.AsyncClient(timeout=_ANSWER_TIMEOUT_SECONDS) as http,
        watching(addresses.kafka_bootstrap) as watch,
    ):
        await play_story(STORY, Scene(run, addresses, http, _OUT_FOLDER, watch), results)


def _is_ok(results: list[StepResult]) -> bool:
    return all(result.ok for result in results)
