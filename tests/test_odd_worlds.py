"""Odd but whole worlds: next to nothing in them, values nobody would write, and whatever else can be made up."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.commands import Watcher, scan_logs
from stillwatch.config import ScanSettings
from stillwatch.errors import StillwatchError
from stillwatch.ingest import IngestOptions
from stillwatch.record import ACCOUNTS, EXCHANGES, TIMESTAMP
from tests.small_world import Scanned, bare, done, rows, scan_world, stillwatch, write_lines

START = 1_767_225_600
"""2026-01-01 in UTC, in seconds."""


def _scanned(tmp_path: Path, lines: list[dict[str, Any]], *more: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """Scan a log of these lines; return what was printed and `scan.json`."""
    log = write_lines(tmp_path / "log.jsonl", lines)
    said = done(stillwatch("scan", log, *more, "--out", tmp_path / "out", "--json")).json
    assert (tmp_path / "out" / "report.html").exists()
    return said, json.loads((tmp_path / "out" / "scan.json").read_text("utf-8"))


def _identical(n: int) -> dict[str, Any]:
    text = {"system_text": "Be brief.", "input_text": "hi", "output_text": "hello", "ip": "10.0.0.1"}
    return bare(n, ts=START + n // 20, account_id=f"a{n % 20}", user_agent="u", client_fp="f", turn=1, **text)


def _everything_null(n: int) -> dict[str, Any]:
    return {**dict.fromkeys(EXCHANGES.names), **bare(n)}


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([bare(0)], id="one exchange"),
        pytest.param([bare(n, account_id="only") for n in range(200)], id="one account"),
        pytest.param([bare(n) for n in range(400)], id="the four required columns alone"),
        pytest.param([_everything_null(n) for n in range(100)], id="every other column null"),
        pytest.param([bare(n, ts=START) for n in range(100)], id="one moment"),
        pytest.param([bare(n, account_id=f"a{n}") for n in range(300)], id="one exchange an account"),
        pytest.param([bare(n, input_text="", output_text="", system_text="") for n in range(100)], id="empty texts"),
        pytest.param([bare(n, input_text="hi", turn=1) for n in range(300)], id="one text"),
        pytest.param(
            [bare(n, account_id="big" if n % 2 else f"a{n % 61}", input_text=f"task {n}") for n in range(600)],
            id="one account with half of the traffic",
        ),
    ],
)
def test_a_world_without_a_campaign_is_scanned_to_its_end(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    said, scan = _scanned(tmp_path, lines)
    assert said["campaigns"] == []
    assert scan["ledger"]["exchanges"] == len(lines)
    assert {item["family"] for item in said["could_not_run"]} >= {"identity"}
    assert all(item["reason"] for item in said["could_not_run"])


def test_accounts_that_are_all_alike_break_nothing(tmp_path: Path) -> None:
    accounts = [{"account_id": f"a{n}", "created_at": START - 86_400, "payment_id": "p"} for n in range(20)]
    table = write_lines(tmp_path / "accounts.jsonl", accounts)
    said, scan = _scanned(tmp_path, [_identical(n) for n in range(400)], "--accounts", table)
    assert scan["ledger"]["accounts"] == 20
    assert said["format"] == 1


def test_a_table_of_accounts_nobody_knows_is_as_good_as_none(tmp_path: Path) -> None:
    accounts = [{"account_id": f"stranger-{n}", "payment_id": "p", "email_domain": "x.example"} for n in range(50)]
    table = write_lines(tmp_path / "accounts.jsonl", accounts)
    said, scan = _scanned(tmp_path, [bare(n) for n in range(200)], "--accounts", table)
    assert said["campaigns"] == []
    assert scan["ledger"]["accounts"] == 7


_ODD: tuple[tuple[Callable[[pa.DataType], bool], tuple[object, ...]], ...] = (
    (pa.types.is_integer, (-1, -5, 0, 2**31 - 1, -(2**31), 2**62, 2**63 - 1, -(2**63))),
    (pa.types.is_floating, (-1.0, 1e308, -1e308, 5e-324, float("nan"), float("inf"))),
    (pa.types.is_string, ("", "\x00", "'", "x" * 100_000, "\u202e")),
    (pa.types.is_list, ([], [""], [None], ["a"] * 1_000)),
)


def _odd_values(schema: pa.Schema) -> Iterator[tuple[str, object]]:
    for field in schema:
        for is_kind, values in _ODD:
            if field.nullable and is_kind(field.type):
                yield from ((field.name, value) for value in values)


@pytest.mark.parametrize("text", [{}, {"input_text": "Which pier is it?", "turn": 1}], ids=["no text", "text"])
def test_odd_values_in_any_column_of_both_tables_stop_nothing(tmp_path: Path, text: dict[str, object]) -> None:
    lines = [
        bare(n, account_id=f"a{n % 12}", **{**text, name: v}) for n, (name, v) in enumerate(_odd_values(EXCHANGES))
    ]
    lines += [bare(len(lines) + n, account_id=f"a{n % 12}", **text) for n in range(120)]
    accounts = [{"account_id": f"a{n % 12}", name: value} for n, (name, value) in enumerate(_odd_values(ACCOUNTS))]
    table = write_lines(tmp_path / "accounts.jsonl", [json.dumps(row) for row in accounts])
    log = write_lines(tmp_path / "log.jsonl", [json.dumps(line) for line in lines])
    ran = done(stillwatch("scan", log, "--accounts", table, "--out", tmp_path / "out", "--json"))
    assert ran.json["campaigns"] == []
    assert json.loads((tmp_path / "out" / "scan.json").read_text("utf-8"))["ledger"]["exchanges"] == len(lines)


def test_ids_that_look_like_code_are_only_ids(few: Scanned, tmp_path: Path) -> None:
    world = tmp_path / "world"
    world.mkdir()
    for name in ("exchanges", "accounts", "truth"):
        table = pq.read_table(few.world / f"{name}.parquet")
        ids = pa.array([_hostile(a) for a in table["account_id"].to_pylist()])
        place = table.schema.get_field_index("account_id")
        pq.write_table(table.set_column(place, "account_id", ids), world / f"{name}.parquet")
    found = scan_world(world, tmp_path)
    before = {(row["verdict"], row["n_accounts"]) for row in rows(few.out, "campaigns")}
    assert {(row["verdict"], row["n_accounts"]) for row in rows(found.out, "campaigns")} == before
    page = (found.out / "report.html").read_text("utf-8")
    assert "<script>alert" not in page
    for row in rows(found.out, "campaigns"):
        shown = done(stillwatch("explain", found.out, row["campaign_id"])).out
        assert "\x1b" not in shown
        assert "[red]" in shown


def _hostile(account: str) -> str:
    return f"[red]{account}'; drop table exchanges; --<script>alert(1)</script>\x1b[2J\u202e\n::int :group %s {{ 7*7 }}"


# --- anything at all --------------------------------------------------------------------------------------------------

_TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "\x00", "a", "'; --", "[/]", "名前", "ا", "\u202e", "e\u0301", "\U0001f600", "NaN", "null"]
    ),
    st.text(max_size=30),
)
_MOMENTS = st.one_of(
    st.integers(START, START + 5 * 86_400).map(lambda second: second * 1_000_000),
    st.integers(-(2**62), 2**62),
)
_OF_TYPE = {
    pa.string(): _TEXTS,
    pa.int64(): st.one_of(st.integers(0, 100), st.integers(-(2**63), 2**63 - 1)),
    pa.int32(): st.one_of(st.integers(0, 5), st.integers(-(2**31), 2**31 - 1)),
    pa.float64(): st.floats(allow_nan=True, allow_infinity=True),
    pa.bool_(): st.booleans(),
    TIMESTAMP: _MOMENTS,
    pa.list_(pa.string()): st.lists(st.one_of(st.none(), _TEXTS), max_size=3),
}


def _rows(schema: pa.Schema, *, most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Return rows of a record: some share most of their values, and any value may be null, absent or odd."""
    columns = {field.name: st.none() | _OF_TYPE[field.type] for field in schema}
    odd = st.fixed_dictionaries({}, optional=columns)
    alike = st.tuples(odd, st.integers(1, most // 4)).map(lambda pair: [pair[0]] * pair[1])
    usual = {"account_id": st.integers(0, 8).map(lambda n: f"a{n}"), "model": st.just("m"), "ts": _MOMENTS}
    usual["exchange_id"] = st.integers(0, 10_000).map(str)
    whole = st.fixed_dictionaries({name: value for name, value in usual.items() if name in columns})
    groups = st.lists(alike, max_size=4).map(lambda parts: [row for part in parts for row in part])
    return groups.flatmap(lambda rows: st.tuples(*(whole for _ in rows)).map(lambda new: _over(rows, new)))


def _over(rows: list[dict[str, Any]], whole: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """Return rows of which two in three have what is required."""
    return [{**row, **new} if n % 3 else {**new, **row} for n, (row, new) in enumerate(zip(rows, whole, strict=True))]


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(exchanges=_rows(EXCHANGES, most=80), accounts=st.none() | _rows(ACCOUNTS, most=12))
def test_any_record_is_scanned_or_refused_in_words(
    exchanges: list[dict[str, Any]], accounts: list[dict[str, Any]] | None
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        log = write_lines(folder / "log.jsonl", [json.dumps(row) for row in exchanges])
        table = () if accounts is None else (str(write_lines(folder / "a.jsonl", [json.dumps(r) for r in accounts])),)
        options = IngestOptions(accounts=table)
        with contextlib.suppress(StillwatchError):
            scan_logs([str(log)], folder / "out", ScanSettings(threads=1), options=options, watcher=Watcher())
