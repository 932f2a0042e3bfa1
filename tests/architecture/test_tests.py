"""Rules of the tests themselves."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = [
    path
    for pattern in ("tests/**/*.py", "services/*/tests/**/*.py", "deploy/local/tests/**/*.py")
    for path in sorted(ROOT.glob(pattern))
]
MISSION_ID = re.compile(r"[ISNPX][1-9][0-9]?a?")


def test_no_test_sleeps() -> None:
    """Waiting has a condition and a bound: `chassis.testing.eventually`."""
    assert [place for path in TESTS for place, node in _calls(path) if _called_name(node) == "sleep"] == []


def test_nothing_is_skipped_in_silence() -> None:
    skipping = {"skip", "skipif", "xfail", "importorskip"}
    assert [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in TESTS
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and node.attr in skipping
    ] == []


def test_tests_are_functions_not_classes() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in TESTS
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test")
    ] == []


def test_what_a_test_proves_is_an_id_of_the_mission() -> None:
    strange = [
        f"{place}: {ast.unparse(argument)}"
        for path in TESTS
        for place, node in _calls(path)
        if _called_name(node) == "proves"
        for argument in node.args
        if not (isinstance(argument, ast.Constant) and MISSION_ID.fullmatch(str(argument.value)))
    ]
    assert strange == []


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _calls(path: Path) -> list[tuple[str, ast.Call]]:
    calls = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)]
    return [(f"{path.relative_to(ROOT)}:{node.lineno}", node) for node in calls]


def _called_name(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""
