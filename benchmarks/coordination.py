"""How much faster, and how much more precise, than the coordination network toolkit on the same exchanges.

    python -m benchmarks.coordination [--exchanges 1000000] [--limit 600] [--scenario letter-2026-06] [--seed 20]
                                      [--only NAME...] [--folder DIR] [--environments DIR] [--json]

One world with short text, about as large as asked, goes to the project (import and scan, with its start and report) and
to both uses of the toolkit (`docs/peers.md`), each alone, in its own process and with the same limit on its time. A
peer that did not end is *stopped after* that limit: then the ratio is the least that it can be, and what it had said
until then is what is judged. Recall is of the planted accounts; precision is the share of planted ones among accused
accounts that belong to no relay. Both are of each one's own rule, by the judge of `benchmarks.peers`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measured import machine, run_stillwatch, show
from benchmarks.peers import PEERS
from benchmarks.peers.environments import default_folder
from benchmarks.peers.judging import Judgement, judge, read_truth
from benchmarks.peers.trial import Outcome, Trial, attempt
from stillwatch.errors import StillwatchError

OURS = "stillwatch"
TOOLKIT = ("cnt-scaffold", "cnt-text")
EXCHANGES_AT_ONE = 314_500_000
"""Exchanges of letter-2026-06 at scale 1; other scenarios need another `--scale` to be as large."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One of them on one world.

    Attributes:
        exchanges: of the world.
        outcome: how it ended.
        seconds: wall clock of the whole process; of one that was stopped, its limit.
        times_ours: those seconds by ours; of one that was stopped, at least so many.
        recall, precision: None where it accused nobody in time.
        innocents_accused: accounts of no campaign and no relay.
    """

    name: str
    exchanges: int
    outcome: str
    seconds: float | None
    times_ours: float | None
    peak_megabytes: float | None
    recall: float | None
    precision: float | None
    innocents_accused: int | None


def compared(name: str, exchanges: int, trial: Trial, own: Judgement | None, ours: Trial) -> Compared:
    """Return the figures of one trial beside those of ours."""
    accused = None if own is None else own.campaigns.accused + own.innocents_accused
    return Compared(
        name=name,
        exchanges=exchanges,
        outcome=str(trial.outcome),
        seconds=trial.seconds,
        times_ours=trial.seconds / ours.seconds if trial.seconds and ours.seconds else None,
        peak_megabytes=trial.peak_megabytes,
        recall=None if own is None else own.recall,
        precision=own.campaigns.accused / accused if own is not None and accused else None,
        innocents_accused=None if own is None else own.innocents_accused,
    )


def build(scenario: str, scale: float, seed: int, out: Path) -> int:
    """Build a world of short texts; return its exchanges."""
    made = ("--scale", f"{scale:g}", "--seed", str(seed), "--text", "short", "--out", str(out), "--json")
    exchanges: int = json.loads(run_stillwatch("range", "build", scenario, *made).output)["exchanges"]
    return exchanges


def measure(world: Path, exchanges: int, *, peers: Sequence[str], limit: float, environments: Path) -> list[Compared]:
    """Run the project and `peers` on a world, one after the other."""
    truth, by_name = read_truth(world / "truth.parquet"), {peer.name: peer for peer in PEERS}
    trials: dict[str, Trial] = {}
    for name in (OURS, *peers):
        trials[name] = attempt(by_name[name], world, environments=environments, limit=limit)
        print(f"{name}: {trials[name].outcome} {trials[name].reason}".rstrip(), file=sys.stderr)
    owns = {name: judge(truth, t.accusations)[0] if t.accusations is not None else None for name, t in trials.items()}
    return [compared(name, exchanges, trial, owns[name], trials[OURS]) for name, trial in trials.items()]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark as asked on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--exchanges", type=int, default=1_000_000, help="about so many")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds for each")
    parser.add_argument("--scenario", default="letter-2026-06")
    parser.add_argument("--scale", type=float, help="of the world, in place of `--exchanges`")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--only", nargs="+", choices=TOOLKIT, default=list(TOOLKIT))
    parser.add_argument("--folder", type=Path, help="where the world is built; the system's temporary folder")
    parser.add_argument(
        "--environments", type=Path, default=default_folder(), help="folder for the peers' environments"
    )
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    scale = given.exchanges / EXCHANGES_AT_ONE if given.scale is None else given.scale
    with tempfile.TemporaryDirectory(prefix="coordination-", dir=given.folder) as folder:
        world = Path(folder) / "world"
        exchanges = build(given.scenario, scale, given.seed, world)
        found = measure(world, exchanges, peers=given.only, limit=given.limit, environments=given.environments)
    if given.json:
        print(
            json.dumps({"machine": machine(), "limit": given.limit, "found": [asdict(one) for one in found]}, indent=2)
        )
        return
    print(f"{machine()}\n")
    show([asdict(one) for one in found])
    for one in found:
        if one.outcome == Outcome.STOPPED and one.times_ours is not None:
            print(f"{one.name}: stopped after {given.limit:.0f} s, at least {one.times_ours:.1f} times as long as ours")


if __name__ == "__main__":
    try:
        main()
    except StillwatchError as error:
        sys.exit(str(error))
