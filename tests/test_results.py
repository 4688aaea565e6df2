"""What a scan leaves: tables of the stated shape that agree with each other, and numbers that can be had again."""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.findings import CAMPAIGNS, CLEARED, END_USERS, EVIDENCE, GROUPS, LINKS, MEMBERS, TIMELINE
from stillwatch.ledger import Ledger
from tests.small_world import Scanned, bare, done, members, rows, stillwatch, verdicts, write_lines

SCHEMAS = {
    "campaigns": CAMPAIGNS,
    "cleared": CLEARED,
    "members": MEMBERS,
    "end_users": END_USERS,
    "evidence": EVIDENCE,
    "groups": GROUPS,
    "timeline": TIMELINE,
    "links": LINKS,
}
FILES = {*(f"{name}.parquet" for name in SCHEMAS), "scan.json", "report.html"}
QUESTIONS = ("coordination", "extraction", "deception", "innocence")
Row = dict[str, Any]


def _by_group(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["campaign_id"]].append(row)
    return found


def test_a_scan_leaves_the_files_of_the_contract_and_no_other(everyone: Scanned) -> None:
    assert {path.name for path in everyone.out.iterdir()} == FILES


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_table_has_its_schema_and_no_null_where_none_is_allowed(everyone: Scanned, name: str) -> None:
    table = pq.read_table(everyone.out / f"{name}.parquet")
    assert table.schema.remove_metadata() == SCHEMAS[name].remove_metadata()
    assert not [field.name for field in SCHEMAS[name] if not field.nullable and table[field.name].null_count]


def test_a_world_with_nothing_in_it_leaves_the_same_tables_without_rows(tmp_path: Path) -> None:
    log, out = write_lines(tmp_path / "log.jsonl", [bare(n) for n in range(50)]), tmp_path / "out"
    done(stillwatch("scan", log, "--out", out))
    for name, schema in SCHEMAS.items():
        assert pq.read_table(out / f"{name}.parquet").schema.remove_metadata() == schema.remove_metadata()
        assert rows(out, name) == []
    assert {path.name for path in out.iterdir()} == FILES | {"ledger"}


def test_campaigns_stand_strongest_first_and_every_group_once(everyone: Scanned) -> None:
    found, cleared = rows(everyone.out, "campaigns"), rows(everyone.out, "cleared")
    ids = [row["campaign_id"] for row in [*found, *cleared]]
    assert len(set(ids)) == len(ids)
    bits = [row["coordination_bits"] + row["extraction_bits"] + row["innocence_bits"] for row in found]
    assert [round(b / 10) for b in bits] == sorted((round(b / 10) for b in bits), reverse=True)


def test_verdicts_are_the_three_of_the_contract(everyone: Scanned) -> None:
    assert set(verdicts(everyone.out).values()) <= {"distillation_campaign", "pooled_access", "coordinated"}


def test_every_cleared_group_has_its_reason_in_words(everyone: Scanned) -> None:
    reasons = [row["reason"] for row in rows(everyone.out, "cleared")]
    assert reasons
    assert all(len(reason.split()) > 3 for reason in reasons)


def test_the_four_scores_are_plain_sums_over_the_evidence(everyone: Scanned) -> None:
    evidence = _by_group(rows(everyone.out, "evidence"))
    for group in [*rows(everyone.out, "campaigns"), *rows(everyone.out, "cleared")]:
        for question in QUESTIONS:
            told = [item["bits"] for item in evidence[group["campaign_id"]] if item["question"] == question]
            assert group[f"{question}_bits"] == pytest.approx(sum(told), abs=1e-3)


def test_innocence_only_ever_lowers_and_no_score_is_minus_zero(everyone: Scanned) -> None:
    for row in [*rows(everyone.out, "campaigns"), *rows(everyone.out, "cleared")]:
        assert row["innocence_bits"] <= 0
        assert not [q for q in QUESTIONS if row[f"{q}_bits"] == 0 and math.copysign(1, row[f"{q}_bits"]) < 0]


def test_every_group_has_one_row_of_every_kind_of_evidence(everyone: Scanned) -> None:
    kinds = Counter(kind.kind for kind in EVIDENCE_TABLE)
    evidence = _by_group(rows(everyone.out, "evidence"))
    groups = {row["campaign_id"] for row in [*rows(everyone.out, "campaigns"), *rows(everyone.out, "cleared")]}
    assert set(evidence) == groups
    assert all(Counter(item["evidence"] for item in items) == kinds for items in evidence.values())


def test_what_could_not_be_tested_carries_no_bits_and_says_why(everyone: Scanned) -> None:
    for row in rows(everyone.out, "evidence"):
        assert row["statement"]
        assert row["null_model"]
        if row["p_value"] is None:
            assert row["bits"] == 0
        else:
            assert 0 <= row["p_value"] <= 1


def test_an_accused_group_has_bits_of_two_families_at_least(everyone: Scanned) -> None:
    evidence = _by_group(rows(everyone.out, "evidence"))
    for campaign in verdicts(everyone.out):
        speaking = {e["family"] for e in evidence[campaign] if e["bits"] > 0 and e["question"] == "coordination"}
        assert len(speaking) >= 2


def test_sizes_and_times_of_a_campaign_are_those_of_its_members(everyone: Scanned) -> None:
    world = pq.read_table(everyone.world / "exchanges.parquet", columns=["account_id", "ts"]).to_pylist()
    of = members(everyone.out)
    for row in rows(everyone.out, "campaigns"):
        times = [one["ts"] for one in world if one["account_id"] in of[row["campaign_id"]]]
        assert (row["n_accounts"], row["n_exchanges"]) == (len(of[row["campaign_id"]]), len(times))
        assert (row["first_ts"], row["last_ts"]) == (min(times), max(times))


def test_a_member_joined_with_its_first_exchange(everyone: Scanned) -> None:
    first: dict[str, Any] = {}
    for row in pq.read_table(everyone.world / "exchanges.parquet", columns=["account_id", "ts"]).to_pylist():
        first[row["account_id"]] = min(row["ts"], first.get(row["account_id"], row["ts"]))
    assert all(row["joined_ts"] == first[row["account_id"]] for row in rows(everyone.out, "members"))


def test_core_members_have_more_bits_than_all_others(everyone: Scanned) -> None:
    for found in _by_group(rows(everyone.out, "members")).values():
        core = [row["bits"] for row in found if row["core"]]
        others = [row["bits"] for row in found if not row["core"]]
        assert core
        assert min(core) > 0
        assert min(core) >= max(others, default=0)


def test_nobody_is_a_member_of_two_campaigns(everyone: Scanned) -> None:
    accounts = Counter(row["account_id"] for row in rows(everyone.out, "members"))
    assert set(accounts.values()) == {1}


def test_the_timeline_counts_every_exchange_of_a_member_once(everyone: Scanned) -> None:
    hours = _by_group(rows(everyone.out, "timeline"))
    for row in rows(everyone.out, "campaigns"):
        told = hours[row["campaign_id"]]
        assert sum(hour["exchanges"] for hour in told) == row["n_exchanges"]
        assert all(0 < hour["accounts"] <= row["n_accounts"] for hour in told)


def test_links_join_two_members_of_one_campaign(everyone: Scanned) -> None:
    of = members(everyone.out)
    for row in rows(everyone.out, "links"):
        assert row["marks"] > 0
        assert row["account_a"] != row["account_b"]
        assert {row["account_a"], row["account_b"]} <= of[row["campaign_id"]]


def test_exhibits_are_exchanges_and_accounts_that_exist(everyone: Scanned) -> None:
    table = pq.read_table(everyone.world / "exchanges.parquet", columns=["exchange_id", "account_id"])
    known = {value for name in table.column_names for value in table[name].to_pylist()}
    shown = {exhibit for row in rows(everyone.out, "evidence") for exhibit in row["exhibits"]}
    assert shown
    assert shown <= known


def test_a_summary_is_one_sentence_that_says_how_many(everyone: Scanned) -> None:
    for row in rows(everyone.out, "campaigns"):
        assert row["summary"].startswith(f"{row['n_accounts']:,} accounts with {row['n_exchanges']:,} exchanges")
        assert row["summary"].endswith(".")
        assert "\n" not in row["summary"]


# --- every number again -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def database(everyone: Scanned) -> Iterator[duckdb.DuckDBPyConnection]:
    """The ledger and the groups of a scan as a reader who has only DuckDB opens them."""
    ledger = Ledger.open(everyone.ledger)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        files = [str(path) for path in ledger.exchange_files()]
        connection.execute(f"create view exchanges as select * from read_parquet({files}, hive_partitioning = false)")
        connection.register("accounts", ledger.accounts_table())
        connection.execute(f"create view groups as select * from '{everyone.out / 'groups.parquet'}'")
        yield connection


@pytest.mark.parametrize("kind", [kind.kind for kind in EVIDENCE_TABLE])
def test_the_query_of_every_evidence_gives_its_numbers_again(
    everyone: Scanned, database: duckdb.DuckDBPyConnection, kind: str
) -> None:
    told = [row for row in rows(everyone.out, "evidence") if row["evidence"] == kind and row["query"]]
    accused = verdicts(everyone.out)
    told.sort(key=lambda row: (row["campaign_id"] not in accused, row["campaign_id"]))
    for row in told[: len(accused) + 2]:
        again = _numbers(database, row["query"])
        numbers = json.loads(row["numbers"])
        common = sorted(again.keys() & numbers.keys())
        assert common or not numbers
        assert {name: again[name] for name in common} == pytest.approx({name: numbers[name] for name in common})


def _numbers(database: duckdb.DuckDBPyConnection, query: str) -> Row:
    table: pa.Table = database.sql(query).to_arrow_table()
    assert table.num_rows == 1
    found: Row = table.to_pylist()[0]
    return {name: float(value) if _is_number(value) else value for name, value in found.items()}


def _is_number(value: object) -> bool:
    return value is not None and not isinstance(value, str | bool)


def test_what_was_tested_has_a_query_and_numbers(everyone: Scanned) -> None:
    bare = [row for row in rows(everyone.out, "evidence") if row["p_value"] is not None and row["bits"] > 0]
    assert not {row["evidence"] for row in bare if not row["query"] or row["numbers"] == "{}"}


def test_numbers_are_json_that_every_reader_can_read(everyone: Scanned) -> None:
    for row in rows(everyone.out, "evidence"):
        numbers = json.loads(row["numbers"], parse_constant=_refuse)
        assert isinstance(numbers, dict)


def _refuse(constant: str) -> None:
    raise AssertionError(f"`{constant}` is no JSON")


# --- scan.json and the report -----------------------------------------------------------------------------------------


def test_scan_json_says_how_the_scan_was_run_and_on_what(everyone: Scanned) -> None:
    said = json.loads((everyone.out / "scan.json").read_text("utf-8"))
    ledger = Ledger.open(everyone.ledger)
    exchanges = pq.read_metadata(everyone.world / "exchanges.parquet").num_rows
    assert said["format"] == 1
    assert {"python", "duckdb", "numpy", "pyarrow", "scikit-network", "scipy"} <= said["versions"].keys()
    assert {"since", "until", "memory", "threads", "false_discoveries", "proposals"} <= said["parameters"].keys()
    assert said["ledger"]["digest"] == ledger.digest()
    assert (said["rows_read"], said["ledger"]["exchanges"]) == (exchanges, exchanges)
    assert said["skipped"] == []
    assert said["could_not_run"] == []
    assert {"profiles", "hand-offs", "proposals", "evidence", "verdicts"} <= said["timings"].keys()
    assert sum(said["proposals"].values()) > 0


def test_the_report_is_one_file_that_names_every_campaign(everyone: Scanned) -> None:
    page = (everyone.out / "report.html").read_text("utf-8")
    assert not [name for name in verdicts(everyone.out) if name not in page]
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?(?!data:|#)", page)
    assert "@import" not in page


def test_no_text_of_the_logs_is_in_what_a_scan_leaves(everyone: Scanned) -> None:
    texts = pq.read_table(everyone.world / "exchanges.parquet", columns=["input_text"])["input_text"].to_pylist()
    left = b"".join(path.read_bytes() for path in everyone.out.iterdir() if path.suffix in (".json", ".html"))
    left += b"".join(str(rows(everyone.out, name)).encode() for name in SCHEMAS)
    assert not [text for text in texts[:3_000] if text and len(text) > 40 and text[:40].encode() in left]
