"""Parameters of a scan: bounds, defaults, and that a reader finds them in what the scan left."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from stillwatch.config import ProposalLimits, ScanSettings
from tests.small_world import bare, done, stillwatch, write_lines


@pytest.mark.parametrize(
    "wrong",
    [
        {"false_discoveries": 0.0},
        {"false_discoveries": 1.0},
        {"proposals": {"smallest_group": 2}},
        {"proposals": {"rare_holders": 1}},
        {"proposals": {"resolution": 0.0}},
        {"threds": 2},
        {"proposals": {"seed": 5}},
        {"since": "yesterday"},
    ],
    ids=str,
)
def test_a_value_out_of_bounds_or_an_unknown_name_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ScanSettings.model_validate(wrong)


def test_settings_do_not_change_under_way() -> None:
    settings = ScanSettings()
    with pytest.raises(ValidationError):
        settings.memory = "1GB"  # type: ignore[misc]


def test_every_limit_of_the_proposers_says_its_unit_or_meaning() -> None:
    assert not [name for name, field in ProposalLimits.model_fields.items() if not field.description]


def test_settings_survive_being_written_and_read() -> None:
    settings = ScanSettings(since=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), threads=3, false_discoveries=0.05)
    assert ScanSettings.model_validate_json(settings.model_dump_json()) == settings


def test_scan_json_holds_the_parameters_that_were_used(tmp_path: Path) -> None:
    log = write_lines(tmp_path / "log.jsonl", [bare(n) for n in range(20)])
    told = ("--memory", "4GB", "--threads", 1, "--since", "2026-01-01T01:00", "--false-discoveries", "0.05")
    done(stillwatch("scan", log, "--out", tmp_path / "out", "--spill", tmp_path, *told))
    written = json.loads((tmp_path / "out" / "scan.json").read_text("utf-8"))["parameters"]
    since = dt.datetime(2026, 1, 1, 1, tzinfo=dt.UTC)
    assert ScanSettings.model_validate(written) == ScanSettings(
        memory="4GB", threads=1, spill=tmp_path, since=since, false_discoveries=0.05
    )


def test_the_default_memory_is_the_one_of_the_command_line() -> None:
    assert ScanSettings().memory is None
    for command in ("scan", "watch"):
        assert "[default: (75% of what is there)]" in done(stillwatch(command, "--help")).out
