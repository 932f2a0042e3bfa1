import json
import subprocess
import sys
from pathlib import Path

import pytest

from stack.bench.cpu import CpuSeconds, busy_ticks, stat_ticks, tree_seconds
from stack.bench.result import Result, percentile, spread, write_result

# Works for a while, then waits for its parent to say that it may end.
_WORK = "import time\nwhile time.process_time() < 0.3: pass\nprint('worked', flush=True)\ninput()"
# Has a child that works, tells when it has, and outlives it.
_PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {_WORK!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
print(child.stdout.readline(), end="", flush=True)
input()
child.communicate("\\n")
print("reaped", flush=True)
input()
"""


def test_the_ticks_of_a_process_are_its_own_and_those_of_the_children_it_has_reaped():
    stat = "4711 (a (strange) name) S 1 4711 4711 0 -1 4194560 100 0 0 0 70 20 5 3 20 0 1 0 12345"
    assert stat_ticks(stat) == 70 + 20 + 5 + 3


def test_a_processor_that_idles_or_waits_for_a_disk_is_not_busy():
    assert busy_ticks("cpu  100 5 50 1000 200 7 8 9 0 0") == 100 + 5 + 50 + 7 + 8 + 9


def test_what_was_used_is_a_difference_and_its_total_leaves_the_machine_out():
    used = CpuSeconds(5.0, 3.0, 2.0, 40.0) - CpuSeconds(4.0, 2.5, 1.75, 30.0)
    assert used == CpuSeconds(1.0, 0.5, 0.25, 10.0)
    assert used.total == 1.75


def test_a_childs_time_counts_while_it_lives_and_after_it_has_ended_and_once():
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdin=-1, stdout=-1, text=True) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        assert parent.stdout.readline() == "worked\n"
        alive = tree_seconds(parent.pid)
        parent.stdin.write("\n")
        parent.stdin.flush()
        assert parent.stdout.readline() == "reaped\n"
        ended = tree_seconds(parent.pid)
        parent.stdin.write("\n")
    assert 0.25 <= alive <= ended < 2 * alive


def test_a_process_that_has_ended_has_no_time_and_is_no_fault():
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        process.wait()
    assert tree_seconds(process.pid) == 0.0


def test_a_spread_is_the_median_and_both_ends_with_the_digits_that_were_measured():
    assert spread([5.0, 1.0, 2.345678]) == {"median": 2.346, "min": 1.0, "max": 5.0}


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 6), (0.99, 10), (1.0, 10)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: int):
    assert percentile([3, 1, 2, 5, 4, 6, 10, 9, 8, 7], share) == value


def test_a_result_is_one_json_object_with_its_details_beside_the_rest(tmp_path: Path):
    file = tmp_path / "out" / "bench.json"
    write_result(file, Result("share", {"cpu_us_ours": 100.0}, 3, 0.5, {"contestants": {"ours": 1}}))
    assert json.loads(file.read_text()) == {
        "bench": "share",
        "figures": {"cpu_us_ours": 100.0},
        "rounds": 3,
        "load": 0.5,
        "contestants": {"ours": 1},
    }
