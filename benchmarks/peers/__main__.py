"""Peers on one world, as one table.

    python -m benchmarks.peers WORLD [--only NAME...] [--environments DIR] [--limit SECONDS] [--json]

WORLD is a folder made by `stillwatch range build`. Each peer runs in its own process and, where it needs packages, in
an environment of its own that is made on first use. Figures depend on the truth; what a peer is handed does not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.measured import machine, show
from benchmarks.peers import PEERS
from benchmarks.peers.environments import default_folder
from benchmarks.peers.judging import Judgement, Kind, Truth, judge, read_truth
from benchmarks.peers.peer import Peer
from benchmarks.peers.trial import Outcome, Trial, attempt
from stillwatch.errors import StillwatchError

Result = tuple[Peer, Trial, tuple[Judgement, ...]]
_LEGEND = """
own: by its own rule. oracle: by its score, above the least limit at which no more than that share of innocents is
accused; chosen with the truth after the fact, it flatters the peer."""


def measure(peers: Sequence[Peer], world: Path, *, environments: Path, limit: float) -> Iterator[Result]:
    """Yield for each peer what came of its trial, and its judgements: none when it accused nobody in time."""
    truth = _truth(world)
    for peer in peers:
        trial = attempt(peer, world, environments=environments, limit=limit)
        yield peer, trial, judge(truth, trial.accusations) if trial.accusations is not None else ()


def _truth(world: Path) -> Truth:
    path = world / "truth.parquet"
    if not path.is_file():
        raise StillwatchError("no `truth.parquet` in this folder", where=str(world), expected="a labelled world")
    return read_truth(path)


def rows(results: Sequence[Result]) -> list[dict[str, object]]:
    """Return the table: three rows for a peer that gave accusations, one for a peer that did not."""
    return [row for result in results for row in _rows(*result)]


def _rows(peer: Peer, trial: Trial, judgements: tuple[Judgement, ...]) -> Iterator[dict[str, object]]:
    took: dict[str, object] = {"seconds": trial.seconds, "peak_MB": trial.peak_megabytes}
    if not judgements:
        yield {"peer": peer.name, "decision": str(trial.outcome), **dict.fromkeys(_figures(None)), **took}
    for judgement in judgements:
        yield {"peer": peer.name, "decision": judgement.decision, **_figures(judgement), **took}


def _figures(judgement: Judgement | None) -> dict[str, object]:
    if judgement is None:
        names = ("recall", "campaigns", "innocents_accused", "per_100_000", "lookalikes", "lookalike_groups", "relays")
        return dict.fromkeys(names)
    kinds = judgement.lookalikes
    return {
        "recall": "-" if judgement.recall is None else f"{judgement.recall:.1%}",
        "campaigns": f"{judgement.campaigns.groups_accused}/{judgement.campaigns.groups}",
        "innocents_accused": judgement.innocents_accused,
        "per_100_000": f"{judgement.per_100_000:.0f}",
        "lookalikes": sum(kind.accused for kind in kinds),
        "lookalike_groups": f"{sum(k.groups_accused for k in kinds)}/{sum(k.groups for k in kinds)}",
        "relays": f"{judgement.relays.accused}/{judgement.relays.accounts}",
    }


def kind_rows(results: Sequence[Result]) -> list[dict[str, object]]:
    """Return a row for each look-alike of which anybody was accused: accounts accused by each peer, own / oracles."""
    judged = [(peer, judgements) for peer, _, judgements in results if judgements]
    if not judged:
        return []
    kinds = [kind.kind for kind in judged[0][1][0].lookalikes]
    found = [(kind, [[_of(j, kind).accused for j in judgements] for _, judgements in judged]) for kind in kinds]
    first = {kind.kind: kind.accounts for kind in judged[0][1][0].lookalikes}
    return [
        {"kind": kind, "accounts": first[kind]}
        | {peer.name: " / ".join(map(str, counts)) for (peer, _), counts in zip(judged, by_peer, strict=True)}
        for kind, by_peer in found
        if any(map(any, by_peer))
    ]


def _of(judgement: Judgement, kind: str) -> Kind:
    return next(one for one in judgement.lookalikes if one.kind == kind)


def remarks(results: Sequence[Result]) -> Iterator[str]:
    """Yield a sentence or two for each peer: how it decides, what it could not do, how its trial ended, its notes."""
    for peer, trial, _ in results:
        yield f"{peer.name}: {peer.title}. Accuses: {peer.rule}. Could not: {peer.cannot}."
        if trial.outcome is not Outcome.FINISHED:
            yield f"  {trial.outcome}{f': {trial.reason}' if trial.reason else ''}"
        if trial.accusations is not None:
            yield from (f"  {note}" for note in trial.accusations.notes)


def as_json(world: Path, results: Sequence[Result], limit: float) -> str:
    """Return everything in the table and the remarks, for a machine."""
    peers = [
        asdict(peer)
        | {"outcome": str(trial.outcome), "reason": trial.reason}
        | {"seconds": trial.seconds, "peak_megabytes": trial.peak_megabytes}
        | {"notes": list(trial.accusations.notes) if trial.accusations is not None else []}
        | {"judgements": [asdict(judgement) for judgement in judgements]}
        for peer, trial, judgements in results
    ]
    parameters = world / "world.json"
    told = json.loads(parameters.read_text(encoding="utf-8")) if parameters.is_file() else None
    return json.dumps({"machine": machine(), "world": told, "limit_seconds": limit, "peers": peers}, indent=2)


def main(arguments: list[str] | None = None) -> None:
    """Run the peers as asked on the command line."""
    asked = _parser().parse_args(arguments)
    chosen = [peer for peer in PEERS if not asked.only or peer.name in asked.only]
    results = []
    for result in measure(chosen, asked.world, environments=asked.environments, limit=asked.limit):
        results.append(result)
        print(f"{result[0].name}: {result[1].outcome}", file=sys.stderr)
    if asked.json:
        print(as_json(asked.world, results, asked.limit))
        return
    print(f"{asked.world}\n{machine()}\n")
    show(rows(results))
    print(_LEGEND)
    by_kind = kind_rows(results)
    if by_kind:
        print("\nlook-alike accounts accused, own / oracles")
        show(by_kind)
    print("", *remarks(results), sep="\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("world", type=Path, help="folder with exchanges, accounts and truth")
    parser.add_argument("--only", nargs="+", choices=[peer.name for peer in PEERS], help="some of the peers")
    parser.add_argument(
        "--environments", type=Path, default=default_folder(), help="folder for the peers' environments"
    )
    parser.add_argument("--limit", type=float, default=3_600.0, help="seconds for each peer; a breach is a result")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    try:
        main()
    except StillwatchError as error:
        sys.exit(str(error))
