"""Commands on a disk of a few megabytes, for tests: a file system in memory that only this process sees.

`python -m tests.small_disk import FOLDER OLD NEW`: two imports into a ledger on it, the second again with more room.
`python -m tests.small_disk scan FOLDER LEDGER`: a scan whose results fill it, over those of an earlier one.
`python -m tests.small_disk watch FOLDER LEDGER OUT`: a run of a watch whose sums fill it, and one with more room.
`python -m tests.small_disk spill FOLDER`: a query that spills more than it holds.
`python -m tests.small_disk probe FOLDER`: nothing.

Each prints what came of it as JSON.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stillwatch.engine import DuckDB
from stillwatch.errors import StillwatchError
from stillwatch.ledger import Ledger
from tests.small_world import Ran, stillwatch
from tests.tree import ROOT

BIG = "select i % 5000000 as k, count(*) as n, sum(i) as s from range(8000000) as t(i) group by k order by n, s"


def on_small_disk(mode: str, *arguments: object) -> tuple[Any, str]:
    """Run a mode of this module where only it sees the small disk; return what it printed, and else why it cannot."""
    command = ["unshare", "--map-root-user", "--mount", sys.executable, "-m", "tests.small_disk", mode]
    try:
        ran = subprocess.run([*command, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None, "there is no `unshare` on this machine"
    return (json.loads(ran.stdout), "") if ran.returncode == 0 else (None, ran.stderr.strip())


def _mount(folder: Path, size: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)


def _said(ran: Ran) -> dict[str, Any]:
    return {"code": ran.code, "err": ran.err}


def _import(folder: Path, old: str, new: str) -> dict[str, Any]:
    _mount(folder, "400k")
    place = folder / "ledger"

    def add(log: str) -> dict[str, Any]:
        said = _said(stillwatch("import", log, "--ledger", place))
        ledger = Ledger.open(place)
        return {**said, "digest": ledger.digest(), "rows": ledger.rows, "staged": len([*place.glob("staging/*")])}

    tried = [add(old), add(new)]
    subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)
    return {"tried": [*tried, add(new)]}


def _scan(folder: Path, ledger: str) -> dict[str, Any]:
    _mount(folder, "64m")
    out = folder / "out"
    told = ("scan", "--ledger", ledger, "--out", out)
    first = _said(stillwatch(*told))
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    size = sum(map(len, before.values())) // 1024 + 64
    subprocess.run(["mount", "-o", f"remount,size={size}k", str(folder)], check=True)
    second = _said(stillwatch(*told))
    after = {path.name: path.read_bytes() for path in out.iterdir()}
    shutil.rmtree(out)
    (folder / "filler").write_bytes(b"x" * (size - 40) * 1024)
    third = _said(stillwatch("scan", "--ledger", ledger, "--out", out))
    return {"tried": [first, second, third], "same": before == after, "left": out.exists()}


def _watch(folder: Path, ledger: str, out: str) -> dict[str, Any]:
    _mount(folder, "64m")
    place = folder / "ledger"
    shutil.copytree(ledger, place, ignore=shutil.ignore_patterns("rollups"))
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) // 1024
    subprocess.run(["mount", "-o", f"remount,size={size + 400}k", str(folder)], check=True)
    told = ("watch", "--ledger", place, "--out", out, "--once")
    before = Ledger.open(place).digest()
    full = _said(stillwatch(*told))
    kept = [path.name for path in place.glob("rollups/*/*")]
    subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)
    return {"tried": [full, _said(stillwatch(*told))], "same": Ledger.open(place).digest() == before, "kept": kept}


def _spill(folder: Path) -> dict[str, Any]:
    _mount(folder, "16m")
    with DuckDB(memory="60MB", threads=1, spill=folder) as engine:
        try:
            engine.rows(BIG, name="big")
            said = ""
        except StillwatchError as error:
            said = str(error)
        again = engine.rows("select 1 as v").num_rows
    return {"said": said, "again": again, "left": [path.name for path in folder.iterdir()]}


def _probe(folder: Path) -> dict[str, Any]:
    _mount(folder, "1m")
    return {}


_MODES: dict[str, Callable[..., dict[str, Any]]] = {
    "import": _import,
    "scan": _scan,
    "watch": _watch,
    "spill": _spill,
    "probe": _probe,
}

if __name__ == "__main__":
    print(json.dumps(_MODES[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])))
