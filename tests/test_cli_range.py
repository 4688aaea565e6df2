"""The commands of the range as they are typed: what they print, what they leave, and how they end."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import ExitCode
from stillwatch.range.campaigns import LADDER
from stillwatch.range.populations import POPULATIONS
from stillwatch.range.scenarios import SCENARIOS
from tests.small_world import Scanned, done, stillwatch
from tests.told import told

COMMANDS = ("list", "build", "score", "report", "run")
SMALL = ("demo", "--scale", 0.35, "--innocents", 1, "--seed", 3)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world without text, as the command leaves it."""
    out = tmp_path_factory.mktemp("built") / "world"
    done(stillwatch("range", "build", *SMALL, "--text", "none", "--out", out))
    return out


@pytest.fixture(scope="module")
def scored(few: Scanned, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The score of the small world, as a file."""
    ran = done(stillwatch("range", "score", "--truth", few.world / "truth.parquet", "--scan", few.out, "--json"))
    path = tmp_path_factory.mktemp("scored") / "small.json"
    path.write_text(ran.out, encoding="utf-8")
    return path


# --- help and list ----------------------------------------------------------------------------------------------------


def test_without_a_command_the_help_is_shown() -> None:
    ran = stillwatch("range")
    assert ran.code == ExitCode.NOTHING_USABLE
    assert all(command in ran.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    assert "Usage:" in done(stillwatch("range", command, "--help")).out


def test_list_shows_scenarios_populations_and_rungs() -> None:
    text = done(stillwatch("range", "list")).out
    assert re.search(r"letter-2026-06\s+28,800,000\s+25,000\s+45\s+26\s+10 : 1", text)
    names = [*(s.name for s in SCENARIOS), *(p.name for p in POPULATIONS), *(r.id for r in LADDER)]
    assert not [name for name in names if name not in text]


def test_list_prints_json() -> None:
    said = done(stillwatch("range", "list", "--json")).json
    assert [s["name"] for s in said["scenarios"]] == [s.name for s in SCENARIOS]
    assert said["rungs"][0].keys() == {"id", "changes", "cost"}


# --- build ------------------------------------------------------------------------------------------------------------


def test_build_leaves_a_world_and_says_how_to_scan_it(tmp_path: Path) -> None:
    out = tmp_path / "a [b] world"
    text = done(stillwatch("range", "build", *SMALL, "--text", "none", "--out", out)).out
    files = {path.name for path in out.iterdir()}
    assert files == {"exchanges.parquet", "accounts.parquet", "truth.parquet", "harvest.parquet", "world.json"}
    rows = pq.read_metadata(out / "exchanges.parquet").num_rows
    assert text.startswith(f"{rows:,} exchanges of ")
    assert "8 relay" in text
    assert f"stillwatch scan {out}/exchanges.parquet --accounts {out}/accounts.parquet --out SCAN" in text
    assert list(tmp_path.iterdir()) == [out]


def test_build_prints_json(tmp_path: Path, built: Path) -> None:
    said = done(stillwatch("range", "build", *SMALL, "--text", "none", "--out", tmp_path / "w", "--json")).json
    assert said["folder"] == str(tmp_path / "w")
    assert said["accounts"] == sum(said["kinds"].values()) == pq.read_metadata(built / "accounts.parquet").num_rows
    assert said["exchanges"] == pq.read_metadata(built / "exchanges.parquet").num_rows
    assert (tmp_path / "w" / "exchanges.parquet").read_bytes() == (built / "exchanges.parquet").read_bytes()


def test_what_was_typed_stands_in_the_parameters(tmp_path: Path) -> None:
    typed = ("--dial", "classroom=3", "--dial", "saas=0", "--evade", "sticky", "--evade", "own-client")
    done(stillwatch("range", "build", *SMALL, *typed, "--text", "short", "--out", tmp_path / "w"))
    known = json.loads((tmp_path / "w" / "world.json").read_text(encoding="utf-8"))
    assert (known["scenario"], known["scale"], known["seed"], known["innocents"]) == ("demo", 0.35, 3, 1.0)
    assert (known["text"], known["rungs"]) == ("short", ["sticky", "own-client"])
    assert known["dials"] == {"classroom": 3.0, "saas": 0.0}
    assert "saas" not in {group["kind"] for group in known["groups"]}


def test_a_world_may_be_built_in_the_empty_folder_where_the_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = tmp_path.stat().st_ino
    done(stillwatch("range", "build", *SMALL, "--text", "none", "--out", "."))
    assert tmp_path.stat().st_ino == before
    assert Path("world.json").exists()
    assert len(list(tmp_path.iterdir())) == 5


PROMPTS = [("alpha", "math", "one"), ("beta", "math", "one"), ("gamma", "code", "one"), ("delta", "code", "two")]


def _prompts(file: Path, columns: str = "prompt,family,dataset") -> Path:
    lines = (f"count the {word} of all {word}s,{family},{dataset}" for word, family, dataset in PROMPTS)
    file.write_text("\n".join([columns, *lines]) + "\n", encoding="utf-8")
    return file


def test_prompts_of_a_file_are_asked_but_for_those_held_out(tmp_path: Path) -> None:
    file = _prompts(tmp_path / "prompts.csv")
    typed = ("--prompts", file, "--hold-out", "two", "--text", "short", "--out", tmp_path / "w")
    done(stillwatch("range", "build", *SMALL, *typed))
    text = pq.read_table(tmp_path / "w" / "exchanges.parquet")["input_text"]
    asked = {word: pc.sum(pc.match_substring(text, f"count the {word}")).as_py() for word, _, _ in PROMPTS}
    assert asked["delta"] == 0
    assert min(asked["alpha"], asked["beta"], asked["gamma"]) > 100
    known = json.loads((tmp_path / "w" / "world.json").read_text(encoding="utf-8"))["prompts"]
    assert known["campaign"]["held_out"] == ["two"]
    assert known["people"] is None


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ((), "missing argument"),
        (("demo",), "--out"),
        (("lettr-2026-06",), "did you mean `letter-2026-06`"),
        (("zzzz",), "stillwatch range list"),
        (("letter-2026-06", "--scale", "0"), "above 0"),
        (("letter-2026-06", "--scale", "-1"), "above 0"),
        (("letter-2026-06", "--scale", "nan"), "above 0"),
        (("letter-2026-06", "--scale", "inf"), "above 0"),
        (("letter-2026-06", "--scale", "much"), "--scale"),
        (("letter-2026-06", "--scale", "1e-7"), "scale 0.0008 or more"),
        (("letter-2026-06", "--scale", "2000"), "accounts at most"),
        (("letter-2026-06", "--scale", "1e9"), "below 1,000,000"),
        (("letter-2026-06", "--innocents", "1e9"), "accounts at most"),
        (("demo", "--innocents", "0"), "--innocents 10"),
        (("demo", "--innocents", "nan"), "--innocents 10"),
        (("innocent", "--innocents", "5"), "--scale"),
        (("innocent", "--evade", "sticky"), "--scale"),
        (("demo", "--seed", "-1"), "--seed"),
        (("demo", "--seed", "one"), "--seed"),
        (("demo", "--text", "long"), "--text"),
        (("demo", "--dial", "clasroom=2"), "did you mean `classroom`"),
        (("demo", "--dial", "=2"), "stillwatch range list"),
        (("demo", "--dial", "classroom"), "--dial classroom=10"),
        (("demo", "--dial", "classroom=many"), "--dial classroom=10"),
        (("demo", "--dial", "classroom=-1"), "--dial classroom=0"),
        (("demo", "--dial", "classroom=nan"), "--dial classroom=0"),
        (("demo", "--dial", "classroom=inf"), "--dial classroom=0"),
        (("demo", "--evade", "paraphrasd"), "did you mean `paraphrase`"),
        (("demo", "--evade", "zzzz"), "one of own-payment"),
        (("demo", "--hold-out", "math"), "--prompts FILE"),
        (("demo", "--prompts", "{missing}.csv"), "check the path"),
        (("demo", "--people-prompts", "{missing}.csv"), "check the path"),
        (("demo", "--prompts", "{prompts}", "--hold-out", "poems"), "`math`"),
        (("demo", "--prompts", "{prompts}", "--hold-out", "one", "--hold-out", "two"), "hold out less"),
        (("demo", "--prompts", "{foreign}"), "rename the columns"),
        (("demo", "--prompts", "{missing}.txt"), "`.parquet`, `.csv`, `.jsonl` or `.ndjson`"),
        (("demo", "--people-prompts", "{broken}"), "check that the file is whole"),
        (("demo", "--prompts", "{prompts}", "--text", "none"), "`short` or `full`"),
        (("demo", "--scale", "0.05"), "scale 0.333 or more"),
        (("innocent", "--scale", "0.00001"), "or leave some out"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_world_that_cannot_be_built_names_the_remedy_and_leaves_nothing(
    tmp_path: Path, typed: tuple[str, ...], names: str
) -> None:
    places = {
        "missing": tmp_path / "missing",
        "prompts": _prompts(tmp_path / "p.csv"),
        "foreign": _prompts(tmp_path / "f.csv", "question,kind,dataset"),
        "broken": tmp_path / "b.parquet",
    }
    places["broken"].write_bytes(b"not a table")
    out = () if names == "--out" else ("--out", tmp_path / "new")
    arguments = [text.format(**places) for text in typed]
    assert names in told(stillwatch("range", "build", *arguments, *out), ExitCode.NOTHING_USABLE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.parquet", "f.csv", "p.csv"]


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path, built: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    for place in (tmp_path, tmp_path / "mine.txt", built):
        said = told(stillwatch("range", "build", *SMALL, "--out", place), ExitCode.REFUSED)
        assert "name a new folder" in said
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    said = told(stillwatch("range", "build", *SMALL, "--out", tmp_path / "file" / "w"), ExitCode.FAILED)
    assert "name a folder" in said
    assert str(tmp_path / "file" / "w") in said


# --- score ------------------------------------------------------------------------------------------------------------


def test_score_shows_a_table(few: Scanned) -> None:
    text = done(stillwatch("range", "score", "--truth", few.world / "truth.parquet", "--scan", few.out)).out
    assert all(name in text for name in ("grader", "relay", "saas"))


def test_score_prints_json_that_report_draws(scored: Path, tmp_path: Path) -> None:
    said = json.loads(scored.read_text(encoding="utf-8"))
    assert said["format"] == 1
    assert {group["group_id"] for group in said["groups"]} >= {"grader"}
    page = tmp_path / "page.html"
    assert str(page) in done(stillwatch("range", "report", scored, "--out", page)).out
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("truth", "scan", "names"),
    [
        ("{missing}", "{scan}", "--truth WORLD/truth.parquet"),
        ("{world}/truth.parquet", "{missing}", "stillwatch scan"),
        ("{world}/truth.parquet", "{world}", "stillwatch scan"),
    ],
)
def test_what_is_not_there_is_said(few: Scanned, tmp_path: Path, truth: str, scan: str, names: str) -> None:
    places = {"missing": tmp_path / "missing", "world": few.world, "scan": few.out}
    ran = stillwatch("range", "score", "--truth", truth.format(**places), "--scan", scan.format(**places))
    assert names in told(ran, ExitCode.NOTHING_USABLE)


@pytest.mark.parametrize(("typed", "names"), [((), "--truth"), (("--truth", "t"), "--scan")])
def test_a_score_wants_a_truth_and_a_scan(typed: tuple[str, ...], names: str) -> None:
    assert names in told(stillwatch("range", "score", *typed), ExitCode.NOTHING_USABLE)


def test_a_file_that_is_no_truth_is_said(few: Scanned) -> None:
    ran = stillwatch("range", "score", "--truth", few.world / "accounts.parquet", "--scan", few.out)
    assert "`stillwatch range build`" in told(ran, ExitCode.FAILED)


def test_a_truth_without_a_matching_account_is_said(few: Scanned, tmp_path: Path) -> None:
    world = Path(shutil.copytree(few.world, tmp_path / "world"))
    accounts = pq.read_table(world / "accounts.parquet")
    pq.write_table(accounts.slice(3), world / "accounts.parquet")
    said = told(stillwatch("range", "score", "--truth", world / "truth.parquet", "--scan", few.out), ExitCode.FAILED)
    assert f"3 of {accounts.num_rows} accounts of the truth" in said
    assert "keep the files of a world together" in said


def test_a_scan_of_another_world_is_said(few: Scanned, built: Path) -> None:
    said = told(stillwatch("range", "score", "--truth", built / "truth.parquet", "--scan", few.out), ExitCode.FAILED)
    assert "members of the scan are not in this truth" in said
    assert "name the truth of the world that was scanned" in said


def test_the_same_scan_twice_is_said(few: Scanned) -> None:
    twice = ("--scan", few.out, "--scan", few.out)
    said = told(stillwatch("range", "score", "--truth", few.world / "truth.parquet", *twice), ExitCode.FAILED)
    assert "another `--until`" in said


# --- report -----------------------------------------------------------------------------------------------------------


def test_scores_of_one_name_are_told_apart(scored: Path, tmp_path: Path) -> None:
    copies = [tmp_path / name / "score.json" for name in ("first", "second")]
    for copy in copies:
        copy.parent.mkdir()
        shutil.copy(scored, copy)
    page = tmp_path / "page.html"
    done(stillwatch("range", "report", *copies, "--out", page))
    text = page.read_text(encoding="utf-8")
    assert all(f"{copy.parent.name}/score" in text for copy in copies)


@pytest.mark.parametrize(
    ("file", "code", "names"),
    [
        ("missing.json", ExitCode.NOTHING_USABLE, "range score"),
        ("broken.json", ExitCode.FAILED, "range score"),
        ("old.json", ExitCode.REFUSED, "score again"),
    ],
)
def test_a_file_that_is_no_score_leaves_no_page(tmp_path: Path, file: str, code: ExitCode, names: str) -> None:
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    (tmp_path / "old.json").write_text('{"format": 0}', encoding="utf-8")
    page = tmp_path / "page.html"
    assert names in told(stillwatch("range", "report", tmp_path / file, "--out", page), code)
    assert not page.exists()


def test_a_page_that_cannot_be_written_is_said(scored: Path, tmp_path: Path) -> None:
    ran = stillwatch("range", "report", scored, "--out", tmp_path / "nowhere" / "page.html")
    assert "cannot be written" in told(ran, ExitCode.NOTHING_USABLE)
