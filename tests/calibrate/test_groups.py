"""Groups of scans are found by their labels, and weighed again as the scan weighed them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.calibrate.groups import Reviewed, read_groups, verdict_under
from stillwatch.calibrate.labels import Label, Labels, read_labels
from stillwatch.errors import NothingUsable
from stillwatch.findings import VerdictKind
from stillwatch.report.result import load_result
from stillwatch.verdict import reweighed, scores
from stillwatch.weights import TODAY
from tests.calibrate.scans import COURSE, HARVESTER, RELAY, Told, evidence, write_folder, write_labels
from tests.small_world import Scanned


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scan that tested a harvest, a course and a relay."""
    told = [Told("c-one", HARVESTER), Told("c-two", COURSE, {"in_step": 0.4}), Told("c-three", RELAY)]
    return write_folder(tmp_path / "scan", told)


def _labels(folder: Path, **verdicts: str) -> Labels:
    named = {name.replace("_", "-"): verdict for name, verdict in verdicts.items()}
    return read_labels(write_labels(folder.parent / "labels.csv", named))


def test_groups_carry_their_label_and_unlabelled_ones_none(folder: Path) -> None:
    groups = read_groups(_labels(folder, c_one="confirmed"), [folder])
    assert {group.group_id: group.label for group in groups} == {
        "c-one": Label.CONFIRMED, "c-two": None, "c-three": None,
    }  # fmt: skip
    assert {group.scan for group in groups} == {"scan"}


def test_a_group_of_two_scans_counts_once_as_the_last_has_it(folder: Path, tmp_path: Path) -> None:
    later = write_folder(tmp_path / "later", [Told("c-one", COURSE)])
    labels = _labels(folder, c_one="confirmed")
    (one,) = [group for group in read_groups(labels, [folder, later]) if group.group_id == "c-one"]
    assert one.scan == "later"
    assert {item.kind for item in one.evidence if item.p_value is not None} == set(COURSE)


def test_an_unknown_id_is_said_with_its_line_and_the_nearest(folder: Path) -> None:
    with pytest.raises(NothingUsable, match="1 of 2 ids") as caught:
        read_groups(_labels(folder, c_one="confirmed", c_twoo="false_alarm"), [folder])
    assert caught.value.where.endswith("labels.csv:3")
    assert "`c-two`" in caught.value.remedy


def _changed(folder: Path, name: str, value: object) -> None:
    table = pq.read_table(folder / "evidence.parquet")
    place = table.schema.get_field_index(name)
    values = pa.array([value] * table.num_rows, table.schema.field(name).type)
    pq.write_table(table.set_column(place, table.schema.field(name), values), folder / "evidence.parquet")


@pytest.mark.parametrize(("name", "value"), [("share", None), ("evidence", "tea_leaves")])
def test_a_scan_that_cannot_be_weighed_again_is_said(folder: Path, name: str, value: str | None) -> None:
    _changed(folder, name, value)
    with pytest.raises(NothingUsable, match=value or name) as caught:
        read_groups(_labels(folder, c_one="confirmed"), [folder])
    assert "scan its ledger again" in caught.value.remedy


def test_every_group_of_a_real_scan_weighs_what_the_scan_said(everyone: Scanned) -> None:
    result = load_result(everyone.out)
    groups = (*result.campaigns, *result.cleared)
    assert len(groups) > 10
    for group in groups:
        again = reweighed(group.evidence, TODAY)
        assert [item.bits for item in again] == pytest.approx([item.bits for item in group.evidence], abs=2e-4)


def test_every_group_of_a_real_scan_gets_the_verdict_that_it_got(everyone: Scanned) -> None:
    result = load_result(everyone.out)
    labels = Labels("", "", {}, {})
    found = {group.group_id: verdict_under(group, TODAY)[0] for group in read_groups(labels, [everyone.out])}
    assert found == {group.group_id: group.verdict for group in (*result.campaigns, *result.cleared)}


def _group(told: Told) -> Reviewed:
    return Reviewed(told.group_id, "scan", None, evidence(told), 20, told.q_value, 0.01, TODAY)


def test_a_lower_cap_takes_bits_off_and_a_higher_one_gives_no_more_than_the_p_value() -> None:
    items = evidence(Told("c", {"signup_burst": 9.0}))
    for cap, bits in ((12.0, 9.0), (8.0, 8.0), (2.5, 2.5), (0.0, 0.0)):
        weights = TODAY.model_copy(update={"caps": {**TODAY.caps, "signup_burst": cap}})
        assert scores(reweighed(items, weights)).coordination == pytest.approx(bits, abs=1e-3)


def test_a_verdict_follows_the_weights() -> None:
    group = _group(Told("c", HARVESTER))
    assert verdict_under(group, TODAY)[0] is VerdictKind.DISTILLATION
    assert verdict_under(group, TODAY.model_copy(update={"coordination_needed": 31.0}))[0] is None
    low = TODAY.model_copy(update={"caps": {**TODAY.caps, "harvest_intent": 4.0}})
    assert verdict_under(group, low)[0] is None


def test_a_q_value_doubles_with_each_bit_that_is_lost() -> None:
    weights = TODAY.model_copy(update={"caps": {**TODAY.caps, "even_load": 7.0}})
    near = replace(_group(Told("c", HARVESTER)), q_value=0.00499)
    assert verdict_under(near, weights)[0] is VerdictKind.DISTILLATION
    verdict, reason = verdict_under(replace(near, q_value=0.00501), weights)
    assert verdict is None
    assert "false discovery" in reason
