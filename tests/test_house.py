"""The shape of the code: order of imports, sizes, names, docstrings, one file and one section per kind of evidence."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch.evidence import EVIDENCE_TABLE
from tests.tree import PACKAGE, ROOT, place, sources, tree

ORDER = (
    "errors",
    "memory",
    "config",
    "arrays",
    "record",
    "findings",
    "keys",
    "importers",
    "sketch",
    "ledger",
    "ingest",
    "engine",
    "rollups",
    "coverage",
    "profiles",
    "nulls",
    "others",
    "likeness",
    "population",
    "held",
    "handoffs",
    "trim",
    "proposals",
    "pools",
    "evidence",
    "weights",
    "inspection",
    "verdict",
    "membership",
    "operators",
    "lineage",
    "parts",
    "follow",
    "explain",
    "naming",
    "pipeline",
    "results",
    "history",
    "report",
    "range",
    "commands",
    "watch",
    "trials",
    "calibrate",
    "console",
    "cli_range",
    "cli",
)
"""The way data flows. A module imports only from modules named before it; inside a package, from its own."""

LONGEST_FUNCTION = 60
LONGEST_MODULE = 400
MEDIAN_FUNCTION = 10
BROAD = ("Exception", "BaseException")
SAYS_NOTHING = ("utils", "util", "helpers", "helper", "misc", "common", "tools", "shared")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _area(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imported(path: Path) -> Iterator[str]:
    """Yield the areas of the package that the module at `path` imports from, wherever in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{place(path)}:{node.lineno} imports relatively"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("stillwatch."))


def _functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, Function)]


def _lines(node: Function) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def test_every_area_has_its_place_in_the_order() -> None:
    assert {_area(p) for p in sources("stillwatch")} - {"__init__"} == set(ORDER)


@pytest.mark.parametrize("area", ORDER)
def test_an_area_imports_only_from_areas_above_it(area: str) -> None:
    above = set(ORDER[: ORDER.index(area) + 1]) | {"__version__"}
    modules = [p for p in sources("stillwatch") if _area(p) == area]
    wrong = {f"{place(p)} imports {name}" for p in modules for name in _imported(p) if name not in above}
    assert not wrong


def test_no_function_is_too_long() -> None:
    found = [f"{place(p)}:{f.lineno}" for p in sources() for f in _functions(p) if _lines(f) > LONGEST_FUNCTION]
    assert not found


def test_no_module_is_too_long() -> None:
    lengths = {place(p): p.read_text(encoding="utf-8").count("\n") for p in sources()}
    assert not {name: length for name, length in lengths.items() if length > LONGEST_MODULE}


def test_most_functions_are_short() -> None:
    lengths = [_lines(f) for p in sources("stillwatch") for f in _functions(p)]
    assert statistics.median(lengths) < MEDIAN_FUNCTION


def test_no_except_is_broad() -> None:
    handlers = [(p, node) for p in sources() for node in ast.walk(tree(p)) if isinstance(node, ast.ExceptHandler)]
    found = [f"{place(p)}:{node.lineno}" for p, node in handlers if _is_broad(node.type)]
    assert not found


def _is_broad(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_is_broad(part) for part in caught.elts)
    return caught is None or (isinstance(caught, ast.Name) and caught.id in BROAD)


@pytest.mark.parametrize(
    ("caught", "broad"),
    [("", True), (" Exception", True), (" (ValueError, BaseException)", True), (" (OSError, ValueError)", False)],
)
def test_a_broad_except_is_known_when_seen(caught: str, broad: bool) -> None:
    statement = ast.parse(f"try: pass\nexcept{caught}: pass").body[0]
    assert isinstance(statement, ast.Try)
    assert _is_broad(statement.handlers[0].type) is broad


def test_every_module_is_named_for_what_it_holds() -> None:
    assert not [place(p) for p in sources() if p.stem in SAYS_NOTHING or p.parent.name in SAYS_NOTHING]


def test_nothing_is_left_to_do() -> None:
    left = re.compile(r"#\s*(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b|raise NotImplemented" + "Error")
    assert not [place(p) for p in sources() if left.search(p.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", sources("stillwatch"), ids=place)
def test_everything_public_has_a_docstring(path: Path) -> None:
    missing = [name for name, node in _public(tree(path)) if not ast.get_docstring(node)]
    assert ast.get_docstring(tree(path)), "the module"
    assert not missing


def _public(scope: ast.Module | ast.ClassDef) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Yield the public functions and classes of a module, and the public methods of those classes."""
    for node in scope.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield f"{node.name}:{node.lineno}", node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def test_tests_mirror_the_package() -> None:
    folders = {p.relative_to(ROOT / "tests").parts[0] for p in sources("tests") if p.parent != ROOT / "tests"}
    assert folders <= set(ORDER)


@pytest.mark.parametrize("kind", [entry.kind for entry in EVIDENCE_TABLE])
def test_a_kind_of_evidence_has_its_file_and_its_section(kind: str) -> None:
    assert (PACKAGE / "evidence" / f"{kind}.py").is_file()
    assert f"\n## {kind}\n" in (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [path for path in sources() if PACKAGE in path.parents], ids=place)
def test_no_engine_draws_a_progress_bar_into_the_output(path: Path) -> None:
    """DuckDB 2 draws one on standard output after two seconds, in the middle of what a machine reads."""
    text = path.read_text(encoding="utf-8")
    assert text.count("duckdb.connect(") == text.count("set enable_progress_bar = false")
