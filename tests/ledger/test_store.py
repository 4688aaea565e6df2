"""Opening and making ledgers, and what one says of itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stillwatch.errors import Refused, StillwatchError
from stillwatch.keys import Key, load_key, make_key
from stillwatch.ledger import Ledger
from tests.ledger.sketches import KEY, add, hours, ids, sketch, table


def test_a_new_ledger_makes_its_own_key_which_only_its_owner_can_read(tmp_path: Path) -> None:
    ledger = Ledger.open_or_create(tmp_path / "ledger")
    place = tmp_path / "ledger" / "key"
    assert ledger.key == load_key(place)
    assert place.stat().st_mode & 0o077 == 0
    assert ledger.fingerprint == load_key(place).fingerprint


def test_opened_again_it_is_the_same(tmp_path: Path) -> None:
    assert Ledger.open_or_create(tmp_path / "ledger") == Ledger.open(tmp_path / "ledger")


def test_a_key_of_the_users_own_stays_where_it_is(tmp_path: Path) -> None:
    key = make_key(tmp_path / "mine")
    ledger = Ledger.open_or_create(tmp_path / "ledger", tmp_path / "mine")
    assert ledger.key == key
    assert not (tmp_path / "ledger" / "key").exists()
    assert Ledger.open(tmp_path / "ledger").key is None
    assert key.secret.hex().encode() not in b"".join(p.read_bytes() for p in ledger.folder.rglob("*") if p.is_file())


def test_another_key_is_refused(tmp_path: Path) -> None:
    Ledger.create(tmp_path / "ledger", KEY)
    make_key(tmp_path / "other")
    with pytest.raises(Refused, match="not the one this ledger was made with") as refused:
        Ledger.open_or_create(tmp_path / "ledger", tmp_path / "other")
    assert KEY.fingerprint in refused.value.expected
    assert refused.value.remedy


def test_another_format_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    Ledger.create(tmp_path / "ledger", KEY)
    head = {"format": 9, "key": KEY.fingerprint, "made_by": "9.9"}
    (tmp_path / "ledger" / "ledger.json").write_text(json.dumps(head))
    for attempt in (Ledger.open, Ledger.open_or_create):
        with pytest.raises(Refused, match="format version `9`") as refused:
            attempt(tmp_path / "ledger")
        assert "9.9" in refused.value.found
        assert "import the sources again" in refused.value.remedy


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"format": 1}', "\xff"])
def test_a_damaged_head_is_said(tmp_path: Path, content: str) -> None:
    Ledger.create(tmp_path, KEY)
    (tmp_path / "ledger.json").write_text(content, encoding="latin-1")
    with pytest.raises(StillwatchError, match="the file cannot be read"):
        Ledger.open(tmp_path)


def test_a_folder_with_other_things_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(Refused, match="no ledger"):
        Ledger.open_or_create(tmp_path)
    with pytest.raises(Refused, match="no ledger"):
        Ledger.create(tmp_path, KEY)
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("")
    with pytest.raises(Refused, match="a file is in the ledger's place"):
        Ledger.open_or_create(tmp_path / "ledger")


def test_a_ledger_is_not_made_over_another(tmp_path: Path) -> None:
    Ledger.create(tmp_path, KEY)
    with pytest.raises(Refused, match="exists already"):
        Ledger.create(tmp_path, KEY)


def test_no_ledger_is_said(tmp_path: Path) -> None:
    with pytest.raises(StillwatchError, match="there is no ledger") as error:
        Ledger.open(tmp_path / "nowhere")
    assert "stillwatch import" in error.value.remedy


def test_making_one_that_was_cut_short_is_taken_up_again(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("")
    (tmp_path / "key.new").write_text("half of a ke")
    ledger = Ledger.open_or_create(tmp_path)
    assert ledger.key is not None
    (tmp_path / "ledger.json").unlink()
    assert Ledger.open_or_create(tmp_path).key == ledger.key


def test_made_by_many_processes_at_once_it_has_one_key(tmp_path: Path) -> None:
    code = "import sys, pathlib; from stillwatch.ledger import Ledger; Ledger.open_or_create(pathlib.Path(sys.argv[1]))"
    started = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "ledger")]) for _ in range(3)]
    assert [process.wait() for process in started] == [0] * 3
    assert Ledger.open(tmp_path / "ledger").key is not None


def test_an_empty_ledger_has_nothing(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path, KEY)
    assert (ledger.rows, ledger.size, ledger.days(), ledger.exchange_files()) == (0, 0, [], [])
    assert ledger.accounts_table().num_rows == 0
    assert ledger.skips().total == 0


def test_files_are_listed_by_day(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path, KEY)
    add(ledger, hours(20, 52), "b" * 32)
    add(ledger, hours(0, 20), "a" * 32)
    assert ledger.days() == ["2026-01-01", "2026-01-02", "2026-01-03"]
    names = [path.relative_to(tmp_path).as_posix() for path in ledger.exchange_files()]
    assert names[:2] == [f"exchanges/day=2026-01-01/{letter * 32}.parquet" for letter in "ab"]
    assert ledger.rows == 52
    assert ledger.size == sum(path.stat().st_size for path in ledger.exchange_files())


def test_the_digest_follows_from_content_alone(tmp_path: Path) -> None:
    parts = {"a": hours(0, 30), "b": hours(20, 50), "c": hours(40, 60)}
    digests = set()
    for order in ("abc", "cba", "bac"):
        ledger = Ledger.create(tmp_path / order, KEY)
        for name in order:
            add(ledger, parts[name], name * 32)
        assert ledger.rows == 60
        digests.add(ledger.digest())
    whole = Ledger.create(tmp_path / "whole", KEY)
    add(whole, hours(0, 60), "d" * 32)
    assert digests == {whole.digest()}


def test_the_digest_tells_any_difference(tmp_path: Path) -> None:
    rows = {
        "plain": [sketch("x", 0)],
        "other id": [sketch("y", 0)],
        "other time": [sketch("x", 1)],
        "other mark": [sketch("x", 0, prompt_mark=1)],
        "the mark elsewhere": [sketch("x", 0, head_mark=1)],
        "zero is not null": [sketch("x", 0, turn=0)],
        "an empty list is not null": [sketch("x", 0, prefix_marks=[])],
        "a list": [sketch("x", 0, prefix_marks=[1, 2])],
        "a list in another order": [sketch("x", 0, prefix_marks=[2, 1])],
        "twice": [sketch("x", 0), sketch("y", 0)],
    }
    digests = {}
    for name, row in rows.items():
        ledger = Ledger.create(tmp_path / name, KEY)
        add(ledger, table(row), "a" * 32)
        digests[ledger.digest()] = name
    other = Ledger.create(tmp_path / "other key", Key(bytes(32)))
    add(other, table(rows["plain"]), "a" * 32)
    assert len({*digests, other.digest()}) == len(rows) + 1


def test_a_deleted_day_is_forgotten_and_nothing_else(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path, KEY)
    add(ledger, hours(0, 48), "a" * 32)
    for path in (tmp_path / "exchanges" / "day=2026-01-01").iterdir():
        path.unlink()
    with pytest.raises(StillwatchError, match="a file of the ledger is gone"):
        ledger.exchange_files()
    (tmp_path / "exchanges" / "day=2026-01-01").rmdir()
    assert ledger.days() == ["2026-01-02"]
    assert ids(ledger) == [f"x{h:06d}" for h in range(24, 48)]
    assert ledger.rows == 24
    add(ledger, hours(20, 50), "b" * 32)
    assert ids(ledger) == [f"x{h:06d}" for h in (*range(20, 24), *range(24, 48), 48, 49)]
    assert ledger.rows == 30


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path, KEY)
    add(ledger, hours(0, 1), "a" * 32)
    ledger.manifest_path("a" * 32).write_text('{"origin": 3}')
    with pytest.raises(StillwatchError, match="manifest of an import cannot be read"):
        ledger.exchange_files()


def test_what_no_manifest_names_is_no_part(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path, KEY)
    add(ledger, hours(0, 1), "a" * 32)
    digest = ledger.digest()
    stray = tmp_path / "exchanges" / "day=2026-01-01" / f"{'b' * 32}.parquet"
    stray.write_bytes(ledger.exchange_files()[0].read_bytes())
    assert len(ledger.exchange_files()) == 1
    assert ledger.digest() == digest
