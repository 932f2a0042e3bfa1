"""What the READMEs promise is there: features with tests that prove them, and one README for each room."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MISSION_ID = re.compile(r"[ISNPX][1-9][0-9]?a?")
ROOMS = [path.parent for path in sorted([*ROOT.glob("services/*/pyproject.toml"), ROOT / "contracts/pyproject.toml"])]
TESTS = [
    path for pattern in ("tests", "services/*/tests", "deploy/local/tests") for path in ROOT.glob(f"{pattern}/**/*.py")
]


def test_every_mission_id_that_a_test_proves_is_in_the_feature_table() -> None:
    assert {mission_id for path in TESTS for mission_id in _proved_in(path)} - _feature_table().keys() == set()


def test_every_test_that_the_feature_table_names_proves_that_feature() -> None:
    """A row is `| id | where | test | state |`; its tests are links to files."""
    wrong = [
        f"{mission_id}: {link}"
        for mission_id, cell in _feature_table().items()
        for link in re.findall(r"\]\(([^)#]+)", cell)
        if not (ROOT / link).is_file() or mission_id not in _proved_in(ROOT / link)
    ]
    assert wrong == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_every_room_has_a_readme_of_one_screen(room: Path) -> None:
    text = (room / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert len(text.splitlines()) <= 80


def _feature_table() -> dict[str, str]:
    """The cell with the tests of each mission id; a row may hold several ids."""
    rows = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    table = {mission_id: row[2] for row in rows if len(row) == 4 for mission_id in MISSION_ID.findall(row[0])}
    assert table, "README.md has no feature table: | id | where | test | state |"
    return table


def _proved_in(path: Path) -> set[str]:
    marks = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "proves"
    ]
    return {str(argument.value) for mark in marks for argument in mark.args if isinstance(argument, ast.Constant)}
