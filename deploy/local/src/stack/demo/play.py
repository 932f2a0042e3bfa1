"""Playing the story on a stack that is up; the first wrong step ends it."""

import time
from collections.abc import Sequence

import httpx

from stack.client.practice import WrongAnswerError
from stack.demo.result import StepResult
from stack.demo.scene import Scene, StepFailed
from stack.demo.story import Step
from stack.demo.timeline import playing, tell_end, tell_step


def unplayed(story: Sequence[Step]) -> list[StepResult]:
    """Return the results of a story that has not begun: nothing is ok until it was seen to be."""
    return [StepResult(step.ids, step.title, ok=False, seconds=0.0, seen="it was not played") for step in story]


async def play_story(story: Sequence[Step], scene: Scene, results: list[StepResult]) -> None:
    """Play the steps in order and tell each; `results` has one per step and is filled on the way."""
    for place, step in enumerate(story):
        results[place] = await _play(step, scene)
        tell_step(results[place])
        if not results[place].ok:
            break
    tell_end(results, scene.out_folder)


async def _play(step: Step, scene: Scene) -> StepResult:
    begun, made_before = time.monotonic(), len(scene.files)
    expected = seen = None
    try:
        with playing(step):
            await step.play(scene)
    except StepFailed as wrong:
        expected, seen = wrong.expected, wrong.seen
    except WrongAnswerError as wrong:
        expected, seen = "the answer that the story relies on", str(wrong)
    except (httpx.HTTPError, TimeoutError) as silence:
        expected, seen = "an answer", repr(silence)
    seconds = round(time.monotonic() - begun, 3)
    files = tuple(map(str, scene.files[made_before:]))
    return StepResult(step.ids, step.title, seen is None, seconds, expected=expected, seen=seen, files=files)
