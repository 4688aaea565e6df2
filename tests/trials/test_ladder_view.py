"""What still carries a campaign, found or not, and the ladder as a person reads it."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from stillwatch.findings import CLEARED, EVIDENCE, GROUPS
from stillwatch.trials import Trial
from stillwatch.trials.carried import Carried, carried
from stillwatch.trials.ladder_view import carriers, ladder_view
from tests.range.scoring.hand import PEOPLE, Verdicts
from tests.trials.hand import FOUND, trial

LETTER = sum(group == "letter" for group in PEOPLE.values())
BITS = {
    "even_load": ("timing", "coordination", 8.0),
    "in_step": ("timing", "coordination", -1.0),
    "interchangeable": ("sameness", "coordination", 11.5),
    "shared_address": ("infrastructure", "coordination", -0.5),
    "dealt_out": ("content", "extraction", 6.0),
    "human_conversation": ("intent", "innocence", -2.0),
}


def _tested(groups: dict[str, str], reasons: dict[str, str], scan: Path) -> None:
    """Write which accounts a scan tested, why it cleared some of them, and the same bits for all."""
    rows = [{"campaign_id": name, "account_id": a} for name, accounts in groups.items() for a in accounts.split()]
    pq.write_table(pa.Table.from_pylist(rows, GROUPS), scan / "groups.parquet")
    empty = {f.name: "" if f.type == pa.string() else 0 for f in CLEARED}
    cleared = [empty | {"campaign_id": name, "reason": reason} for name, reason in reasons.items()]
    pq.write_table(pa.Table.from_pylist(cleared, CLEARED), scan / "cleared.parquet")
    nothing = {"null_model": "", "statement": "", "numbers": "{}", "exhibits": [], "query": "", "share": 1.0}
    evidence = [
        nothing | {"campaign_id": name, "evidence": kind, "family": family, "question": question, "bits": bits}
        for name in groups
        for kind, (family, question, bits) in BITS.items()
    ]
    pq.write_table(pa.Table.from_pylist(evidence, EVIDENCE), scan / "evidence.parquet")


def _held(folder: Path, named: Verdicts, groups: dict[str, str], reasons: dict[str, str]) -> Trial:
    made = trial(folder, named)
    _tested(groups, reasons, folder / "late")
    rungs = replace(made.case, rungs=("cover-90",))
    return replace(made, case=rungs, carried=carried(folder / "world" / "truth.parquet", folder / "late"))


@pytest.fixture
def found(tmp_path: Path) -> Trial:
    return _held(tmp_path, FOUND, {"k": "l1 l2 l3 o1", "p": "r1 r2 r3 r4", "x": "l1 l2 l3"}, {"x": "too few"})


def _shown(made: Trial) -> str:
    console = Console(file=io.StringIO(), width=400, highlight=False)
    console.print(ladder_view([made], {}))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(" ".join(line.split()) for line in console.file.getvalue().splitlines())


def test_a_campaign_that_was_named_is_carried_by_what_was_said_of_it(found: Trial) -> None:
    (one,) = found.carried
    assert (one.group_id, one.accounts, one.among, one.size) == ("letter", LETTER, 3, 4)
    assert (one.verdict, one.reason) == ("distillation_campaign", "")
    assert one.families == {"sameness": 11.5, "timing": 7.0}
    assert one.kinds == {"interchangeable": 11.5, "even_load": 8.0, "dealt_out": 6.0}
    assert (one.against, one.extraction) == ({"human_conversation": -2.0}, 6.0)


def test_of_one_that_was_not_named_the_nearest_group_says_why(tmp_path: Path) -> None:
    groups = {"near": "l1 l2 l3", "wide": "l1 l2 l3 o1 o2 o3", "far": "l1 o1"}
    made = _held(tmp_path, {}, groups, {name: f"{name} it is: all of it" for name in groups})
    (one,) = made.carried
    assert (one.among, one.size, one.verdict, one.reason) == (3, 3, "", "near it is: all of it")
    assert carriers(one) == "3 of 3: near it is"


def test_a_campaign_that_nobody_proposed_is_told(tmp_path: Path) -> None:
    (one,) = _held(tmp_path, {}, {"far": "o1 o2"}, {"far": "strangers"}).carried
    assert one == Carried("letter", LETTER, 0, 0, "", "no proposer handed in any of its accounts", {}, {}, {}, 0.0)
    assert carriers(one) == "no proposer handed in any of its accounts"


def test_the_ladder_says_what_was_found_by_what(found: Trial) -> None:
    text = _shown(found)
    assert "demo cover-90 75.0 % 0-50.0 % 1 of 12 distillation campaign sameness 12, timing 7; harvest 6" in text
    assert "is bought at this cost" not in text


def test_where_nothing_is_found_the_ladder_says_what_that_costs(tmp_path: Path) -> None:
    text = _shown(_held(tmp_path, {}, {"x": "l1 l2"}, {"x": "one family"}))
    assert "0 % 100 % 0 of 12 nothing 2 of 2: one family" in text
    assert "cover-90 is bought at this cost, judged: ten times the price of an exchange" in text
