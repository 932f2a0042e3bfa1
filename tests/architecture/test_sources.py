"""Rules of the source that neither ruff nor import-linter can tell. Each failure lists its offenders."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for pattern in ("contracts/src/**/*.py", "services/*/src/**/*.py", "deploy/local/src/**/*.py")
    for path in sorted(ROOT.glob(pattern))
]
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}

MODULE_LINES_MAX = 300
FUNCTION_LINES_MAX = 70
NAMES_THAT_SAY_NOTHING = {"base", "common", "helpers", "misc", "util", "utils"}
TOPIC_NAME = re.compile(r"(invoices|sharing|notify|payments)\.[a-z]+(-[a-z]+)*\.v[0-9]|\.(commands|answers)\.v[0-9]")
PUBLISHING = {"publish", "publish_batch", "publisher", "send_and_wait", "send_batch"}
SUPPRESSION = re.compile(r"# (noqa: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*|pyright: ignore\[\w+(, ?\w+)*\])( - |  )\S.*")

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


def test_there_are_sources_to_look_at() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} == {"contracts", "services", "deploy"}


def test_modules_and_functions_grow_no_tail() -> None:
    too_long = [
        *(f"{_name(path)}: {lines} lines" for path in SOURCES if (lines := _line_count(path)) > MODULE_LINES_MAX),
        *_offenders(SOURCES, _is_long_function),
    ]
    assert too_long == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = [path.relative_to(ROOT).with_suffix("") for path in SOURCES]
    assert [str(name) for name in names if NAMES_THAT_SAY_NOTHING & {*name.parts}] == []


def test_a_use_case_file_holds_one_public_async_function_of_its_name() -> None:
    use_cases = [path for path in _inside("usecases") if path.name != "__init__.py"]
    assert {_name(path): names for path in use_cases if (names := _public_functions(path)) != [path.stem]} == {}


def test_domain_is_pure_standard_library() -> None:
    allowed = sys.stdlib_module_names
    foreign = {
        _name(path): packages
        for path in _inside("domain")
        if (packages := _imported_modules(path) - allowed - _domain_modules(path))
    }
    assert foreign == {}


def test_no_topic_is_named_outside_the_contract() -> None:
    elsewhere = [path for path in SOURCES if _name(path) != "contracts/src/contracts/topics.py"]
    assert _offenders(elsewhere, _names_a_topic) == []


def test_only_the_relay_publishes() -> None:
    """The local stack's client plays another system, which sends commands of its own."""
    may = {"services/chassis/src/chassis/relay.py", "deploy/local/src/stack/client/topics.py"}
    elsewhere = [path for path in SOURCES if _name(path) not in may]
    assert _offenders(elsewhere, _publishes) == []


def test_no_module_makes_its_annotations_strings() -> None:
    assert _offenders(SOURCES, lambda node: isinstance(node, ast.ImportFrom) and node.module == "__future__") == []


def test_a_suppressed_rule_is_named_and_its_reason_stands_beside_it() -> None:
    unreasoned = [
        f"{_name(path)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"# *(noqa|type: *ignore|pyright:)", line) and not SUPPRESSION.search(line)
    ]
    assert unreasoned == []


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _line_count(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _inside(room: str) -> list[Path]:
    """All sources in a service's room, be it a module or a package."""
    return [
        path for path in SOURCES if path.relative_to(ROOT).match(f"services/*/src/*/{room}.py") or _is_in(path, room)
    ]


def _is_in(path: Path, room: str) -> bool:
    parts = path.relative_to(ROOT).parts
    return parts[0] == "services" and len(parts) > 5 and parts[4] == room  # services/<name>/src/<name>/<room>/


def _offenders(paths: list[Path], offends: Callable[[ast.AST], bool]) -> list[str]:
    return [f"{_name(path)}:{node.lineno}" for path in paths for node in _nodes(TREES[path]) if offends(node)]


def _nodes(tree: ast.Module) -> Iterator[ast.stmt | ast.expr]:
    """All statements and expressions but strings that stand alone: those are docstrings."""
    for node in ast.walk(tree):
        children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt | ast.expr)]
        yield from (child for child in children if not isinstance(node, ast.Expr) or not _is_text(child))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_long_function(node: ast.AST) -> bool:
    return isinstance(node, AnyFunction) and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES_MAX


def _names_a_topic(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and TOPIC_NAME.search(node.value) is not None


def _publishes(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PUBLISHING


def _public_functions(path: Path) -> list[str]:
    """Names of public functions; one that is not async shows as such."""
    functions = [node for node in TREES[path].body if isinstance(node, AnyFunction) and not node.name.startswith("_")]
    return [node.name if isinstance(node, ast.AsyncFunctionDef) else f"{node.name} (not async)" for node in functions]


def _imported_modules(path: Path) -> set[str]:
    """Imported modules: of our own package in full, of others their first name."""
    plain = [alias.name for node in ast.walk(TREES[path]) if isinstance(node, ast.Import) for alias in node.names]
    froms = [node.module or "" for node in ast.walk(TREES[path]) if isinstance(node, ast.ImportFrom)]
    own = path.relative_to(ROOT).parts[3]
    return {name if name.startswith(f"{own}.") else name.split(".")[0] for name in (*plain, *froms)}


def _domain_modules(path: Path) -> set[str]:
    """The modules of the same service's domain, and the domain itself."""
    own = f"{path.relative_to(ROOT).parts[3]}.domain"
    return {module for module in _imported_modules(path) if module == own or module.startswith(f"{own}.")}
