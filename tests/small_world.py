"""Small labelled worlds on disk and the commands as a user types them, for tests of the whole program."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stillwatch.cli import main
from stillwatch.range import DEMO, TextMode, WorldSpec
from stillwatch.range.populations import POPULATIONS

_KEPT = ("ordinary", "relay", "saas")
EVERYONE = WorldSpec(scale=0.4, text=TextMode.SHORT)
"""Two campaigns, a relay and every look-alike."""
FEW = WorldSpec(
    scenario=replace(DEMO, campaigns=DEMO.campaigns[-1:]),
    scale=0.5,
    text=TextMode.SHORT,
    dials={p.name: 0.0 for p in POPULATIONS if p.name not in _KEPT} | {"relay": 10.0, "saas": 5.0},
)
"""A loud campaign, a relay and a look-alike: for tests that scan again and again."""
SEED = 7
TABLES = ("campaigns", "cleared", "members", "end_users", "groups", "evidence", "timeline", "links")
"""The tables of a scan."""
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as a machine reads it."""
        return json.loads(self.out)


def stillwatch(*arguments: object) -> Ran:
    """Run a command in this process, as the entry point does; anything but its own errors fails the test."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["stillwatch", *map(str, arguments)])
        patch.setenv("COLUMNS", "200")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())


def stillwatch_process(
    *arguments: object, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> Ran:
    """Run a command in a process of its own, with no terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "stillwatch.cli", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def done(ran: Ran) -> Ran:
    """Return what a command gave, which must have gone well and said nothing beside its result."""
    assert (ran.code, ran.err) == (0, "")
    return ran


def parquet_bytes(out: Path) -> dict[str, bytes]:
    """Return the bytes of every table of a scan."""
    return {name: (out / f"{name}.parquet").read_bytes() for name in TABLES}


def rows(out: Path, table: str) -> list[dict[str, Any]]:
    """Return the rows of one table of a scan."""
    found: list[dict[str, Any]] = pq.read_table(out / f"{table}.parquet").to_pylist()
    return found


def verdicts(out: Path) -> dict[str, str]:
    """Return the verdict of each campaign of a scan by id."""
    return {row["campaign_id"]: row["verdict"] for row in rows(out, "campaigns")}


def members(out: Path) -> dict[str, frozenset[str]]:
    """Return the members of each campaign of a scan by id."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows(out, "members"):
        found[row["campaign_id"]].add(row["account_id"])
    return {name: frozenset(accounts) for name, accounts in found.items()}


def truth(world: Path) -> dict[str, str]:
    """Return the group of each account of a world by id; of ordinary people the empty text."""
    return {row["account_id"]: row["group_id"] for row in pq.read_table(world / "truth.parquet").to_pylist()}


def populations(world: Path, out: Path) -> dict[str, tuple[str, Counter[str]]]:
    """Return for each campaign its verdict and how many of its members are of which population."""
    group = truth(world)
    of = members(out)
    return {name: (verdict, Counter(group[a] for a in of[name])) for name, verdict in verdicts(out).items()}


def campaign_of(world: Path, out: Path, population: str) -> str:
    """Return the id of the one campaign whose members are mostly of `population`."""
    (found,) = [
        name for name, (_, parts) in populations(world, out).items() if parts.most_common(1)[0][0] == population
    ]
    return found


@dataclass(frozen=True, slots=True)
class Scanned:
    """A world, the ledger it was imported into and the folder its scan left."""

    world: Path
    ledger: Path
    out: Path
    said: Ran


def scan_world(world: Path, place: Path) -> Scanned:
    """Import a world and scan it, as two commands."""
    ledger, out = place / "ledger", place / "scan"
    logs = (world / "exchanges.parquet", "--accounts", world / "accounts.parquet")
    done(stillwatch("import", *logs, "--ledger", ledger))
    return Scanned(world, ledger, out, done(stillwatch("scan", "--ledger", ledger, "--out", out, "--json")))


def write_lines(path: Path, lines: Sequence[Mapping[str, Any] | str | bytes]) -> Path:
    """Write records, or lines as they are, as JSON Lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(_line(line) + b"\n" for line in lines))
    return path


def _line(line: Mapping[str, Any] | str | bytes) -> bytes:
    if isinstance(line, bytes):
        return line
    return (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)).encode()


def bare(number: int, **others: Any) -> dict[str, Any]:
    """Return an exchange with the four required columns and nothing else, unless told."""
    return {
        "exchange_id": f"x{number:06d}",
        "ts": 1_767_225_600 + 600 * number,
        "account_id": f"account-{number % 7}",
        "model": "m-1",
        **others,
    }
