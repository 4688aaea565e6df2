"""Real traffic without a campaign, as the record, through the whole of a scan: nobody may be named.

ServeGen, Azure and Mooncake (`../shared/real`, see its README) are production traffic of three providers. Only ServeGen
says which client sent what; so an account is

- ServeGen: a client. The file has rates in windows of ten minutes: requests fall anywhere in their window. Of 3.8
  billion requests a client with r of them keeps about the root of r, drawn at random, so that loads keep their order
  and the ratios of their logarithms. Nothing but time and model is known.
- Azure: none is known. Once every request is an account of its own, once every workload is one.
- Mooncake: none is known. A conversation, as its prefixes tell it, is one; its turns and prefixes are in the record.

    python -m benchmarks.real_traffic [--seed 101] [--root 2]

Where nothing is proposed nothing can be accused, so groups of ServeGen's clients are tested as well that nobody
proposed, of those that were watched for two weeks: random ones, and all clients of a model. Nothing is fitted here.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.measured import machine, run_stillwatch, show
from benchmarks.people.readings import AZURE, SERVEGEN, read_talks
from benchmarks.real_prompts import REAL
from stillwatch.arrays import I64
from stillwatch.config import ProposalLimits
from stillwatch.engine import DuckDB
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.evidence.build import build_case
from stillwatch.evidence.case import Case, Group
from stillwatch.evidence.harvest_intent import BELIEVED
from stillwatch.findings import Question
from stillwatch.handoffs import handoffs
from stillwatch.ledger import Ledger
from stillwatch.population import population
from stillwatch.record import EXCHANGES, TIMESTAMP, conform
from stillwatch.rollups import sum_exchanges

START = 1_780_272_000_000_000
"""1 June 2026 in UTC, in microseconds: no trace says when it began."""
WINDOW = 600_000_000
GROUPS = 500
"""Random groups of each size whose p-values are counted."""
SIZES = (8, 30)
LEVELS = (0.05, 0.01, 0.001)


@dataclass(frozen=True, slots=True)
class Asked:
    """Where the data are, which root of a client's requests is kept, and by which draw."""

    real: Path
    root: float
    seed: int


def fortnight(asked: Asked) -> pa.Table:
    """Return requests of ServeGen's language models, which were watched for two weeks."""
    return _servegen(asked, "language")


def day(asked: Asked) -> pa.Table:
    """Return requests of ServeGen's reasoning model and multimodal model, which were watched for a day."""
    return pa.concat_tables([_servegen(asked, "reason"), _servegen(asked, "multimodal")])


def _servegen(asked: Asked, category: str) -> pa.Table:
    table = pq.read_table(asked.real / SERVEGEN, filters=[("category", "=", category)])
    clients, owner = np.unique(_words(table["client"]), return_inverse=True)
    models, kind = np.unique(_words(table["model"]), return_inverse=True)
    rng = np.random.default_rng([asked.seed, *category.encode()])
    requests = np.rint(table["rate"].to_numpy().astype(np.float64) * 600).astype(np.int64)
    share = np.bincount(owner, weights=requests) ** (1 / asked.root - 1)
    window = np.repeat(np.arange(len(requests)), rng.binomial(requests, share[owner]))
    ts = START + table["t"].to_numpy().astype(np.int64)[window] * 1_000_000 + rng.integers(0, WINDOW, len(window))
    table = _record(ts, clients[owner[window]], model=models[kind[window]])
    named = pc.binary_join_element_wise(category, table["exchange_id"], "-")
    return table.set_column(table.schema.get_field_index("exchange_id"), EXCHANGES.field("exchange_id"), named)


def azure_requests(asked: Asked) -> pa.Table:
    """Return Azure's hour, every request an account of its own."""
    table = _azure(asked.real)
    return table.set_column(table.schema.get_field_index("account_id"), "account_id", table["exchange_id"])


def azure_workloads(asked: Asked) -> pa.Table:
    """Return Azure's hour, its two workloads as two accounts."""
    return _azure(asked.real)


def _azure(real: Path) -> pa.Table:
    table = pq.read_table(real / AZURE)
    ts = table["at"].to_numpy(zero_copy_only=False).astype("datetime64[us]").astype(np.int64)
    given, answered = table["input_tokens"], table["output_tokens"]
    return _record(ts, _words(table["workload"]), tokens_in=given, tokens_out=answered)


def mooncake(asked: Asked) -> pa.Table:
    """Return Mooncake's hour, every conversation an account of its own."""
    talks = read_talks(asked.real)
    history: list[list[str]] = []
    for before, redo in zip(talks.before.tolist(), talks.redo.tolist(), strict=True):
        earlier = history[before] if before >= 0 else []
        history.append([*earlier, str(before)] if before >= 0 and redo == 1 else earlier)
    root = talks.root.astype(np.str_)
    return _record(
        START + (talks.ts * 1e6).astype(np.int64),
        root,
        session_id=root,
        turn=talks.turn,
        prefix_hashes=pa.array(history, pa.list_(pa.string())),
        tokens_in=talks.tokens.given,
        tokens_out=talks.tokens.answered,
        tokens_cached=talks.cached,
    )


def _words(column: pa.ChunkedArray) -> npt.NDArray[np.str_]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.str_)


def _record(ts: I64, account: npt.NDArray[np.str_], **columns: npt.ArrayLike | pa.Array) -> pa.Table:
    given = {
        "exchange_id": pa.array(np.arange(len(ts))).cast(pa.string()),
        "ts": pa.array(ts).cast(TIMESTAMP),
        "account_id": pa.array(account, pa.string()),
        "model": pa.array(["not known"] * len(ts), pa.string()),
    }
    return conform(pa.table({**given, **columns}), EXCHANGES)


TRACES: tuple[tuple[str, Callable[[Asked], pa.Table]], ...] = (
    ("ServeGen, two weeks, an account a client", fortnight),
    ("ServeGen, a day, an account a client", day),
    ("Azure, an account a request", azure_requests),
    ("Azure, an account a workload", azure_workloads),
    ("Mooncake, an account a conversation", mooncake),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scan made of one trace: `coordination` is what the strongest group that was tested is left with, bits."""

    trace: str
    exchanges: int
    accounts: int
    groups_tested: int
    coordination: float | None
    campaigns: int


def scanned(name: str, exchanges: pa.Table, folder: Path) -> Outcome:
    """Scan the record with the public command; the ledger stays in `folder`."""
    log = folder / "exchanges.parquet"
    pq.write_table(exchanges, log)
    run_stillwatch("scan", str(log), "--out", str(folder / "scan"))
    tables = [pq.read_table(folder / "scan" / f"{kind}.parquet") for kind in ("campaigns", "cleared")]
    left = [row["coordination_bits"] + row["innocence_bits"] for table in tables for row in table.to_pylist()]
    accounts = len(exchanges["account_id"].unique())
    return Outcome(name, exchanges.num_rows, accounts, len(left), max(left, default=None), tables[0].num_rows)


def levels(folder: Path, seed: int, groups: int = GROUPS) -> Iterator[str]:
    """Yield the share of random groups of a scanned ledger with small p-values, by kind of evidence, as Markdown."""
    yield f"| evidence | accounts | groups | {' | '.join(f'p ≤ {level:g}' for level in LEVELS)} | all of a model |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    ledger = Ledger.open(folder / "scan" / "ledger")
    with DuckDB(memory="4GB") as engine:
        engine.attach(ledger.exchange_files(), ledger.accounts_table(), since=None, until=None)
        sum_exchanges(engine, intent_bits=BELIEVED)
        people = population(engine, ProposalLimits())
        case = build_case(engine, people, handoffs(engine, people), ProposalLimits())
        yield from _level_rows(case, seed, groups)


def _level_rows(case: Case, seed: int, groups: int) -> Iterator[str]:
    models = case.people.categories["model"]
    whole = [np.flatnonzero(models.codes == code) for code in range(len(models.values))]
    for kind in (kind for kind in EVIDENCE_TABLE if kind.question is Question.COORDINATION):
        of_models = [kind.test(Group("g", accounts, {}, ""), case).p_value for accounts in whole]
        for size in SIZES:
            rng = np.random.default_rng([seed, size])
            picks = [np.sort(rng.choice(case.people.size, size, replace=False)) for _ in range(groups)]
            found = [kind.test(Group("g", pick, {}, ""), case).p_value for pick in picks]
            known = np.array([p for p in found if p is not None])
            if len(known):
                shares = " | ".join(f"{(known <= level).mean():.1%}" for level in LEVELS)
                told = ", ".join("–" if p is None else f"{p:.2g}" for p in of_models)
                yield f"| {kind.kind} | {size} | {len(known)} | {shares} | {told} |"


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark as asked on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--root", type=float, default=2.0, help="of a client's requests, how many are kept")
    parser.add_argument("--real", type=Path, default=REAL, help="folder of the real data")
    parsed = parser.parse_args(arguments)
    asked = Asked(parsed.real, parsed.root, parsed.seed)
    print(f"{machine()}, seed {asked.seed}, root {asked.root:g}\n")
    outcomes = []
    for number, (name, read) in enumerate(TRACES):
        with tempfile.TemporaryDirectory(prefix="real-traffic-") as folder:
            outcomes.append(scanned(name, read(asked), Path(folder)))
            if number == 0:
                print("\n".join(levels(Path(folder), asked.seed)), end="\n\n")
    show([asdict(outcome) for outcome in outcomes])


if __name__ == "__main__":
    main()
