"""What makes a run invalid; and each benchmark once, with next to nothing to do, on a stack of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis.ids import new_id
from contracts.answers import ANSWERS_OF
from contracts.sharing import InvoiceShared, SharesRevoked
from stack.bench.checks import check_once
from stack.bench.ours import check_answers, check_facts
from stack.bench.result import InvalidRun
from stack.folders import CHECKOUT

ANSWERS = ANSWERS_OF["sharing"]
ASKED = [new_id() for _ in range(3)]


def answer(command_id: UUID, type_: str = ANSWERS.done.wire.type) -> Mapping[str, Any]:
    return {"type": type_, "data": {"command_id": str(command_id)}}


def fact(command_id: UUID, shares: int = 2, type_: str = InvoiceShared.wire.type) -> Mapping[str, Any]:
    return {"type": type_, "causation": str(command_id), "data": {"shares": [{}] * shares}}


def test_a_run_in_which_everything_was_done_once_is_valid():
    check_once("an event", ASKED, reversed(ASKED))
    check_answers(ASKED, [answer(one) for one in ASKED])
    check_facts(ASKED, [fact(one) for one in ASKED])


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (ASKED[1:], "1 missing, 0 repeated, 0 strange"),
        ([*ASKED, ASKED[0]], "0 missing, 1 repeated, 0 strange"),
        ([*ASKED, new_id()], "0 missing, 0 repeated, 1 strange"),
    ],
    ids=["missing", "repeated", "strange"],
)
def test_what_is_missing_repeated_or_strange_makes_a_run_invalid(seen: Sequence[UUID], said: str):
    with pytest.raises(InvalidRun, match=said):
        check_once("an event", ASKED, seen)
    with pytest.raises(InvalidRun, match=said):
        check_answers(ASKED, [answer(one) for one in seen])
    with pytest.raises(InvalidRun, match=said):
        check_facts(ASKED, [fact(one) for one in seen])


def test_a_command_that_was_rejected_makes_a_run_invalid():
    answers = [answer(ASKED[0], ANSWERS.rejected.wire.type), *map(answer, ASKED[1:])]
    with pytest.raises(InvalidRun, match="1 commands were not done"):
        check_answers(ASKED, answers)


@pytest.mark.parametrize(
    "unsound",
    [fact(ASKED[0], shares=1), fact(ASKED[0], type_=SharesRevoked.wire.type)],
    ids=["a share", "another fact"],
)
def test_a_fact_that_tells_of_something_else_makes_a_run_invalid(unsound: Mapping[str, Any]):
    with pytest.raises(InvalidRun, match="1 facts do not tell of 2 new shares"):
        check_facts(ASKED, [unsound, *map(fact, ASKED[1:])])


@pytest.mark.kafka
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("name", "commands", "figures"),
    [
        ("share", "40", {"cpu_us_ours", "cpu_us_bare", "cpu_us_naive", "ratio_to_bare", "naive_to_ours"}),
        ("share-to-mail", "1", {"portal_p50_ms", "email_pdf_before_p50_ms", "email_pdf_on_the_way_p50_ms"}),
        ("pay", "2", {"page_cpu_ms", "charge_cpu_ms", "attempts_per_second_10", "attempts_per_second_50"}),
    ],
)
def test_a_small_run_of_each_benchmark_is_valid_and_has_its_figures(
    name: str, commands: str, figures: set[str], tmp_path: Path
):
    file = tmp_path / "bench.json"
    command = [
        sys.executable,
        "-m",
        "stack",
        "bench",
        name,
        "--rounds",
        "1",
        "--commands",
        commands,
        "--json",
        str(file),
    ]
    ended = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    written = json.loads(file.read_text())
    assert (written["bench"], written["rounds"]) == (name, 1)
    assert figures <= written["figures"].keys()
    assert written["load"] >= 0
