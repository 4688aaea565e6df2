"""What a scan found, in eighty columns, without colours, and as JSON."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from stillwatch.errors import StillwatchError
from stillwatch.report.json import campaign_json, campaigns_json
from stillwatch.report.result import Result, load_result
from stillwatch.report.terminal import campaign_table, explain_campaign
from tests.report.sample_scan import SAMPLES, write_scan


def _printed(what: RenderableType, width: int = 80, *, encoding: str = "utf-8") -> str:
    """Return the lines that a pipe of that width gets, without the spaces at their ends."""
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding=encoding, errors="replace"), width=width)
    console.print(what)
    console.file.flush()
    return "\n".join(line.rstrip() for line in raw.getvalue().decode(encoding).split("\n"))


def _flat(text: str) -> str:
    return " ".join(text.split())


def test_the_table_names_each_campaign_with_its_strongest_evidence(sample: Result) -> None:
    text = _printed(campaign_table(sample), width=160)
    assert text.startswith("2 distillation campaigns, 1 case of pooled access and 1 coordinated group.")
    assert "+9.1 harvest intent: 71 % of 163,812 prompts are of a form that makes training data" in text
    assert all(s.group_id in text for s in SAMPLES[:4])
    assert "4 more groups were looked at and not accused." in text
    assert "3 kinds of evidence could not be had from this ledger." in text


def test_candidates_of_declared_customers_alone_are_said_where_there_are_any(sample: Result) -> None:
    told = replace(sample, scan=sample.scan.model_copy(update={"customers": 1}))
    assert "1 candidate held declared customers and hardly anybody else." in _flat(_printed(campaign_table(told)))
    assert "declared customers" not in _printed(campaign_table(sample))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_nothing_is_wider_than_the_terminal(sample: Result, width: int) -> None:
    for what in (campaign_table(sample), explain_campaign(sample, "c-a04f9e15")):
        assert max(map(len, _printed(what, width).split("\n"))) <= width


def test_a_pipe_gets_no_colours(sample: Result) -> None:
    assert "\x1b" not in _printed(explain_campaign(sample, "c-a04f9e15"))


def test_one_campaign_is_explained_in_bits_with_numbers_null_and_accounts(sample: Result) -> None:
    text = _flat(_printed(explain_campaign(sample, "c-a04f9e15")))
    assert "Coordination: is it one operator? sum +17.0 bits" in text
    assert "continued conversation relay +6.4" in text
    assert (
        "null: hand-offs at the rate of all others; p 7.8e-04; 10 bits at most, judged; inside 1,204, accounts 96"
        in text
    )
    assert f"look at {sample.find('c-a04f9e15').evidence[7].exhibits[0]}" in text
    assert "Members 85 of 118 are core" in text


def test_a_group_that_was_tested_without_some_of_its_members_says_so(sample: Result) -> None:
    assert "tested on 92 accounts" in _flat(_printed(explain_campaign(sample, "c-a04f9e15")))
    assert "tested on" not in _printed(explain_campaign(sample, "c-7f31d0a2"))


def test_counter_evidence_and_what_is_not_known_are_part_of_it(sample: Result) -> None:
    text = _flat(_printed(explain_campaign(sample, "c-a04f9e15")))
    assert "Counter-evidence: what else could it be? sum -7.3 bits" in text
    assert "human conversation intent -4.2" in text
    assert "same list: Too few prompts." in text
    assert "registered program: No values in `program`." in text


def test_bars_follow_one_another(sample: Result) -> None:
    lines = _printed(explain_campaign(sample, "c-7f31d0a2")).split("\n")
    bars = [line for line in lines if "█" in line]
    assert len(bars) == 11
    ends = [line.rindex("█") for line in bars[:8]]
    assert ends == sorted(ends)


def test_an_old_terminal_gets_plain_bars(sample: Result) -> None:
    text = _printed(explain_campaign(sample, "c-a04f9e15"), encoding="ascii")
    assert "###" in text
    assert "--" in text
    assert "█" not in text


def test_a_cleared_group_is_explained_with_its_reason(sample: Result) -> None:
    text = _flat(_printed(explain_campaign(sample, "g-51b0c3aa")))
    assert "g-51b0c3aa not accused" in text
    assert "Reason: One declared organisation owns 638 of the 640 accounts." in text
    assert "declared organisation identity -30.0" in text


def test_a_wrong_id_is_an_error_with_the_nearest(sample: Result) -> None:
    with pytest.raises(StillwatchError, match=r"c-a04f9e16") as caught:
        explain_campaign(sample, "c-a04f9e16")
    assert "`c-a04f9e15`" in caught.value.remedy


def test_nothing_found_is_said(tmp_path: Path) -> None:
    text = _printed(campaign_table(load_result(write_scan(tmp_path, SAMPLES[4:]))))
    assert text.startswith("No campaign found.\n4 groups were looked at and not accused.")


def test_ids_are_neither_colours_nor_commands(tmp_path: Path) -> None:
    ids = ("[red]acct[/red]", "acct\x1b[2J", "acct\u202efdp", "y" * 10_000)
    hostile = replace(SAMPLES[3], ids=ids, summary="[bold]x[/bold]\x1b[2J", core=1.0)
    result = load_result(write_scan(tmp_path, [hostile]))
    first = replace(result.campaigns[0], members=tuple(m for m in result.campaigns[0].members if m.account_id in ids))
    text = _printed(explain_campaign(replace(result, campaigns=(first,)), first.group_id))
    assert "[red]acct[/red]" in text
    assert "acct\\u{001B}[2J" in text
    assert "acct\\u{202E}fdp" in text
    assert not {"\x1b", "\u202e"} & set(text)
    assert max(map(len, text.split("\n"))) <= 80


def test_json_has_the_names_of_the_tables_and_nothing_is_cut(sample: Result) -> None:
    found = json.loads(json.dumps(campaign_json(sample, "c-7f31d0a2")))
    assert found["verdict"] == "distillation_campaign"
    assert (len(found["evidence"]), len(found["members"])) == (20, 300)
    assert found["coordination_bits"] == pytest.approx(50.6)
    assert found["first_ts"] == "2026-07-01T00:11:00Z"
    assert {"evidence", "family", "bits", "p_value", "null_model", "numbers", "query"} <= set(found["evidence"][0])
    assert (found["evidence"][0]["cap"], found["evidence"][0]["origin"]) == (12.0, "judged")


def test_json_of_all_campaigns_has_the_cleared_and_what_could_not_run(sample: Result) -> None:
    found = json.loads(json.dumps(campaigns_json(sample)))
    assert [c["campaign_id"] for c in found["campaigns"]] == [s.group_id for s in SAMPLES[:4]]
    assert [e["evidence"] for e in found["campaigns"][0]["strongest"]] == ["interchangeable", "harvest_intent"]
    assert found["cleared"][0]["reason"] == SAMPLES[4].reason
    assert found["could_not_run"][1]["evidence"] == "appetite"
