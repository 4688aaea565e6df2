"""The files of the repository as the house tests read them."""

from __future__ import annotations

import ast
import functools
import subprocess
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "stillwatch"


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Return the files git keeps, and those it would keep; without git, everything but what `make` leaves behind."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        found = (p for folder in (PACKAGE, ROOT / "tests", ROOT / "docs") for p in folder.rglob("*"))
        return tuple(sorted(p for p in found if p.is_file() and "__pycache__" not in p.parts))
    return tuple(sorted(path for name in listed.split("\0") if name and (path := ROOT / name).is_file()))


def sources(folder: str = "") -> list[Path]:
    """Return the Python files under `folder`, or all of them."""
    return [p for p in tracked() if p.suffix == ".py" and p.is_relative_to(ROOT / folder)]


def pages() -> list[Path]:
    """Return the Markdown files."""
    return [p for p in tracked() if p.suffix == ".md"]


@functools.cache
def tree(path: Path) -> ast.Module:
    """Return the parsed module at `path`."""
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path) -> str:
    """Return `path` as a reader of the repository names it."""
    return path.relative_to(ROOT).as_posix()


@functools.cache
def project() -> dict[str, Any]:
    """Return `pyproject.toml`."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
