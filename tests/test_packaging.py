"""What is installed is what is declared, locked and explained, and no file names the machine it was made on."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import stillwatch
from tests.tree import ROOT, pages, place, project, sources, tracked, tree

RUN = ROOT / "requirements" / "run.txt"
DEV = ROOT / "requirements" / "dev.txt"
BUILD = ROOT / "requirements" / "build.txt"
DISTRIBUTION = {"sknetwork": "scikit-network", "markupsafe": "jinja2", "py4j": "pyspark"}
"""Distributions whose import name is another, or that bring it with them as part of what they promise."""
BINARY = (".png", ".gz", ".zst", ".parquet", ".npz", ".npy")


def _declared() -> list[Requirement]:
    return [Requirement(line) for line in project()["project"]["dependencies"]]


def _extras() -> list[Requirement]:
    return [Requirement(line) for lines in project()["project"]["optional-dependencies"].values() for line in lines]


def _group(name: str) -> list[Requirement]:
    """Return a group of packages for development, and those of the groups that it includes."""
    lines = project()["dependency-groups"][name]
    included = [found for line in lines if isinstance(line, dict) for found in _group(line["include-group"])]
    return included + [Requirement(line) for line in lines if isinstance(line, str)]


def _pins(path: Path) -> dict[str, Version]:
    lines = re.findall(r"^([a-z0-9-]+)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {canonicalize_name(name): Version(version) for name, version in lines}


def _asked_for(path: Path) -> set[str]:
    """Return the packages that the lock says `pyproject.toml` asks for."""
    blocks = re.split(r"\n(?=[a-z0-9-]+==)", path.read_text(encoding="utf-8"))
    return {canonicalize_name(b.split("==")[0]) for b in blocks if re.search(r"#.*stillwatch \(pyproject", b)}


def _names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(r.name) for r in requirements}


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [(RUN, _declared()), (DEV, _declared() + _extras() + _group("dev")), (BUILD, _group("build"))],
    ids=["run", "dev", "build"],
)
def test_the_lock_is_fresh(lock: Path, requirements: list[Requirement]) -> None:
    pins = _pins(lock)
    stale = [str(r) for r in requirements if pins.get(canonicalize_name(r.name), Version("0")) not in r.specifier]
    assert not stale, "run `make lock`"
    assert _asked_for(lock) == _names(requirements), "run `make lock`"


@pytest.mark.parametrize("lock", [RUN, BUILD], ids=["run", "build"])
def test_all_locks_agree(lock: Path) -> None:
    assert _pins(lock).items() <= _pins(DEV).items()


@pytest.mark.parametrize("lock", [DEV, BUILD], ids=["dev", "build"])
def test_every_pin_has_a_hash(lock: Path) -> None:
    blocks = re.split(r"\n(?=[a-z0-9-]+==)", lock.read_text(encoding="utf-8"))[1:]
    assert not [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block]


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"stillwatch"}


def test_what_is_imported_is_declared_and_the_other_way_round() -> None:
    imported = set[str]().union(*(_imports(p) for p in sources("stillwatch")))
    assert {DISTRIBUTION.get(name, name) for name in imported} == _names(_declared() + _extras())


def test_every_dependency_is_explained() -> None:
    page = (ROOT / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8")
    assert not [name for name in _names(_declared() + _extras()) if f"\n| {name} |" not in page]


def test_the_version_is_the_same_everywhere() -> None:
    assert stillwatch.__version__ == project()["project"]["version"]
    assert f"\n## {stillwatch.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def _texts() -> list[Path]:
    return [p for p in tracked() if p.suffix not in BINARY]


def test_no_file_names_the_machine_it_was_made_on() -> None:
    folders = re.compile(rb"(?<![\w.])/(?:%s|%s)/" % (b"work", b"root"))
    assert not [place(p) for p in _texts() if folders.search(p.read_bytes())]


def test_no_file_names_a_package_index() -> None:
    hosts = re.compile(rb"python" + rb"hosted\.org|py" + rb"pi\.org|registry\.npm" + rb"js|index-" + rb"url")
    assert not [place(p) for p in _texts() if hosts.search(p.read_bytes())]


def test_no_page_ends_in_the_middle() -> None:
    assert not [place(p) for p in pages() if not p.read_text(encoding="utf-8").endswith("\n")]
