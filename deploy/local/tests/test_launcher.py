"""The launcher's decisions; that it installs is seen by every run from a fresh clone."""

import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from stack.folders import CHECKOUT


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The launcher as if it stood in an empty checkout of one package."""
    loader = importlib.machinery.SourceFileLoader("handbill_launcher", str(CHECKOUT / "handbill"))
    spec = importlib.util.spec_from_loader("handbill_launcher", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "pyproject.toml").write_text('[project]\nname = "handbill-contracts"\n')
    (tmp_path / "requirements.lock").write_text("one==1\n")
    places = {"ROOT": ".", "VENV": ".venv", "LOCK": "requirements.lock", "STAMP": "stamp.json"}
    for name, place in places.items():
        monkeypatch.setattr(module, name, tmp_path / place)
    return module


def test_an_installation_is_known_by_its_stamp(launcher: ModuleType):
    assert launcher.read_stamp() == {}
    launcher.STAMP.write_text(json.dumps(launcher.wanted_stamp()))
    assert launcher.read_stamp() == launcher.wanted_stamp()


def test_a_half_written_stamp_counts_as_none(launcher: ModuleType):
    launcher.STAMP.write_text('{"root": ')
    assert launcher.read_stamp() == {}


@pytest.mark.parametrize("changed", ["requirements.lock", "contracts/pyproject.toml"])
def test_a_changed_lock_or_package_is_installed_anew(launcher: ModuleType, changed: str):
    before = launcher.wanted_stamp()
    (launcher.ROOT / changed).write_text("other\n")
    assert launcher.wanted_stamp() != before


def test_the_lock_leaves_out_every_package_of_ours(launcher: ModuleType):
    assert [launcher.member_name(member) for member in launcher.members()] == ["handbill-contracts"]
    names = [line.split("==")[0] for line in (CHECKOUT / "requirements.lock").read_text().splitlines()]
    assert not [name for name in names if name.startswith("handbill")]


def test_the_launcher_needs_nothing_but_the_standard_library():
    program = "import runpy, sys; sys.argv = ['handbill']; runpy.run_path(sys.argv[0], run_name='looked at')"
    ended = subprocess.run([sys.executable, "-I", "-S", "-c", program], cwd=CHECKOUT, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
