"""Prompt tables: read from any format, held out by name, dealt out to campaigns and asked by people."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import NothingUsable
from stillwatch.range.draw import mixed
from stillwatch.range.prompts import PromptTable, asked, dealt, read_prompts, read_table

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"
ROWS = [
    {"dataset": "a", "family": "maths", "prompt": "two and two"},
    {"dataset": "b", "family": "maths", "prompt": "three\nand three"},
    {"dataset": "b", "family": "verse", "prompt": " "},
    {"dataset": "b", "family": "verse", "prompt": 'rhyme "orange"'},
    {"dataset": "a", "family": "maths", "prompt": "x" * 20_000},
    {"dataset": "a", "family": "verse", "prompt": None},
]


def _written(folder: Path, suffix: str, rows: list[dict[str, str]] | None = None) -> Path:
    table, file = pa.Table.from_pylist(rows if rows is not None else ROWS), folder / f"prompts{suffix}"
    if suffix == ".parquet":
        pq.write_table(table, file)
    elif suffix == ".csv":
        pa_csv.write_csv(table, file)
    else:
        file.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()), encoding="utf-8")
    return file


def _table(sizes: tuple[int, ...]) -> PromptTable:
    bounds = np.cumsum((0, *sizes)).astype(np.int64)
    texts = pa.array([f"prompt {row}" for row in range(bounds[-1])])
    return PromptTable("t", "", (), texts, tuple(f"family {k}" for k in range(len(sizes))), bounds, 0)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl", ".ndjson"])
def test_a_table_is_read_by_family_and_blank_rows_are_counted(tmp_path: Path, suffix: str) -> None:
    table = read_table(_written(tmp_path, suffix))
    assert table.families == ("a/maths", "b/maths", "b/verse")
    assert table.texts.to_pylist() == ["two and two", "x" * 20_000, "three\nand three", 'rhyme "orange"']
    assert table.bounds.tolist() == [0, 2, 3, 4]
    assert table.blank == 2


def test_the_data_set_may_be_missing_and_columns_may_have_other_names(tmp_path: Path) -> None:
    rows = [{"kind": "f", "question": "why"}, {"kind": "e", "question": "how"}]
    table = read_table(_written(tmp_path, ".parquet", rows), prompt="question", family="kind")
    assert table.families == ("e", "f")
    assert table.texts.to_pylist() == ["how", "why"]


@pytest.mark.parametrize(
    ("name", "left"), [("maths", ("b/verse",)), ("b", ("a/maths",)), ("a", ("b/maths", "b/verse"))]
)
def test_a_family_or_a_data_set_is_held_out_whole(tmp_path: Path, name: str, left: tuple[str, ...]) -> None:
    assert read_table(_written(tmp_path, ".parquet"), hold_out=[name]).families == left


def test_a_name_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(NothingUsable, match="by the name `poems`") as error:
        read_table(_written(tmp_path, ".parquet"), hold_out=["maths", "poems"])
    assert "`a`, `b`, `maths`, `verse`" in str(error.value)


def test_a_missing_column_is_named_with_those_that_were_found(tmp_path: Path) -> None:
    with pytest.raises(NothingUsable, match="no column `prompt` and none `family`") as error:
        read_table(_written(tmp_path, ".csv", [{"text": "a", "topic": "b"}]))
    assert "`text`, `topic`" in str(error.value)


def test_a_table_with_nothing_left_says_so(tmp_path: Path) -> None:
    with pytest.raises(NothingUsable, match="no prompts are left"):
        read_table(_written(tmp_path, ".parquet"), hold_out=["a", "b"])


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("missing.parquet", None, "no such file"),
        ("broken.parquet", b"not a table", "cannot be read"),
        ("broken.jsonl", b"{", "cannot be read"),
        ("empty.csv", b"", "cannot be read"),
        ("prompts.xlsx", b"", "`.xlsx` is no kind of file"),
        ("listed.jsonl", b'{"prompt": [1], "family": "f"}\n', "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error_with_a_remedy(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(NothingUsable, match=says) as error:
        read_table(file)
    assert error.value.remedy
    assert error.value.where == str(file)


def test_a_folder_is_not_a_table(tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(NothingUsable, match="cannot be read"):
        read_table(tmp_path / "x.csv")


def test_every_row_is_dealt_once_before_any_is_dealt_again() -> None:
    table = _table((40, 60))
    rows = dealt(table, np.arange(250), mixed(np.arange(250), 1), 5)
    assert sorted(rows[:100].tolist()) == list(range(100))
    assert np.array_equal(rows[:100], rows[100:200])
    assert rows[:100].tolist() != list(range(100))
    assert not np.array_equal(rows, dealt(table, np.arange(250), mixed(np.arange(250), 1), 6))


def test_without_an_item_any_row_is_dealt() -> None:
    rows = dealt(_table((40, 60)), np.full(4_000, -1), mixed(np.arange(4_000), 1), 5)
    assert set(rows.tolist()) == set(range(100))
    assert np.bincount(rows).max() < 80


def test_people_ask_popular_rows_of_a_family_most_and_each_row_sometimes() -> None:
    table = _table((10, 200, 7))
    rows = asked(table, np.ones(20_000, dtype=np.int64), mixed(np.arange(20_000), 1), 5)
    assert rows.min() == 10
    assert rows.max() == 209
    counts = np.bincount(rows - 10, minlength=200)
    assert counts.min() > 20
    assert counts.max() > 6 * np.median(counts)
    alone = asked(_table((1,)), np.zeros(9, dtype=np.int64), mixed(np.arange(9), 1), 5)
    assert set(alone.tolist()) == {0}


def test_two_tables_share_what_is_held_out(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    campaign = _written(
        tmp_path / "c", ".csv", [{"family": "code", "prompt": "sort"}, {"family": "odd", "prompt": "x"}]
    )
    people = _written(tmp_path, ".jsonl")
    prompts = read_prompts(campaign, people, hold_out=["odd", "maths"])
    assert prompts.campaign is not None
    assert prompts.people is not None
    assert prompts.campaign.families == ("code",)
    assert prompts.people.families == ("b/verse",)
    assert prompts.people.held_out == ("maths",)
    with pytest.raises(NothingUsable, match="by the name `nobody`"):
        read_prompts(campaign, people, hold_out=["nobody"])
    assert read_prompts(None, people).campaign is None


def test_a_table_says_where_it_came_from(tmp_path: Path) -> None:
    said = read_prompts(_written(tmp_path, ".parquet"), None).described()
    assert said["people"] is None
    assert said["campaign"] == {
        "file": "prompts.parquet",
        "digest": read_table(_written(tmp_path, ".csv"), hold_out=["a"]).digest,
        "held_out": [],
        "families": {"a/maths": 2, "b/maths": 1, "b/verse": 1},
        "blank": 2,
    }
    assert json.loads(json.dumps(said)) == said


@pytest.mark.real
def test_the_real_tables_are_read() -> None:
    if not REAL.is_dir():
        pytest.skip("needs ../shared/real")
    people = read_table(REAL / "prompts_benign.parquet", hold_out=["fabric_patterns"])
    assert len(people.texts) + people.blank == 12_521 - 225
    assert "dolly15k/human_instruction" in people.families
    assert not any("fabric" in name for name in people.families)
