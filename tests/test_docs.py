"""The pages say what is there: links lead somewhere, commands and options exist, outputs are described."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from scripts import evidence_page
from stillwatch import findings
from stillwatch.cli import app
from tests.tree import ROOT, pages, place, tracked

README = ROOT / "README.md"
NEEDED = (
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/index.md",
    "docs/evidence.md",
    "docs/limitations.md",
    "docs/log-formats.md",
    "docs/output.md",
    "docs/privacy.md",
    "docs/results.md",
)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
FENCE = re.compile(r"```.*?```", re.DOTALL)


@pytest.mark.parametrize("page", NEEDED)
def test_a_page_is_there(page: str) -> None:
    assert (ROOT / page).is_file()


def _slug(heading: str) -> str:
    """Return the anchor a heading gets where Markdown is shown."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def _anchors(page: Path) -> set[str]:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return {_slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def _broken(page: Path, link: str) -> bool:
    target, _, anchor = link.partition("#")
    found = (page.parent / target).resolve() if target else page
    if not found.exists():
        return True
    return bool(anchor) and found.suffix == ".md" and anchor not in _anchors(found)


@pytest.mark.parametrize("page", pages(), ids=place)
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    assert not [link for link in links if "://" not in link and _broken(page, link)]


def test_every_page_of_the_docs_is_reached_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text("utf-8"))}
    assert not [place(p) for p in pages() if p.is_relative_to(index.parent) and p != index and p not in linked]


def test_pages_that_the_code_names_exist() -> None:
    code = [p for p in tracked() if p.suffix in (".py", ".toml", ".j2") and p.is_relative_to(ROOT / "stillwatch")]
    named = {name for p in code for name in re.findall(r"docs/[\w/.-]+\.md", p.read_text(encoding="utf-8"))}
    assert not [name for name in sorted(named) if not (ROOT / name).is_file()]


def test_the_page_of_evidence_is_what_the_table_says() -> None:
    assert (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8") == evidence_page.page(), "run `make docs`"


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_first_commands_of_the_readme_are_the_two() -> None:
    first = FENCE.findall(README.read_text(encoding="utf-8"))[0]
    assert re.findall(r"^make (\w+)", first, re.MULTILINE) == ["demo", "test"]


@pytest.mark.parametrize("page", pages(), ids=place)
def test_what_a_page_makes_can_be_made(page: Path) -> None:
    named = re.findall(r"(?:^|`|&& )make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) <= _targets()


def _commands() -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def _code(page: Path) -> list[str]:
    """Return the lines of the page's blocks, and its inline code."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = [line for block in FENCE.findall(text) for line in block.splitlines()]
    return blocks + re.findall(r"`([^`\n]+)`", FENCE.sub("", text))


def _shown(page: Path) -> list[tuple[str, list[str]]]:
    """Return command and options of everything in the page's code that begins with `stillwatch` and a command."""
    lines = [re.match(r"(?:\$ )?(?:\.venv/bin/)?stillwatch ([a-z]+)\b(.*)", line) for line in _code(page)]
    return [(m[1], re.findall(r"(?<![\w-])--[a-z-]+", m[2].partition(" # ")[0])) for m in lines if m]


@pytest.mark.parametrize("page", pages(), ids=place)
def test_commands_and_options_that_a_page_shows_exist(page: Path) -> None:
    commands = _commands()
    options = {name: {o for p in c.params for o in p.opts + p.secondary_opts} for name, c in commands.items()}
    assert not [name for name, _ in _shown(page) if name not in commands]
    assert not [(name, used) for name, used in _shown(page) if not set(used) <= options[name] | {"--help"}]


def test_the_readme_shows_every_command() -> None:
    assert {name for name, _ in _shown(README)} == set(_commands())


@pytest.mark.parametrize("table", ["CAMPAIGNS", "CLEARED", "MEMBERS", "EVIDENCE", "GROUPS", "TIMELINE", "LINKS"])
def test_every_column_a_scan_leaves_is_described(table: str) -> None:
    page = (ROOT / "docs" / "output.md").read_text(encoding="utf-8")
    assert not [column.name for column in getattr(findings, table) if f"`{column.name}`" not in page]
