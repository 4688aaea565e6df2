"""The table of the range: every scenario on every rung of the ladder, with all peers beside it, as Markdown.

    python -m benchmarks.table --out DIR [--scenarios NAME...] [--rungs RUNG...] [--peers NAME...] [--seeds N...]
                               [--size FACTOR] [--innocents N] [--cut-offs N] [--limit SECONDS]
                               [--environments DIR]

Each world is built once, in a temporary folder, scanned at growing moments and handed to the peers, which never see its
truth. A cell that is finished is a line of `DIR/cells.jsonl`, so that a run that was stopped goes on where it was;
`DIR/table.md` is written anew after every cell: what was found as a grid of rungs and scenarios, then every world with
all that was measured. Other code wants another DIR. A rung is `none`, a name, or several joined by `+`. Worlds have the
sizes of the full standard set, times `--size`; with `--innocents` they have no more innocent exchanges than that, but
as many as the campaign's.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measured import machine
from benchmarks.peers import PEERS
from benchmarks.peers.environments import default_folder
from benchmarks.peers.itself import members
from benchmarks.peers.judging import Judgement, judge, read_truth
from benchmarks.peers.trial import Outcome, attempt
from stillwatch.commands import Watcher
from stillwatch.errors import StillwatchError
from stillwatch.range.build import build_world
from stillwatch.range.campaigns import LADDER, REPORTED
from stillwatch.range.cast import cast
from stillwatch.range.scenarios import scenario_named
from stillwatch.range.scoring import GroupScore
from stillwatch.range.scoring.detection import DETECTED
from stillwatch.range.scoring.wording import called, ends, percent
from stillwatch.range.store import CAMPAIGN
from stillwatch.trials import SETS, Case, run_case

SEED = 301
"""Of every world unless told otherwise; for reporting, and in no set."""
NONE = "none"
OURS = PEERS[0].name
CELLS, TABLE = "cells.jsonl", "table.md"
SIZES = {case.scenario: (case.scale, case.innocents) for case in reversed(SETS["full"])}
"""Scale and innocents of each scenario: those of its first case in the full set."""

Cell = Mapping[str, object]
_LEGEND = """\
*recall*: share of the campaign's accounts that are accused, whatever the verdict; *leak*: share of its harvest \
between the first harvest and the first scan that found half of it under the right verdict; *innocents*: innocent \
accounts accused, of all; *alike*: look-alike groups of which half are accused, of all; *verdict*: what the campaign \
was called, and the share of its accounts under the right verdict; *seconds*: import and last scan, wall clock. A \
peer's cell: recall by its own rule, innocents accused, and after the bar its recall at the least limit on its score \
that accuses no more than 0.1 % of innocents, which is chosen with the truth and flatters it.
"""


_GRID_LEGEND = """\
The share of the campaign's accounts under the right verdict at the last scan; in brackets what it was called instead; \
after a star the innocent accounts that were accused. An empty cell was not measured.
"""
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class World:
    """One row of the table: a scenario on a rung with a seed."""

    scenario: str
    rung: str
    seed: int
    size: float
    cut_offs: int
    most_innocents: int | None = None

    def case(self) -> Case:
        """Return what to build and how often to scan it."""
        scale, innocents = SIZES[self.scenario]
        scenario = scenario_named(self.scenario)
        if self.most_innocents is not None:
            own = scale * self.size * sum(campaign.exchanges for campaign in scenario.campaigns)
            innocents = min(innocents or scenario.innocents, max(1.0, self.most_innocents / own))
        rungs = () if self.rung == NONE else tuple(self.rung.split("+"))
        name = f"{self.scenario}-{self.rung}"
        return Case(name, self.scenario, scale * self.size, self.seed, innocents, rungs, cut_offs=self.cut_offs)

    def key(self, peer: str) -> str:
        """Return what a cell of this world is known by."""
        innocents = "all" if self.most_innocents is None else str(self.most_innocents)
        return f"{self.scenario}/{self.rung}/{self.seed}/{self.size:g}/{innocents}/{self.cut_offs}/{peer}"


def missing_cells(
    world: World, peers: Sequence[str], done: Mapping[str, Cell], *, environments: Path, limit: float
) -> Iterator[Cell]:
    """Yield the cells of a world that are not `done`, each as soon as it is known; the world is built if there is one.

    Raises:
        StillwatchError: the world cannot be built, or the scan fails. What comes of a peer is a result.
    """
    wanted = [peer for peer in PEERS if peer.name in peers and world.key(peer.name) not in done]
    if not wanted:
        return
    with tempfile.TemporaryDirectory(prefix="stillwatch-table-") as temporary:
        folder = Path(temporary)
        if wanted[0].name == OURS:
            yield _ours(world, folder)
        else:
            build_world(world.case().spec(), folder / "world", world.seed)
        truth = read_truth(folder / "world" / "truth.parquet")
        for peer in wanted:
            if peer.name == OURS:
                continue
            trial = attempt(peer, folder / "world", environments=environments, limit=limit)
            found = judge(truth, trial.accusations) if trial.accusations is not None else ()
            yield _cell(world, peer.name, str(trial.outcome), trial.seconds, found)


def _ours(world: World, folder: Path) -> Cell:
    trial = run_case(world.case(), folder, watcher=Watcher())
    found = judge(read_truth(folder / "world" / "truth.parquet"), members(folder / f"scan-{world.cut_offs}"))
    campaigns = [group for group in trial.score.groups if group.kind == CAMPAIGN]
    cell = _cell(world, OURS, str(Outcome.FINISHED), sum(trial.seconds[1:]), found)
    return {**cell, "exchanges": trial.exchanges, "campaigns": [_campaign(group) for group in campaigns]}


def _campaign(group: GroupScore) -> dict[str, object]:
    leaked = group.detection.leaked if group.detection else None
    leak = "-" if leaked is None else f"{ends(leaked)} %"
    return {"id": group.group_id, "called": called(group.verdicts), "found": group.recall, "leak": leak}


def _cell(
    world: World, peer: str, outcome: str, seconds: float | None, found: Sequence[Judgement]
) -> dict[str, object]:
    cell: dict[str, object] = {"key": world.key(peer), "outcome": outcome, "seconds": seconds}
    if not found:
        return cell
    own, strict = found[:2]
    return cell | {
        "recall": own.recall,
        "recall_at_0.1%": strict.recall,
        "innocents_accused": own.innocents_accused,
        "innocents": own.innocents,
        "alike_accused": sum(kind.groups_accused for kind in own.lookalikes),
        "alike": sum(kind.groups for kind in own.lookalikes),
    }


# --- what is kept -----------------------------------------------------------------------------------------------------


def read_cells(file: Path) -> dict[str, Cell]:
    """Return the finished cells in `file` by key; a last line that was not finished is cut off.

    A peer that could not be installed is not finished: it is tried again.
    """
    if not file.exists():
        return {}
    whole, _, _ = file.read_bytes().rpartition(b"\n")
    file.write_bytes(whole + b"\n" if whole else b"")
    cells = [json.loads(line) for line in whole.splitlines()]
    return {cell["key"]: cell for cell in cells if cell["outcome"] != str(Outcome.NOT_INSTALLED)}


def _keep(file: Path, cell: Cell) -> None:
    with file.open("a", encoding="utf-8") as kept:
        kept.write(json.dumps(cell) + "\n")


# --- what is shown ----------------------------------------------------------------------------------------------------


def table(worlds: Sequence[World], peers: Sequence[str], cells: Mapping[str, Cell]) -> str:
    """Return the table over `worlds`; a cell that is not there yet is empty."""
    others = [peer for peer in peers if peer != OURS]
    ours = ["recall", "leak", "innocents", "alike", "verdict", "seconds"] if OURS in peers else []
    heads = ["scenario", "rung", "seed", *ours, *others]
    rows = [heads, ["---"] * len(heads), *(_row(world, peers, cells) for world in worlds)]
    return f"{grid(worlds, cells)}\n{_lines(rows)}\n{_LEGEND}\n{machine()}.\n"


def grid(worlds: Sequence[World], cells: Mapping[str, Cell]) -> str:
    """Return what the scan found of each scenario on each rung: a row a rung, a column a scenario."""
    scenarios = list(dict.fromkeys(world.scenario for world in worlds))
    found: dict[str, dict[str, list[str]]] = {}
    for world in worlds:
        row = found.setdefault(world.rung, {})
        row.setdefault(world.scenario, []).extend(_found(cells.get(world.key(OURS))))
    rows = [["rung", *(name.partition("-")[0] for name in scenarios)], ["---"] * (len(scenarios) + 1)]
    rows += [[rung, *("; ".join(row.get(name, [])) for name in scenarios)] for rung, row in found.items()]
    return f"{_lines(rows)}\n{_GRID_LEGEND}"


def _found(cell: Cell | None) -> list[str]:
    """Return the share of each campaign of a cell, with a star for each innocent account beside it."""
    if cell is None:
        return []
    campaigns, accused = cell["campaigns"], cell["innocents_accused"]
    assert isinstance(campaigns, list)
    stars = f" *{accused}" if accused else ""
    other = [one["called"] for one in campaigns if (one["found"] or 0.0) < DETECTED and one["called"] != _NOTHING]
    return [", ".join(_share(one["found"]) for one in campaigns) + "".join(f" ({name})" for name in other) + stars]


def _lines(rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(world: World, peers: Sequence[str], cells: Mapping[str, Cell]) -> list[str]:
    row = [world.scenario, world.rung, str(world.seed)]
    for peer in peers:
        cell = cells.get(world.key(peer))
        row += _own(cell) if peer == OURS else [_other(cell)]
    return row


def _own(cell: Cell | None) -> list[str]:
    if cell is None:
        return [""] * 6
    campaigns = cell["campaigns"]
    assert isinstance(campaigns, list)
    return [
        _share(cell["recall"]),
        "; ".join(one["leak"] for one in campaigns),
        f"{cell['innocents_accused']} of {cell['innocents']:,}",
        f"{cell['alike_accused']} of {cell['alike']}",
        "; ".join(f"{one['called']} ({_share(one['found'])})" for one in campaigns),
        f"{cell['seconds']:.0f}",
    ]


def _other(cell: Cell | None) -> str:
    if cell is None:
        return ""
    if "recall" not in cell:
        return str(cell["outcome"])
    note = "" if cell["outcome"] == Outcome.FINISHED else f", {cell['outcome']}"
    return f"{_share(cell['recall'])}, {cell['innocents_accused']} \\| {_share(cell['recall_at_0.1%'])}{note}"


def _share(value: object) -> str:
    return percent(value) if isinstance(value, float) else "-"


def main(arguments: list[str] | None = None) -> None:
    """Fill the table as asked on the command line."""
    asked = _parser().parse_args(arguments)
    peers = [peer.name for peer in PEERS if peer.name in asked.peers]
    worlds = [
        World(scenario, rung, seed, asked.size, asked.cut_offs, asked.innocents)
        for scenario in asked.scenarios for rung in asked.rungs for seed in asked.seeds
    ]  # fmt: skip
    for world in worlds:  # what cannot be built is said before the first hours of work
        cast(world.case().spec(), world.seed)
    asked.out.mkdir(parents=True, exist_ok=True)
    cells = read_cells(asked.out / CELLS)
    for world in worlds:
        for cell in missing_cells(world, peers, cells, environments=asked.environments, limit=asked.limit):
            _keep(asked.out / CELLS, cell)
            cells = {**cells, str(cell["key"]): cell}
            (asked.out / TABLE).write_text(table(worlds, peers, cells), encoding="utf-8")
            print(f"{cell['key']}: {cell['outcome']}", file=sys.stderr)
    (asked.out / TABLE).write_text(table(worlds, peers, cells), encoding="utf-8")
    print(table(worlds, peers, cells), end="")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table", description=(__doc__ or "").splitlines()[0])
    names, scenarios = [peer.name for peer in PEERS], [campaign.id for campaign in REPORTED]
    parser.add_argument("--out", type=Path, required=True, help="folder for the cells and the table")
    parser.add_argument("--scenarios", nargs="+", choices=scenarios, default=scenarios, metavar="NAME")
    parser.add_argument("--rungs", nargs="+", default=[NONE, *(rung.id for rung in LADDER)], metavar="RUNG")
    parser.add_argument("--peers", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=[SEED], metavar="N")
    parser.add_argument("--size", type=float, default=1.0, help="factor on the size of every world")
    parser.add_argument("--innocents", type=int, help="innocent exchanges of a world, at the most")
    parser.add_argument("--cut-offs", type=int, default=5, help="scans of each world, the last of them at its end")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds for each peer; a breach is a result")
    parser.add_argument(
        "--environments", type=Path, default=default_folder(), help="folder for the peers' environments"
    )
    return parser


if __name__ == "__main__":
    try:
        main()
    except StillwatchError as error:
        sys.exit(str(error))
