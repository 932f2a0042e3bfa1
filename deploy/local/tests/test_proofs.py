import subprocess
import sys
from pathlib import Path

from stack.lanes import lane_of

_PROVING = """
import pytest

@pytest.mark.proves("S10", "S2")
def test_sharing():
    pass

@pytest.mark.proves("S2")
def test_failing():
    assert {is_well}
"""
_SKIPPING = """
import pytest

@pytest.mark.skip(reason="no time")
def test_skipped():
    pass
"""


def _pytest(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_of_proofs.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "stack.proofs", "-p", "no:cacheprovider", "-q", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_each_mission_id_is_listed_with_its_tests_in_the_order_of_the_mission(tmp_path: Path):
    ended = _pytest(tmp_path, _PROVING.format(is_well=True))
    assert ended.returncode == 0
    table = ended.stdout[ended.stdout.index("S2") :]
    assert table.index("S2 ") < table.index("S10 ")
    assert "S2     2 passed" in table
    assert "test_of_proofs.py::test_sharing" in table


def test_a_test_that_fails_is_no_proof(tmp_path: Path):
    ended = _pytest(tmp_path, _PROVING.format(is_well=False))
    assert ended.returncode == 1
    assert "S2     1 failed, 1 passed" in ended.stdout


def test_a_skipped_test_fails_the_run_and_says_why(tmp_path: Path):
    ended = _pytest(tmp_path, _SKIPPING)
    assert ended.returncode == 1
    assert "nothing is skipped in silence" in ended.stdout
    assert "no time" in ended.stdout


def test_workers_tell_what_they_prove_and_skip(tmp_path: Path):
    (tmp_path / "test_skipped_whole.py").write_text('import pytest\npytest.skip("no time", allow_module_level=True)')
    ended = _pytest(tmp_path, _PROVING.format(is_well=True), "-n", "2", "-p", "stack.lanes")
    assert ended.returncode == 1
    assert "S2     2 passed" in ended.stdout
    assert "test_skipped_whole.py: Skipped: no time" in ended.stdout


def test_all_that_needs_the_whole_stack_is_one_lane():
    assert lane_of("tests/faults/test_outages.py::test_one") == lane_of("tests/flows/test_payment.py::test_two[a::b]")
    assert lane_of("services/web/tests/test_app.py::test_one") == "services/web/tests/test_app.py"
