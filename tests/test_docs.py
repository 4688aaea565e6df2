"""The pages say what is there: links lead somewhere, commands and options exist, outputs are described."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import typer

from scripts import evidence_page, limits_page, range_page
from stillwatch import findings
from stillwatch.cli import app
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.range import SCENARIOS, WorldSpec
from stillwatch.range.campaigns import LADDER
from stillwatch.range.cast import cast, described
from stillwatch.range.populations import POPULATIONS
from stillwatch.range.store import TRUTH, World
from tests.tree import ROOT, pages, place, tracked

README = ROOT / "README.md"
RANGE = ROOT / "docs" / "concepts" / "range.md"
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
    "docs/range-catalogue.md",
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


def test_the_catalogue_of_the_range_is_what_the_code_plays() -> None:
    assert (ROOT / "docs" / "range-catalogue.md").read_text(encoding="utf-8") == range_page.page(), "run `make docs`"


def test_the_page_of_limitations_has_the_blind_spots_and_evasions_that_the_code_names() -> None:
    assert (ROOT / "docs" / "limitations.md").read_text(encoding="utf-8") == limits_page.page(), "run `make docs`"
    table = limits_page.table()
    assert not [kind.kind for kind in EVIDENCE_TABLE if f"(evidence.md#{kind.kind})" not in table]
    assert not [rung.id for rung in LADDER if rung.aims_at and rung.cost.removeprefix("judged: ") not in table]


PLACE = re.compile(r"`((?:stillwatch|tests|benchmarks|scripts|docs)/[\w/.-]+)`")
"""A file or folder of the repository that a page names."""


@pytest.mark.parametrize("page", pages(), ids=place)
def test_files_that_a_page_names_exist(page: Path) -> None:
    assert not [name for name in PLACE.findall(page.read_text(encoding="utf-8")) if not (ROOT / name).exists()]


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_first_commands_of_the_readme_are_the_two() -> None:
    first = FENCE.findall(README.read_text(encoding="utf-8"))[0]
    assert re.findall(r"^make (\w+)", first, re.MULTILINE) == ["demo", "test"]


@pytest.mark.parametrize("page", pages(), ids=place)
def test_what_a_page_makes_can_be_made(page: Path) -> None:
    named = re.findall(r"(?:^|`|&& )make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) <= _targets()


def _commands(group: Any, before: str = "") -> dict[str, Any]:
    """Return the commands of `group` by name, those of a group inside it as `group command`."""
    found = {before + name: command for name, command in group.commands.items()}
    for name, command in list(found.items()):
        found |= _commands(command, f"{name} ") if hasattr(command, "commands") else {}
    return found


ALL = _commands(typer.main.get_command(app))
TOP = {name for name in ALL if " " not in name}
OPTION = re.compile(r"(?<![\w-])--[a-z-]+")


def _code(page: Path) -> list[str]:
    """Return the lines of the page's blocks, and its inline code."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = [line for block in FENCE.findall(text) for line in block.splitlines()]
    return blocks + re.findall(r"`([^`\n]+)`", FENCE.sub("", text))


def _typed(page: Path) -> list[str]:
    """Return everything in the page's code that begins with `stillwatch` and a word, without that `stillwatch`."""
    found = [re.match(r"(?:\$ )?(?:\.venv/bin/)?stillwatch ([a-z]+\b.*)", line) for line in _code(page)]
    return [m[1].partition(" # ")[0] for m in found if m]


def _shown(page: Path) -> list[tuple[str, list[str]]]:
    """Return command and options of what the page types; of a group, the command is `group command`."""
    return [(_command(line), OPTION.findall(line)) for line in _typed(page)]


def _command(line: str) -> str:
    first, _, rest = line.partition(" ")
    second = re.match(r"[a-z]+\b", rest)
    return f"{first} {second[0]}" if second and hasattr(ALL.get(first), "commands") else first


@pytest.mark.parametrize("page", pages(), ids=place)
def test_commands_and_options_that_a_page_shows_exist(page: Path) -> None:
    options = {name: {o for p in c.params for o in p.opts + p.secondary_opts} for name, c in ALL.items()}
    assert not [name for name, _ in _shown(page) if name not in ALL]
    assert not [(name, used) for name, used in _shown(page) if not set(used) <= options[name] | {"--help"}]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("range build letter-2026-06 --out W", "range build"),
        ("range frobnicate", "range frobnicate"),
        ("range --help", "range"),
        ("scan logs --out O", "scan"),
    ],
)
def test_the_command_of_a_line_is_known(line: str, command: str) -> None:
    assert _command(line) == command


def test_the_readme_shows_every_command() -> None:
    assert {name.partition(" ")[0] for name, _ in _shown(README)} == TOP


def test_the_page_of_the_range_shows_each_of_its_commands() -> None:
    assert {name for name, _ in _shown(RANGE) if name in ALL} >= {name for name in ALL if name.startswith("range ")}


@pytest.mark.parametrize("page", pages(), ids=place)
def test_worlds_that_a_page_builds_can_be_built(page: Path) -> None:
    text = "\n".join(line for line in _typed(page) if _command(line) == "range build")
    assert set(re.findall(r"range build ([a-z][\w-]*)", text)) <= {s.name for s in SCENARIOS}
    assert set(re.findall(r"--dial ([a-z_]+)=", text)) <= {p.name for p in POPULATIONS}
    assert set(re.findall(r"--evade ([a-z][\w-]*)", text)) <= {rung.id for rung in LADDER}


@pytest.mark.parametrize(
    "table",
    ["CAMPAIGNS", "CLEARED", "MEMBERS", "END_USERS", "EVIDENCE", "GROUPS", "TIMELINE", "LINKS", "HISTORY", "MEMORY"],
)
def test_every_column_a_scan_leaves_is_described(table: str) -> None:
    page = (ROOT / "docs" / "output.md").read_text(encoding="utf-8")
    assert not [column.name for column in getattr(findings, table) if f"`{column.name}`" not in page]


def test_every_column_of_the_truth_and_every_parameter_of_a_world_is_described() -> None:
    spec, page = WorldSpec(), RANGE.read_text(encoding="utf-8")
    troupe = cast(spec, 1)
    parameters = described(spec, troupe, [player.count for player in troupe.players], version=1)
    assert not [name for name in (*TRUTH.names, *parameters) if f"`{name}`" not in page]
    world = World.at(Path("world"), exchanges=0, kinds={})
    assert not [f.name for f in (world.exchanges, world.accounts, world.truth) if f"`{f.name}`" not in page]


@pytest.mark.parametrize("page", pages(), ids=place)
def test_python_that_a_page_shows_imports_what_exists(page: Path) -> None:
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for node in ast.parse(block).body:
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(str(node.module))
                assert not [name.name for name in node.names if not hasattr(module, name.name)]
