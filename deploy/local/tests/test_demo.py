import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from chassis.testing.addresses import Stack
from stack.addresses import Addresses
from stack.client.topics import watching
from stack.demo.play import play_story, unplayed
from stack.demo.result import write_results
from stack.demo.scene import Scene, check
from stack.demo.story import Step
from stack.folders import RunFolder


@pytest.fixture
async def scene(tmp_path: Path, stack: Stack) -> AsyncIterator[Scene]:
    async with httpx.AsyncClient() as http, watching(stack.kafka_bootstrap) as watch:
        yield Scene(RunFolder(tmp_path), Addresses(str(tmp_path), {}, {}), http, tmp_path, watch)


async def _write(scene: Scene) -> None:
    scene.keep_file("letter.txt", b"Dear Anna")


async def _miscount(scene: Scene) -> None:
    check("shares", expected=2, seen=1)


async def _call_nobody(scene: Scene) -> None:
    await scene.http.get("http://127.0.0.1:9/")


WRITES = Step("S1 S8", "a letter is written", _write)
MISCOUNTS = Step("I3", "two shares are counted", _miscount)
CALLS_NOBODY = Step("X1", "nobody answers", _call_nobody)


async def test_a_story_that_goes_well_is_ok_and_links_to_its_files(scene: Scene, capsys, tmp_path: Path):
    results = unplayed([WRITES])
    await play_story([WRITES], scene, results)
    write_results(tmp_path / "out" / "demo.json", results)
    written = json.loads((tmp_path / "out" / "demo.json").read_text())
    assert written["ok"]
    assert written["steps"][0]["id"] == "S1 S8"
    assert written["steps"][0].keys() == {"id", "title", "ok", "seconds", "files"}
    assert "letter.txt" in capsys.readouterr().out


async def test_a_wrong_step_ends_the_story_and_says_what_was_expected_and_seen(scene: Scene, capsys, tmp_path: Path):
    story = [WRITES, MISCOUNTS, WRITES]
    results = unplayed(story)
    await play_story(story, scene, results)
    assert [result.ok for result in results] == [True, False, False]
    said = capsys.readouterr().out
    assert "expected: shares: 2" in said
    assert "seen:     1" in said
    write_results(tmp_path / "demo.json", results)
    assert not json.loads((tmp_path / "demo.json").read_text())["ok"]


async def test_silence_is_a_wrong_step_and_not_a_crash(scene: Scene):
    results = unplayed([CALLS_NOBODY])
    await play_story([CALLS_NOBODY], scene, results)
    assert not results[0].ok
    assert "ConnectError" in str(results[0].seen)
