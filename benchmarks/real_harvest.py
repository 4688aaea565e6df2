"""Accounts of distillation prompts against accounts of human prompts, by sketch and intent, with families held out.

An account sends n prompts of one real data set (`../shared/real`); a group is eight accounts of one data set. Guilty
are those of a distillation data set, innocent those of a human one. Every prompt gets its class from a model that has
seen neither its data set nor any other of its family; nothing else is fitted.

    python -m benchmarks.real_harvest [--seed 101]

An account is scored by how many of its prompts are believed to be of a class that makes training data, as
`harvest_intent` counts them; a group by the bits of `harvest_intent` and of `shared_scaffold`. Innocent groups are
drawn in two ways: accounts of any data sets, and (harder) of one. Seed 101 is for reporting, nobody may fit on it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.assembled import HOUR, START, assembled, sketched
from benchmarks.intent.corpus import DATA_SETS, FOLDS, Row, data_set, own_rows, real_rows
from benchmarks.intent.fit import fit
from benchmarks.intent.held_out import cross_validate, decide, score, temperature
from benchmarks.measured import machine
from benchmarks.real_prompts import REAL
from benchmarks.resampled import Flags, area, auc, recall, recall_at
from stillwatch.arrays import F64, I64
from stillwatch.evidence.case import Case, Finding, Group
from stillwatch.evidence.harvest_intent import BELIEVED, HARVEST, harvest_intent
from stillwatch.evidence.shared_scaffold import shared_scaffold

PROMPTS = (10, 30, 100)
"""Prompts of an account."""
FALSE = 1e-3
"""Share of innocent accounts, or groups, above the score at which recall is told."""
LITERAL = ("prometheus_vicuna_eval",)
"""Data sets that hold what was sent to a teacher; the others hold what a teacher gave, or what was later asked."""
INTENT, SCAFFOLD, BOTH = "intent", "scaffold", "both"
MIXED, ALIKE = "any innocents", "innocents of one data set"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is drawn.

    Attributes:
        rows: prompts of a data set, at most.
        accounts: accounts of a data set that are scored alone.
        innocents, guilty: accounts of a data set in a ledger.
        members: accounts of a group.
        groups: groups drawn of each sort, for all innocents, and for each guilty data set.
    """

    rows: int = 2000
    accounts: int = 2000
    innocents: int = 40
    guilty: int = 24
    members: int = 8
    groups: int = 2000


@dataclass(frozen=True, slots=True)
class Prompts:
    """Real prompts with their sketches.

    Attributes:
        sketches: one row a prompt, its class from a model that has not seen its family.
        of: rows of each data set. families: family of each data set. guilty: distillation data sets.
    """

    sketches: pa.Table
    of: Mapping[str, I64]
    families: Mapping[str, str]
    guilty: frozenset[str]

    @property
    def harvest(self) -> Flags:
        """Prompts that are believed to be of a class that makes training data, shape (prompts,)."""
        intent, bits = self.sketches["intent"].to_numpy(), self.sketches["intent_bits"].to_numpy()
        return np.asarray(np.isin(intent, HARVEST) & (bits >= BELIEVED))


def families_of(real: Path) -> dict[str, str]:
    """Return the family of each data set."""
    pairs = [pq.read_table(real / f"prompts_{file}.parquet", columns=["dataset", "family"]) for file in _FILES]
    found = pa.concat_tables(pairs).group_by(["dataset", "family"]).aggregate([])
    return {row["dataset"]: row["family"] for row in found.to_pylist()}


_FILES = ("distillation", "benign")


def read_prompts(names: Sequence[str], families: Mapping[str, str], most: int) -> Prompts:
    """Return at most `most` prompts of each data set, sketched and classed without their families."""
    divisor = temperature(cross_validate())
    rows, classes, strengths = [], [], []
    for family in sorted({families[name] for name in names}):
        mine = [row for name in names if families[name] == family for row in data_set(name, most)]
        best, bits = _classed_without(family, mine, families, divisor)
        rows += mine
        classes.append(best)
        strengths.append(bits)
    table = sketched([row.text for row in rows])
    for name, values in (("intent", np.concatenate(classes)), ("intent_bits", np.concatenate(strengths))):
        field = table.schema.field(name)
        table = table.set_column(
            table.schema.get_field_index(name), field, pa.array(values).cast(field.type, safe=False)
        )
    units = np.array([row.unit for row in rows])
    guilty = frozenset(name for name in names if DATA_SETS[name].file == "distillation")
    return Prompts(table, {name: np.flatnonzero(units == name) for name in names}, families, guilty)


def _classed_without(
    family: str, rows: list[Row], families: Mapping[str, str], divisor: float
) -> tuple[npt.NDArray[np.int64], F64]:
    seen = [row for row in real_rows() if families[row.unit] != family]
    return decide(score(fit(own_rows(seen, range(FOLDS)) + seen), [row.text for row in rows]), divisor)


def accounts_alone(prompts: Prompts, n: int, sizes: Sizes, rng: np.random.Generator) -> dict[str, F64]:
    """Return the number of harvesting prompts of accounts of each data set, shape (accounts,) each."""
    harvest = prompts.harvest
    return {
        name: np.array([harvest[_drawn(rng, rows, n)].sum() for _ in range(sizes.accounts)], dtype=np.float64)
        for name, rows in prompts.of.items()
    }


def _drawn(rng: np.random.Generator, rows: I64, n: int) -> I64:
    """Return `n` prompts, each once where there are enough of them."""
    return rng.choice(rows, n, replace=n > len(rows))


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups with their bits by score, shape (groups,), and the data set of each (of its first member)."""

    bits: Mapping[str, F64]
    of: npt.NDArray[np.str_]


def groups(prompts: Prompts, n: int, sizes: Sizes, rng: np.random.Generator) -> dict[str, Groups]:
    """Return innocent groups, `MIXED` and `ALIKE`, and the groups of each guilty data set by its name."""
    innocent = sorted(set(prompts.of) - prompts.guilty)
    home = np.repeat(innocent, sizes.innocents)
    with assembled(prompts.sketches, *_sent(prompts, home, n, rng)) as case:
        mixed = [rng.choice(len(home), sizes.members, replace=False) for _ in range(sizes.groups)]
        alike = [_of_one(rng, home, innocent[i % len(innocent)], sizes.members) for i in range(sizes.groups)]
        out = {MIXED: _tested(case, mixed, home), ALIKE: _tested(case, alike, home)}
    for name in sorted(prompts.guilty):
        everybody = np.concatenate([home, np.repeat(name, sizes.guilty)])
        with assembled(prompts.sketches, *_sent(prompts, everybody, n, rng)) as case:
            picks = [_of_one(rng, everybody, name, sizes.members) for _ in range(max(sizes.groups // 10, 1))]
            out[name] = _tested(case, picks, everybody)
    return out


def _sent(prompts: Prompts, home: npt.NDArray[np.str_], n: int, rng: np.random.Generator) -> tuple[I64, I64, I64]:
    """Return prompt, account and time of `n` exchanges of each account, by its data set, at any hour of ten days."""
    item = np.concatenate([_drawn(rng, prompts.of[str(name)], n) for name in home])
    return item, np.repeat(np.arange(len(home)), n), START + rng.integers(0, 240 * HOUR, len(item))


def _of_one(rng: np.random.Generator, home: npt.NDArray[np.str_], name: str, members: int) -> I64:
    return rng.choice(np.flatnonzero(home == name), members, replace=False)


def _tested(case: Case, picks: Sequence[I64], home: npt.NDArray[np.str_]) -> Groups:
    found = [Group("g", np.sort(pick), {}, "") for pick in picks]
    intent = np.array([_bits(harvest_intent(group, case)) for group in found])
    scaffold = np.array([_bits(shared_scaffold(group, case)) for group in found])
    return Groups({INTENT: intent, SCAFFOLD: scaffold, BOTH: intent + scaffold}, home[[pick[0] for pick in picks]])


def _bits(found: Finding) -> float:
    """Return bits against the group: what is about a part of it counts for that part, what is not found for nothing."""
    return max(found.bits, 0.0) * found.share


def account_table(prompts: Prompts, n: int, sizes: Sizes, rng: np.random.Generator) -> Iterator[str]:
    """Yield how well accounts of `n` prompts are told apart by the intents of their prompts, as Markdown."""
    found = accounts_alone(prompts, n, sizes, rng)
    innocent = [name for name in found if name not in prompts.guilty]
    yield f"| accounts of {n} prompts | AUC | recall at {FALSE:g} |"
    yield "| --- | --- | --- |"
    for label, names in _rows(prompts):
        score = np.concatenate([found[name] for name in [*names, *innocent]])
        of = np.repeat([*names, *innocent], sizes.accounts)
        yield f"| {label} | {' | '.join(_told(score, np.isin(of, names), of))} |"


def group_table(prompts: Prompts, n: int, sizes: Sizes, rng: np.random.Generator) -> Iterator[str]:
    """Yield the same of groups, by each score, against innocent groups of both sorts."""
    found = groups(prompts, n, sizes, rng)
    heads = [f"{name}, AUC | recall" for name in (INTENT, SCAFFOLD, BOTH)]
    yield f"| groups of {sizes.members} accounts of {n} prompts | against | {' | '.join(heads)} |"
    yield "| --- | --- |" + " --- |" * 6
    for label, names in _rows(prompts):
        for sort in (MIXED, ALIKE):
            chosen = [found[name] for name in [*names, sort]]
            of = np.concatenate([part.of for part in chosen])
            cells = []
            for name in (INTENT, SCAFFOLD, BOTH):
                score = np.concatenate([part.bits[name] for part in chosen])
                cells += _told(score, np.isin(of, names), of)
            yield f"| {label} | {sort} | {' | '.join(cells)} |"


def _rows(prompts: Prompts) -> Iterator[tuple[str, list[str]]]:
    """Yield each guilty data set with its family, then all of them, then all that are not what was sent."""
    names = sorted(prompts.guilty, key=lambda name: (prompts.families[name], name))
    for name in names:
        yield f"{name} ({prompts.families[name]})", [name]
    yield "all", names
    if rest := [name for name in names if name not in LITERAL]:
        yield "all but what was sent", rest


def _told(score: F64, guilty: Flags, of: npt.NDArray[np.str_]) -> list[str]:
    """Return AUC and recall, with intervals over data sets where there are several guilty ones."""
    if len(np.unique(of[guilty])) < 2:
        once = np.ones(len(score))
        return [f"{area(score, guilty, once):.3f}", f"{recall(score, guilty, once, FALSE):.1%}"]
    codes = np.unique(of, return_inverse=True)[1].astype(np.int64)
    found, held = auc(score, guilty, codes), recall_at(score, guilty, codes, false=FALSE)
    return [
        f"{found.estimate:.3f} ({found.low:.2f} to {found.high:.2f})",
        f"{held.estimate:.1%} ({held.low:.0%} to {held.high:.0%})",
    ]


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark as asked on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--real", type=Path, default=REAL, help="folder of the real data")
    asked = parser.parse_args(arguments)
    families, sizes = families_of(asked.real), Sizes()
    prompts = read_prompts(sorted(families), families, sizes.rows)
    print(f"{machine()}, seed {asked.seed}\n")
    for n in PROMPTS:
        rng = np.random.default_rng([asked.seed, n])
        for table in (account_table, group_table):
            print("\n".join(table(prompts, n, sizes, rng)), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
