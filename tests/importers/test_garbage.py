"""Garbage goes into every importer: nothing but a `StillwatchError` may come out, and the counts add up."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.errors import StillwatchError
from stillwatch.importers import IMPORTERS, Importer, Intake, chosen, expand, load, load_mapping, mapped, read_accounts
from stillwatch.importers.network import NETWORK
from stillwatch.record import EXCHANGES, Skips
from tests.importers.reading import SAMPLES, intake, sample, written

EVERY = (*IMPORTERS, mapped(load_mapping(SAMPLES / "table.toml")))
TEXTS = {path.name: path.read_bytes() for path in sorted(SAMPLES.iterdir())}
LINE_BY_LINE = ("stillwatch", "litellm", "bedrock", "anthropic", "openai")
"""Formats in which every object is one row: rows and skips add up to the objects."""

quickly = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def _swallow(importer: Importer, raw: bytes) -> tuple[int, Intake]:
    """Return how many rows `importer` makes of `raw`, and what it counted."""
    counted, rows = intake(), 0
    with tempfile.TemporaryDirectory() as folder:
        source = written(Path(folder), "garbage", raw)
        try:
            for table in importer.read(source, counted):
                assert table.schema == (NETWORK if importer.network_only else EXCHANGES)
                rows += table.num_rows
        except StillwatchError:
            pass
    return rows, counted


def _through_everything(raw: bytes) -> None:
    """Import `raw` as a file of unknown format, and as accounts."""
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder), "garbage", raw)
        counted = intake()
        with contextlib.suppress(StillwatchError):
            list(load(chosen(expand([folder]), counted), counted))
        with contextlib.suppress(StillwatchError):
            read_accounts([folder], Skips())


@pytest.mark.parametrize("importer", EVERY, ids=lambda importer: importer.name)
@quickly
@given(raw=st.binary(max_size=300))
def test_random_bytes(importer: Importer, raw: bytes) -> None:
    _swallow(importer, raw)
    _through_everything(raw)


@pytest.mark.parametrize("importer", EVERY, ids=lambda importer: importer.name)
@quickly
@given(data=st.data())
def test_samples_cut_off_and_damaged(importer: Importer, data: st.DataObject) -> None:
    raw = bytearray(TEXTS[data.draw(st.sampled_from(sorted(TEXTS)))])
    for _ in range(data.draw(st.integers(0, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    start, end = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, len(raw)))
    piece = bytes(raw[min(start, end) : max(start, end)])
    _swallow(importer, piece)
    _through_everything(piece)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.text(max_size=5), scalars, max_size=3)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of everything inside a parsed value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, part in inner for place in _places(part, (*path, key))]


def _replaced(value: Any, path: tuple[Any, ...], new: object) -> Any:
    """Return `value` with what lies at `path` replaced."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(copy[path[0]], path[1:], new)
    return copy


def _objects(name: str) -> list[dict[str, Any]]:
    text = TEXTS[name].decode()
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    parsed = json.loads(text)
    return parsed if isinstance(parsed, list) else [parsed]


JSON_SAMPLES = {
    "stillwatch": "stillwatch.jsonl",
    "litellm": "litellm.jsonl",
    "otel": "otel_new.json",
    "langfuse": "langfuse.json",
    "bedrock": "bedrock.jsonl",
    "claude-code": "claude_code.jsonl",
    "envoy": "envoy.jsonl",
    "anthropic": "anthropic.jsonl",
    "openai": "openai.jsonl",
}


def test_every_importer_has_a_sample_to_be_damaged() -> None:
    assert set(JSON_SAMPLES) == {importer.name for importer in IMPORTERS}


@pytest.mark.parametrize("importer", IMPORTERS, ids=lambda importer: importer.name)
@settings(parent=quickly, max_examples=60)
@given(data=st.data())
def test_samples_with_values_of_any_type_in_any_place(importer: Importer, data: st.DataObject) -> None:
    objects = _objects(JSON_SAMPLES[importer.name])
    for _ in range(data.draw(st.integers(1, 4))):
        which = data.draw(st.integers(0, len(objects) - 1))
        if isinstance(objects[which], dict) and objects[which]:
            place = data.draw(st.sampled_from(_places(objects[which])))
            objects[which] = _replaced(objects[which], place, data.draw(values))
    rows, counted = _swallow(importer, "\n".join(map(json.dumps, objects)).encode())
    assert "unexpected shape" not in counted.skips.counts
    if importer.name in LINE_BY_LINE:
        assert rows + counted.skips.total == len(objects)


@quickly
@given(lines=st.lists(st.sampled_from([b"{}", b"", b"{", b"[]", b"7", b'{"a": 1}', b"\xff\xfe"]), max_size=12))
def test_every_line_that_is_not_blank_is_a_row_or_a_skip(lines: list[bytes]) -> None:
    good = TEXTS["stillwatch.jsonl"].splitlines()
    rows, counted = _swallow(IMPORTERS[0], b"\n".join([*good, *lines]))
    assert rows == len(good)
    assert rows + counted.skips.total == len(good) + sum(line.strip() != b"" for line in lines)


def test_all_samples_are_used_here() -> None:
    assert all(sample(name).path.endswith(name) for name in JSON_SAMPLES.values())
    assert set(JSON_SAMPLES.values()) <= set(TEXTS)
