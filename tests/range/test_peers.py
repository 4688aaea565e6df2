"""Peers are handed a world without its truth, each in its own process, and judged by one function."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.peers import PEERS, accusations, components, environments
from benchmarks.peers.__main__ import main, rows
from benchmarks.peers.accusations import Accusations
from benchmarks.peers.itself import members
from benchmarks.peers.judging import OWN, Truth, judge, oracle_limit, read_truth
from benchmarks.peers.kernel_test import Kernel, Reference
from benchmarks.peers.peer import Peer
from benchmarks.peers.trial import Outcome, Trial, attempt
from stillwatch.errors import Refused, StillwatchError
from stillwatch.record import ACCOUNTS, EXCHANGES, conform
from tests.tree import project

BY_NAME = {peer.name: peer for peer in PEERS}
HERE = [peer.name for peer in PEERS if not peer.requirements]
START = 1_780_272_000_000_000
HOUR = 3_600_000_000
HARVESTERS = 8


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty people with words of their own, and eight accounts that share a card and send one template in step."""
    folder = tmp_path_factory.mktemp("peers") / "world"
    folder.mkdir()
    rng = np.random.default_rng(3)
    sent = [*_people(rng, 50), *_harvest(rng)]
    columns = dict(zip(("account_id", "ts", "input_text", "ip"), zip(*sent, strict=True), strict=True))
    table = pa.table({name: list(values) for name, values in columns.items()})
    table = table.append_column("exchange_id", pa.array([f"x{i:05d}" for i in range(len(sent))]))
    table = table.append_column("model", pa.array(["m"] * len(sent)))
    table = table.set_column(1, "ts", table["ts"].cast(pa.timestamp("us", tz="UTC")))
    pq.write_table(conform(table.sort_by("ts"), EXCHANGES), folder / "exchanges.parquet")
    names = sorted(set(columns["account_id"]))
    harvests = [name.startswith("h") for name in names]
    accounts = pa.table(
        {
            "account_id": names,
            "created_at": pa.array([START - i * HOUR for i in range(len(names))], pa.timestamp("us", tz="UTC")),
            "email_domain": ["mail.example"] * len(names),
            "email_shape": [f"aaaa{'9' * (i % 7)}" for i in range(len(names))],
            "payment_id": [
                "one card" if harvest else f"card {name}" for name, harvest in zip(names, harvests, strict=True)
            ],
            "payment_bin": ["400001" if harvest else f"4{i % 9}" for i, harvest in enumerate(harvests)],
        }
    )
    pq.write_table(conform(accounts, ACCOUNTS), folder / "accounts.parquet")
    pq.write_table(_truth_table(names), folder / "truth.parquet")
    return folder


def _people(rng: np.random.Generator, count: int) -> Iterator[tuple[str, int, str, str]]:
    words = np.array(["".join(rng.choice(list("abcdefghijklmnop"), size=7)) for _ in range(900)])
    for person in range(count):
        own = words[rng.choice(len(words), size=120, replace=False)]
        for moment in rng.integers(0, 96 * HOUR, size=40).tolist():
            yield f"p{person:02d}", START + moment, " ".join(rng.choice(own, size=14)), f"198.51.100.{person}"


def _harvest(rng: np.random.Generator) -> Iterator[tuple[str, int, str, str]]:
    for moment in range(60):
        for account in range(HARVESTERS):
            task = " ".join("".join(rng.choice(list("qrstuvwxyz"), size=6)) for _ in range(3))
            text = (
                f"act as an expert and solve the following task {task} explain every step before giving the answer now"
            )
            yield f"h{account}", START + moment * HOUR + account * 3_000_000, text, f"203.0.113.{account}"


def _truth_table(names: list[str]) -> pa.Table:
    kinds = ["campaign" if name.startswith("h") else "classroom" if name < "p05" else "ordinary" for name in names]
    groups = {"campaign": "harvest-1", "classroom": "classroom-1", "ordinary": ""}
    return pa.table({"account_id": names, "kind": kinds, "group_id": [groups[kind] for kind in kinds]})


# judging


def _small_truth() -> Truth:
    """Four campaign accounts, two of a relay, a class of two, and 2,000 ordinary ones."""
    kinds = ["campaign"] * 4 + ["relay"] * 2 + ["classroom"] * 2 + ["ordinary"] * 2_000
    groups = ["c1", "c1", "c1", "c2", "r", "r", "k", "k"] + [""] * 2_000
    return Truth([f"a{i:04d}" for i in range(len(kinds))], np.array(kinds), np.array(groups))


def _said(scores: dict[int, float], accused: set[int]) -> Accusations:
    return Accusations(
        [f"a{i:04d}" for i in scores], np.array([*scores.values()]), np.array([i in accused for i in scores])
    )


def test_the_own_decision_is_counted_against_the_truth() -> None:
    own = judge(_small_truth(), _said({0: 9.0, 1: 8.0, 4: 7.0, 6: 6.0, 9: 5.0}, accused={0, 1, 4, 6, 9}))[0]
    assert own.decision == OWN
    assert own.recall == 0.5
    assert (own.campaigns.groups, own.campaigns.groups_accused) == (2, 1)
    assert (own.relays.accused, own.relays.accounts) == (1, 2)
    assert (own.innocents, own.innocents_accused) == (2_002, 2)
    assert own.per_100_000 == pytest.approx(2 / 2_002 * 100_000)
    assert [(k.kind, k.accused, k.groups_accused) for k in own.lookalikes] == [("classroom", 1, 1)]


def test_the_oracle_accuses_as_many_innocents_as_it_may_and_no_more() -> None:
    innocent = {row: 10.0 - row / 1_000 for row in range(8, 40)}
    _, strict, loose = judge(_small_truth(), _said({0: 9.991, 1: 9.985, 2: 9.0, 3: 1.0} | innocent, accused=set()))
    assert (strict.innocents_accused, strict.recall) == (2, 0.25)
    assert strict.limit == 9.991
    assert (loose.innocents_accused, loose.recall) == (20, 0.5)


def test_accounts_of_one_score_stand_and_fall_together() -> None:
    innocent = np.array([False, True, True, True])
    assert oracle_limit(np.array([5.0, 5.0, 5.0, 1.0]), innocent, 0.34) is None
    assert oracle_limit(np.array([5.0, 5.0, 4.0, 1.0]), innocent, 0.34) == 5.0
    assert oracle_limit(np.array([5.0, 5.0, 4.0, -np.inf]), innocent, 1.0) == 4.0


def test_nobody_scored_is_nobody_accused() -> None:
    found = judge(_small_truth(), accusations.nobody("nothing to compare"))
    assert [(j.recall, j.innocents_accused, j.limit) for j in found] == [(0.0, 0, None)] * 3


def test_accounts_of_another_world_are_not_judged() -> None:
    with pytest.raises(StillwatchError, match="1 accounts that were scored are not in the truth"):
        judge(_small_truth(), Accusations(["nobody"], np.ones(1), np.ones(1, dtype=np.bool_)))


def test_a_world_without_a_campaign_has_no_recall() -> None:
    truth = Truth(["a", "b"], np.array(["ordinary", "classroom"]), np.array(["", "k"]))
    assert judge(truth, accusations.nobody(""))[0].recall is None


def test_extra_columns_of_the_truth_are_let_be(tmp_path: Path) -> None:
    table = _truth_table(["p9", "h1"]).append_column("use", pa.array(["x", "y"]))
    pq.write_table(table, tmp_path / "truth.parquet")
    assert read_truth(tmp_path / "truth.parquet").accounts == ["h1", "p9"]


# links and components


def test_a_component_scores_its_accounts_where_it_grows_large_enough() -> None:
    links = [("a", "b", 9.0), ("b", "c", 5.0), ("d", "e", 8.0), ("e", "a", 2.0), ("x", "y", 7.0)]
    assert components.scores_by_component(links, 3) == {"a": 5.0, "b": 5.0, "c": 5.0, "d": 2.0, "e": 2.0}


def test_scores_are_the_large_components_at_any_threshold() -> None:
    rng = np.random.default_rng(1)
    ends = rng.integers(0, 40, size=(60, 2))
    links = [
        (f"n{a}", f"n{b}", float(w)) for (a, b), w in zip(ends, rng.integers(1, 9, size=60), strict=True) if a != b
    ]
    scores = components.scores_by_component(links, 3)
    for threshold in range(1, 9):
        named = components.components(links, threshold)
        large = {a for a, top in named.items() if list(named.values()).count(top) >= 3}
        assert {a for a, score in scores.items() if score >= threshold} == large


# the kernel test


def test_features_give_the_unbiased_mmd_of_their_kernel() -> None:
    rng = np.random.default_rng(2)
    past, window = (_unit(rng.standard_normal((n, 24)) + shift) for n, shift in ((300, 0.0), (50, 0.5)))
    kernel = Kernel.fit(past, rng)
    features = [kernel.features(points).astype(np.float64) for points in (past, window)]
    pp, ww, pw = features[0] @ features[0].T, features[1] @ features[1].T, features[0] @ features[1].T
    exact = (pp.sum() - 300) / (300 * 299) + (ww.sum() - 50) / (50 * 49) - 2 * pw.mean()
    reference = Reference.fit(features[0].astype(np.float32), rng)
    found, deviates = reference.test(features[1].sum(axis=0), 50)
    assert found == pytest.approx(exact, abs=1e-6)
    assert deviates


def test_features_are_near_the_gaussian_kernels_they_stand_for() -> None:
    rng = np.random.default_rng(4)
    points = _unit(rng.standard_normal((60, 24)))
    squares = np.maximum(2.0 - 2.0 * (points @ points.T), 0.0)
    width = np.sqrt(np.median(squares[np.triu_indices(60, 1)]))
    wanted = np.mean([np.exp(-squares / (2.0 * (width * times) ** 2)) for times in (0.5, 1.0, 2.0, 4.0)], axis=0)
    features = Kernel.fit(points, rng).features(points)
    assert np.abs(features @ features.T - wanted).max() < 0.12


def test_windows_of_the_past_itself_seldom_deviate() -> None:
    rng = np.random.default_rng(5)
    past = _unit(rng.standard_normal((2_000, 24)))
    kernel = Kernel.fit(past, rng)
    features = kernel.features(past)
    reference = Reference.fit(features[::2], rng)
    drawn = [rng.choice(1_000, size=60, replace=False) * 2 + 1 for _ in range(200)]
    deviating = sum(reference.test(features[rows].sum(axis=0, dtype=np.float64), 60)[1] for rows in drawn)
    assert deviating < 25


def _unit(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    unit: npt.NDArray[np.float32] = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    return unit


# the protocol


def _spy(tmp_path: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> Peer:
    """Return a peer whose process runs `body`, with `sys.argv` as every peer's: module, world, out."""
    script = tmp_path / "spy.py"
    script.write_text(f"import os, sys, time\nmodule, world, out = sys.argv[1:]\n{body}\n", encoding="utf-8")
    monkeypatch.setattr("benchmarks.peers.trial._CHILD", script)
    return replace(BY_NAME["volume"], name="spy")


def _attempt(peer: Peer, world: Path, limit: float = 60.0) -> Trial:
    return attempt(peer, world, environments=environments.default_folder(), limit=limit)


def test_a_peer_is_handed_two_tables_and_no_truth(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    peer = _spy(tmp_path, "print(sorted(os.listdir(world)), 'PYTHONPATH' in os.environ); sys.exit(7)", monkeypatch)
    trial = _attempt(peer, world)
    assert trial.outcome is Outcome.FAILED
    assert trial.reason == "['accounts.parquet', 'exchanges.parquet'] False"


def test_a_peer_that_takes_too_long_is_stopped_with_all_that_it_started(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "still-there"
    late = f"import time; time.sleep(1.0); open({str(mark)!r}, 'w')"
    body = f"import subprocess\nsubprocess.Popen([sys.executable, '-c', {late!r}])\ntime.sleep(30)"
    peer = _spy(tmp_path, body, monkeypatch)
    trial = _attempt(peer, world, limit=0.5)
    assert (trial.outcome, trial.reason, trial.accusations) == (Outcome.STOPPED, "", None)
    assert trial.seconds is not None
    assert trial.seconds < 10
    assert [(row["decision"], row["recall"]) for row in rows([(peer, trial, ())])] == [("stopped", None)]
    time.sleep(1.2)
    assert not mark.exists()


def test_what_a_peer_said_before_its_time_was_up_counts(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path / "said"
    said.mkdir()
    accusations.write(said, Accusations(["h0"], np.ones(1), np.ones(1, dtype=np.bool_), ["one"], ("in part",)))
    body = f"os.replace({str(said / accusations.FILE)!r}, out + '/{accusations.FILE}')\ntime.sleep(30)"
    trial = _attempt(_spy(tmp_path, body, monkeypatch), world, limit=0.8)
    assert trial.outcome is Outcome.STOPPED
    assert trial.accusations is not None
    assert (trial.accusations.accounts, trial.accusations.groups) == (["h0"], ["one"])
    assert trial.accusations.notes == ("in part",)


def test_packages_that_cannot_be_installed_are_a_result(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.txt").write_text("no-such-package-anywhere==0 --hash=sha256:00\n", encoding="utf-8")
    monkeypatch.setattr(environments, "REQUIREMENTS", tmp_path)
    trial = attempt(replace(BY_NAME["forest"], requirements="bad.txt"), world, environments=tmp_path, limit=1.0)
    assert trial.outcome is Outcome.NOT_INSTALLED
    assert "could not be installed" in trial.reason
    assert trial.seconds is None


def test_environments_stay_outside_the_repository(world: Path) -> None:
    with pytest.raises(Refused, match="outside the repository"):
        attempt(BY_NAME["forest"], world, environments=environments.REPOSITORY / "peers", limit=1.0)


def test_a_folder_that_is_no_world_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StillwatchError, match=re.escape("no `exchanges.parquet`")):
        attempt(BY_NAME["volume"], tmp_path, environments=tmp_path, limit=1.0)


# the peers


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_has_its_module_its_pins_and_its_sentences(peer: Peer) -> None:
    folder = environments.REQUIREMENTS.parent
    assert (folder / f"{peer.module}.py").is_file()
    assert peer.rule
    assert peer.cannot
    if peer.requirements:
        text = (environments.REQUIREMENTS / peer.requirements).read_text(encoding="utf-8")
        pins = re.split(r"\n(?=[a-z0-9-]+==)", text)[1:]
        assert pins
        assert all("--hash=sha256:" in pin for pin in pins)


def test_what_peers_need_is_no_dependency() -> None:
    declared = " ".join(project()["project"]["dependencies"])
    for name in ("splink", "coordination", "fraudar", "scikit-learn", "rensa"):
        assert name not in declared


@pytest.mark.parametrize("name", sorted(HERE))
def test_a_peer_of_our_own_environment_finds_what_it_can(name: str, world: Path) -> None:
    _check(BY_NAME[name], world, environments.default_folder())


@pytest.mark.parametrize("name", sorted(set(BY_NAME) - set(HERE)))
def test_a_peer_with_packages_finds_what_it_can(name: str, world: Path) -> None:
    if not environments.is_ready(BY_NAME[name].requirements, environments.default_folder()):
        pytest.skip(f"no environment for {name}; `python -m benchmarks.peers WORLD --only {name}` makes it")
    _check(BY_NAME[name], world, environments.default_folder())


CAN = {"cnt-scaffold": 1.0, "splink": 1.0, "mmd": 1.0}
"""Peers that find the harvest of this easy world, and the share of it that they have to find at 1 % of innocents."""


def _check(peer: Peer, world: Path, folder: Path) -> None:
    trial = attempt(peer, world, environments=folder, limit=120.0)
    assert (trial.outcome, trial.reason) == (Outcome.FINISHED, "")
    assert trial.accusations is not None
    known = set(read_truth(world / "truth.parquet").accounts)
    assert set(trial.accusations.accounts) <= known
    assert len(set(trial.accusations.accounts)) == len(trial.accusations.accounts)
    assert np.isfinite(trial.accusations.scores).all()
    best = max(judgement.recall or 0.0 for judgement in judge(read_truth(world / "truth.parquet"), trial.accusations))
    assert best >= CAN.get(peer.name, 0.0)


def test_members_of_named_campaigns_are_what_this_project_accuses(tmp_path: Path) -> None:
    campaigns = {"campaign_id": ["k1", "k2"], "verdict": ["distillation_campaign", "pooled_access"]}
    rows = [("k1", "a", 3.0), ("k2", "a", 5.0), ("k1", "b", 2.0), ("cleared", "c", 9.0)]
    pq.write_table(pa.table(campaigns), tmp_path / "campaigns.parquet")
    names = ("campaign_id", "account_id", "bits")
    pq.write_table(
        pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows]), tmp_path / "members.parquet"
    )
    found = members(tmp_path)
    assert dict(zip(found.accounts, found.groups, strict=True)) == {"a": "k2", "b": "k1"}
    assert found.notes == ("1 accounts as distillation_campaign", "1 accounts as pooled_access")


def test_the_table_has_a_row_for_every_decision(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(world), "--only", "volume", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["machine"]
    assert [peer["name"] for peer in told["peers"]] == ["volume"]
    assert [j["decision"] for j in told["peers"][0]["judgements"]] == ["own", "oracle 0.1 %", "oracle 1 %"]
    assert told["peers"][0]["peak_megabytes"] > 10


def test_the_table_can_be_read(world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(world), "--only", "volume"])
    told = capsys.readouterr().out
    assert "oracle 0.1 %" in told
    assert "volume: per-account threshold. Accuses:" in told
    assert "its threshold is" in told
