"""How a scan grows with its world, and what it costs above the floor: worlds of several scales, one after the other.

    python -m benchmarks.growth --scales 0.1 1 --folder DIR [--scenario letter-2026-06] [--seed 20] [--text none]
                                [--memory 8GB] [--threads N] [--rows 8000000] [--json]

Each world is imported and scanned by the public command, and its ledger is read by `benchmarks.floor` with the same
limits. It is built at the same time, into files of so many rows, each of which is removed when it is imported, so that
no disk need hold the world; the seconds of an import are those of its commands, beside the building. Without text, the
default, worlds are small and hold no scaffold and no intent. Each command is a process of its own, measured with its
start. A step that ended is a line of `steps.jsonl` in DIR with its ledger beside it, so that a run that was stopped
goes on where it was; another scenario, seed, text or limit, or other code, wants another folder. Ratios are of the
largest world to the smallest.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from benchmarks.measured import Run, machine, run, run_stillwatch, show, together
from benchmarks.peers.itself import members
from benchmarks.peers.judging import judge, read_truth
from stillwatch.errors import Refused, StillwatchError
from stillwatch.ledger import Ledger
from stillwatch.range.build import build_world
from stillwatch.range.cast import WorldSpec
from stillwatch.range.render import TextMode
from stillwatch.range.scenarios import scenario_named
from stillwatch.range.store import Parts

FILE = "steps.jsonl"
WAITING = 4
"""Files of exchanges that may wait for their import."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one world that ended well.

    Attributes:
        asked: the scenario, the seed, the text and the limits, which are the same for all steps of a folder.
        name: `import`, `scan` or `floor`.
        seconds: wall clock, with the start of its process.
        peak_megabytes: most memory that its processes held together.
        figures: what the step says of itself.
    """

    asked: dict[str, object]
    scale: float
    name: str
    seconds: float
    peak_megabytes: float
    figures: dict[str, float]


@dataclass(frozen=True, slots=True)
class Growth:
    """The worlds of one folder.

    Attributes:
        asked: what all of them were asked for.
        limits: options of the scan and of the floor.
        rows: of a file of exchanges.
    """

    folder: Path
    asked: dict[str, object]
    limits: tuple[str, ...]
    rows: int

    def steps(self, scale: float) -> list[Step]:
        """Return the three steps of a world; those that are not in the folder are taken now."""
        world, ledger, out = (self.folder / f"{name}-{scale:g}" for name in ("world", "ledger", "scan"))
        scan = ("scan", "--ledger", str(ledger), "--out", str(out), *self.limits)
        floor = (sys.executable, "-m", "benchmarks.floor", str(ledger), *self.limits, "--json")
        return [
            self.taken(scale, "import", lambda: self._laid(scale, world, ledger), lambda _: _imported(ledger)),
            self.taken(scale, "scan", lambda: run_stillwatch(*scan), lambda _: _found(out, world)),
            self.taken(scale, "floor", lambda: run(floor)),
        ]

    def _laid(self, scale: float, world: Path, ledger: Path) -> Run:
        """Build a world and import it a file at a time, each removed as soon as it is in the ledger."""
        waiting = world.with_name(f"waiting-{world.name}")
        for left in (world, waiting):
            shutil.rmtree(left, ignore_errors=True)  # of a run that was stopped; what it imported is not imported again
        waiting.mkdir()
        spec = WorldSpec(scenario_named(str(self.asked["scenario"])), scale, TextMode(str(self.asked["text"])))
        files: list[Path] = []
        runs: list[Future[Run]] = []
        with ThreadPoolExecutor(1) as importer:

            def taken(path: Path) -> None:
                files.append(path.rename(waiting / path.name))
                if len(files) > 1:
                    runs.append(importer.submit(_brought_in, files[-2], ledger))
                if len(runs) > WAITING:
                    runs[-1 - WAITING].result()  # else a fast builder fills the disk, and a failed import is seen late

            build_world(spec, world, cast(int, self.asked["seed"]), parts=Parts(self.rows, taken))
            accounts = ("--accounts", str(world / "accounts.parquet"))
            runs.append(importer.submit(_brought_in, files[-1], ledger, *accounts))
        waiting.rmdir()
        return together([run.result() for run in runs])

    def taken(
        self, scale: float, name: str, work: Callable[[], Run], figures: Callable[[Run], dict[str, float]] | None = None
    ) -> Step:
        """Return the step `name` of a world, as it is written down, or else after `work` has done it.

        Args:
            figures: returns what the step says of itself.

        Raises:
            Refused: the folder holds steps of other worlds or other limits.
        """
        for step in self._known():
            if (step.scale, step.name) == (scale, name):
                return step
        ran = work()
        told = {} if figures is None else figures(ran)
        step = Step(self.asked, scale, name, ran.seconds, ran.peak_megabytes, told)
        with (self.folder / FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(step)) + "\n")
        return step

    def _known(self) -> list[Step]:
        path = self.folder / FILE
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        known = [Step(**json.loads(line)) for line in lines]
        if any(step.asked != self.asked for step in known):
            raise Refused("steps of other worlds or other limits", where=str(path), remedy="another `--folder`")
        return known


def _brought_in(exchanges: Path, ledger: Path, *accounts: str) -> Run:
    """Import a file and remove it."""
    ran = run_stillwatch("import", str(exchanges), *accounts, "--ledger", str(ledger))
    exchanges.unlink()
    return ran


def _imported(ledger: Path) -> dict[str, float]:
    rows = Ledger.open(ledger).rows
    size = sum(path.stat().st_size for path in (ledger / "exchanges").rglob("*.parquet"))
    return {"exchanges": rows, "bytes_each": size / rows}


def _found(out: Path, world: Path) -> dict[str, float]:
    """Return which share of the planted accounts the scan names, and how many innocent ones, by the common judge."""
    own = judge(read_truth(world / "truth.parquet"), members(out))[0]
    return {"recall": own.recall or 0.0, "innocents_accused": own.innocents_accused}


def rows(steps: Sequence[Step]) -> list[dict[str, object]]:
    """Return one row for each step, for a table."""
    figures = {name: None for step in steps for name in step.figures}
    shown: list[dict[str, object]] = []
    for step in steps:
        took = {"scale": f"{step.scale:g}", "step": step.name, "seconds": step.seconds, "peak_MB": step.peak_megabytes}
        shown.append(took | figures | step.figures)
    return shown


def ratios(steps: Sequence[Step]) -> dict[str, float]:
    """Return how the scan grew from the smallest world to the largest, and what it took against the floor in each."""
    by = {(step.scale, step.name): step for step in steps}
    scales = sorted({step.scale for step in steps})
    small, large = by[scales[0], "scan"], by[scales[-1], "scan"]
    sizes = [by[scale, "import"].figures["exchanges"] for scale in (scales[0], scales[-1])]
    against = {f"scan against floor, {s:g}": by[s, "scan"].seconds / by[s, "floor"].seconds for s in scales}
    return {
        "exchanges": sizes[1] / sizes[0],
        "time": large.seconds / small.seconds,
        "memory": large.peak_megabytes / small.peak_megabytes,
    } | against


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark as asked on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scales", nargs="+", type=float, default=[0.1, 1.0])
    parser.add_argument("--folder", type=Path, required=True, help="where worlds, ledgers, scans and figures are kept")
    parser.add_argument("--scenario", default="letter-2026-06")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--text", choices=["none", "short", "full"], default="none")
    parser.add_argument("--memory", help="limit of scan and floor; that of a scan by default")
    parser.add_argument("--threads", type=int, help="of scan and floor; all cores by default")
    parser.add_argument("--rows", type=int, default=8_000_000, help="of a file; the disk holds the ledger and some")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    options = {"--memory": given.memory, "--threads": given.threads}
    limits = tuple(part for name, value in options.items() if value is not None for part in (name, str(value)))
    asked = {"scenario": given.scenario, "seed": given.seed, "text": given.text, "limits": list(limits)}
    given.folder.mkdir(parents=True, exist_ok=True)
    growth = Growth(given.folder, asked, limits, given.rows)
    steps = [step for scale in sorted(given.scales) for step in growth.steps(scale)]
    if given.json:
        found = [asdict(step) for step in steps]
        print(json.dumps({"machine": machine(), "steps": found, "ratios": ratios(steps)}, indent=2))
    else:
        print(f"{machine()}\n")
        show(rows(steps))
        print(", ".join(f"{name}: {ratio:.2f} x" for name, ratio in ratios(steps).items()))


if __name__ == "__main__":
    try:
        main()
    except StillwatchError as error:
        sys.exit(str(error))
