"""How a scan grows with its world, and what it costs above the floor: worlds of several scales, one after the other.

    python -m benchmarks.growth --scales 0.1 1 --folder DIR [--scenario letter-2026-06] [--seed 20] [--text none]
                                [--memory 8GB] [--threads N] [--drop-worlds] [--json]

Each world is built, imported and scanned by the public command, and its ledger is read by `benchmarks.floor` with the
same limits. Without text, the default, worlds are small and hold no scaffold and no intent. Each step is a process of
its own, measured with its start. A step that ended is a line of `steps.jsonl` in DIR with its ledger beside it, so that
a run that was stopped goes on where it was; another scenario, seed, text or limit, or other code, wants another folder.
Ratios are of the largest world to the smallest.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measured import Run, machine, run, run_stillwatch, show
from benchmarks.peers.itself import members
from benchmarks.peers.judging import judge, read_truth
from stillwatch.errors import Refused, StillwatchError

FILE = "steps.jsonl"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one world that ended well.

    Attributes:
        asked: the scenario, the seed, the text and the limits, which are the same for all steps of a folder.
        name: `world`, `import`, `scan` or `floor`.
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
        drop_worlds: whether a world's files are removed once they are imported.
    """

    folder: Path
    asked: dict[str, object]
    limits: tuple[str, ...]
    drop_worlds: bool

    def steps(self, scale: float) -> list[Step]:
        """Return the four steps of a world; those that are not in the folder are taken now."""
        world, ledger, out = (self.folder / f"{name}-{scale:g}" for name in ("world", "ledger", "scan"))
        made = (
            "--seed",
            str(self.asked["seed"]),
            "--scale",
            f"{scale:g}",
            "--text",
            str(self.asked["text"]),
            "--out",
            str(world),
        )
        logs = (str(world / "exchanges.parquet"), "--accounts", str(world / "accounts.parquet"))
        taken = [
            self.taken(scale, "world", lambda: _built(world, ("range", "build", str(self.asked["scenario"]), *made))),
            self.taken(
                scale, "import", lambda: run_stillwatch("import", *logs, "--ledger", str(ledger), "--json"),
                lambda ran: _imported(ledger, json.loads(ran.output)["exchanges"]),
            ),
        ]  # fmt: skip
        if self.drop_worlds:
            (world / "exchanges.parquet").unlink(missing_ok=True)
        scan = ("scan", "--ledger", str(ledger), "--out", str(out), *self.limits)
        floor = (sys.executable, "-m", "benchmarks.floor", str(ledger), *self.limits, "--json")
        taken.append(self.taken(scale, "scan", lambda: run_stillwatch(*scan), lambda _: _found(out, world)))
        taken.append(self.taken(scale, "floor", lambda: run(floor)))
        return taken

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


def _built(world: Path, command: tuple[str, ...]) -> Run:
    shutil.rmtree(world, ignore_errors=True)  # of a run that was stopped
    return run_stillwatch(*command)


def _imported(ledger: Path, exchanges: int) -> dict[str, float]:
    size = sum(path.stat().st_size for path in (ledger / "exchanges").rglob("*.parquet"))
    return {"exchanges": exchanges, "bytes_each": size / exchanges}


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
    parser.add_argument("--drop-worlds", action="store_true", help="remove a world's exchanges once it is imported")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    options = {"--memory": given.memory, "--threads": given.threads}
    limits = tuple(part for name, value in options.items() if value is not None for part in (name, str(value)))
    asked = {"scenario": given.scenario, "seed": given.seed, "text": given.text, "limits": list(limits)}
    given.folder.mkdir(parents=True, exist_ok=True)
    growth = Growth(given.folder, asked, limits, given.drop_worlds)
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
