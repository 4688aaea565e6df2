"""The table of importers: names, order, and a section of the page for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.errors import NothingUsable, StillwatchError
from stillwatch.importers import IMPORTERS, Importer, by_name, expand, recognise
from tests.importers.reading import SAMPLES, sample

PAGE = Path(__file__).resolve().parents[2] / "docs" / "log-formats.md"
FORMATS = {
    "accounts.csv": None,
    "anthropic.jsonl": "anthropic",
    "bedrock.jsonl": "bedrock",
    "claude_code.jsonl": "claude-code",
    "envoy.jsonl": "envoy",
    "envoy.log": "envoy",
    "langfuse.json": "langfuse",
    "litellm.jsonl": "litellm",
    "openai.jsonl": "openai",
    "otel_new.json": "otel",
    "otel_old.jsonl": "otel",
    "stillwatch.csv": "stillwatch",
    "stillwatch.jsonl": "stillwatch",
    "table.csv": None,
    "table.toml": None,
}


def test_every_sample_is_named_here() -> None:
    assert set(FORMATS) == {path.name for path in SAMPLES.iterdir()}


@pytest.mark.parametrize(("name", "expected"), FORMATS.items())
def test_a_file_is_recognised_from_how_it_begins(name: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(StillwatchError, match="no known format"):
            recognise(sample(name))
    else:
        assert recognise(sample(name)).name == expected


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
def test_a_format_has_its_section(importer: Importer) -> None:
    assert f"\n## {importer.name}\n" in PAGE.read_text(encoding="utf-8")
    assert by_name(importer.name) is importer


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(StillwatchError) as raised:
        by_name("sylog")
    assert "litellm" in raised.value.expected


def test_files_folders_and_globs_come_in_a_stable_order_and_once(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "deep/c.jsonl", ".hidden", "_SUCCESS", "_log/d.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    found = expand([str(tmp_path / "b.jsonl"), str(tmp_path), str(tmp_path / "*.jsonl")])
    assert [Path(one.path).name for one in found] == ["b.jsonl", "a.jsonl", "c.jsonl"]


def test_a_path_that_names_nothing_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(NothingUsable, match="nothing is there"):
        expand([str(tmp_path / "*.jsonl")])
