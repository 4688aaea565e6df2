"""A campaign dealt out of real distillation prompts, hidden among accounts that send real human prompts.

A composite: the prompts are real (`../shared/real`, see its README), the rates and the hours are those of real API
clients (ServeGen), which account sends what is ours. 300 accounts share the distillation rows out between them, each
row sent once, about evenly over ten days; every account has its own payment instrument, device and addresses, and all
that a sign-up form or a client library would record is drawn for all accounts from the same distributions.

    python -m benchmarks.real_prompts [--datasets all|wrapped|alpaca] [--strip] [--innocents personal|iid] [--json]

Seeds 1 to 5 are for fitting thresholds. Figures are reported on seeds 101 to 105, which nobody may fit on.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.measured import machine, run_stillwatch, show
from stillwatch.arrays import F64, I64
from stillwatch.range.accounts import Accounts, account_ids, account_table, draw_accounts
from stillwatch.range.draw import DAY, MICRO, Ints, choose_rows, generator, spread
from stillwatch.range.events import Events, events, joined, with_failures
from stillwatch.range.fill import Filler
from stillwatch.range.habits import converse
from stillwatch.range.recipes import Recipe
from stillwatch.range.render import Texts
from stillwatch.range.scoring import score
from stillwatch.range.slices import ROWS
from stillwatch.range.store import CAMPAIGN, ORDINARY, TRUTH, World, WorldWriter, world_folder

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"
FITTING_SEEDS = (1, 2, 3, 4, 5)
REPORTING_SEEDS = (101, 102, 103, 104, 105)
START = 1_780_272_000 * MICRO  # 1 June 2026, a Monday
WINDOW = 600 * MICRO  # ServeGen's windows
TOPICS = 250
"""Clusters of benign rows that people have favourites among."""
FAVOURITES = 5
_SPARE = 198 << 24 | 18 << 16
"""First of the addresses that are given where an account would have none of its own."""


@dataclass(frozen=True, slots=True)
class Composite:
    """Parameters of a world.

    Attributes:
        datasets: `all` rows, those `wrapped` in a fixed text of the caller, or `alpaca` alone.
        strip: only the bare Alpaca instructions, without their inputs.
        innocents: `personal` (favourite data sets and topics, asks again) or `iid` (each row alike likely).
        campaign_accounts, innocent_accounts, days: sizes.
        innocent_exchanges: about how many requests the innocents send.
    """

    datasets: str = "all"
    strip: bool = False
    innocents: str = "personal"
    campaign_accounts: int = 300
    innocent_accounts: int = 20_000
    days: int = 10
    innocent_exchanges: int = 500_000


def build(spec: Composite, out: Path, seed: int, real: Path = REAL) -> World:
    """Build the world of `spec` in the folder `out` and return it; the same seed gives the same bytes."""
    rng = generator(seed, "real_prompts")
    count = spec.innocent_accounts + spec.campaign_accounts
    people = _apart(draw_accounts(rng, count, START, spec.days))
    places = rng.permutation(count)
    members, others = places[: spec.campaign_accounts], np.sort(places[spec.campaign_accounts :])
    traces = read_traces(real, spec.days)
    asked, told = _innocents(rng, spec, people, others, traces=traces, real=real)
    dealt, lines = _campaign(rng, spec, people, members, traces=traces, real=real)
    sent = [replace(part, item=np.arange(n, n + len(part))) for part, n in ((asked, 0), (dealt, len(asked)))]
    part = with_failures(rng, joined(sent), people.errors)
    part = part.take(np.argsort(part.ts, kind="stable"))
    with world_folder(out) as folder:
        with WorldWriter(folder) as writer:
            for rows, sender in _rows(part, people, pa.concat_arrays([told, lines]), seed):
                writer.write(rows, np.isin(sender, members))
        truth = _truth(people, members, part)
        writer.finish(account_table(people), truth, {**asdict(spec), "seed": seed, "benchmark": "real_prompts"})
    return World.at(out, exchanges=writer.rows, kinds=Counter(truth["kind"].to_pylist()))


def _rows(part: Events, people: Accounts, texts: pa.Array, seed: int) -> Iterator[tuple[pa.RecordBatch, Ints]]:
    """Yield the rows of `part`, whose `item` is a position in `texts`, and the account of each."""
    filler = Filler(people, (Recipe(),), seed)
    for first in range(0, len(part), ROWS):
        some = part.take(np.arange(first, min(first + ROWS, len(part))))
        none = pa.nulls(len(some), pa.string())
        yield filler.rows(some, Texts(none, texts.take(pa.array(some.item)), none), first=first), some.account


def _apart(people: Accounts) -> Accounts:
    """Return `people` with no address under two accounts: one met before is replaced by the account's first."""
    flat = people.homes.ravel()
    first = np.zeros(len(flat), dtype=np.bool_)
    first[np.unique(flat, return_index=True)[1]] = True
    homes = np.where(first.reshape(people.homes.shape), people.homes, 0)
    taken = homes[:, 0] == 0
    homes[taken, 0] = _SPARE + np.arange(int(taken.sum()))
    homes = np.where(homes == 0, homes[:, :1], homes).astype(people.homes.dtype)
    return replace(people, homes=homes, signup_ip=homes[:, 0])


def _truth(people: Accounts, members: I64, part: Events) -> pa.Table:
    mine = np.zeros(len(people), dtype=np.bool_)
    mine[members] = True
    first = np.full(len(people), np.iinfo(np.int64).max)
    np.minimum.at(first, part.account, part.ts)
    never = ~mine | (first == np.iinfo(np.int64).max)
    columns = [
        account_ids(people.number),
        pa.array(np.where(mine, "campaign-1", "")),
        pa.array(np.where(mine, CAMPAIGN, ORDINARY)),
        pa.array(np.where(mine, "harvester", "customer")),
        pa.array(first, TRUTH.field("first_harvest_ts").type, mask=never),
    ]
    return pa.Table.from_arrays(columns, schema=TRUTH).sort_by("account_id")


@dataclass(frozen=True, slots=True)
class Traces:
    """Real clients: `level` mean requests a second of each of all clients; `shape` the share of each ten-minute
    window in the clients that were watched for the whole time, shape (clients, windows)."""

    level: F64
    shape: F64


def read_traces(real: Path, days: int) -> Traces:
    """Return the ServeGen clients, cut or repeated to `days` days."""
    table = pq.read_table(real / "servegen_client_windows.parquet", columns=["t", "rate", "client"])
    codes = table["client"].combine_chunks().dictionary_encode()
    client = codes.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    rate = table["rate"].to_numpy().astype(np.float64)
    windows = np.bincount(client)
    level = np.bincount(client, weights=rate) / windows
    place = table["t"].to_numpy() // 600
    grid = np.zeros((len(level), 2016))
    grid[client, np.minimum(place, 2015)] = rate
    whole = grid[(windows >= 1_200) & (grid[:, 1_900:].sum(axis=1) > 0)]
    shape = np.tile(whole, (1, -(-days * 144 // 2016)))[:, : days * 144]
    return Traces(level, shape / shape.sum(axis=1, keepdims=True))


def _innocents(
    rng: np.random.Generator, spec: Composite, people: Accounts, others: I64, *, traces: Traces, real: Path
) -> tuple[Events, pa.Array]:
    follows = np.where(rng.random(len(people)) < 0.35, 0.0, people.follows)
    level = rng.choice(traces.level, size=len(others)) * rng.lognormal(0.0, 0.5, size=len(others))
    level = np.minimum(level, level.sum() / 200)
    turns = 1.0 / (1.0 - np.minimum(follows[others], 0.85))
    counts = np.maximum(rng.poisson(level / level.sum() * spec.innocent_exchanges / turns), 1)
    account = others[spread(counts)[0]]
    begin = _moments(rng, traces, account, len(people), days=spec.days)
    kept = begin > people.created_at[account]
    when = converse(rng, account[kept], begin[kept], follows)
    rows = pq.read_table(real / "prompts_benign.parquet", columns=["dataset", "prompt"])
    prompts = rows["prompt"].combine_chunks().cast(pa.string())
    if spec.innocents == "iid":
        return when, prompts.take(pa.array(rng.integers(0, len(prompts), size=len(when.account))))
    liked = favourites(rng, prompts, rows["dataset"].combine_chunks(), len(people))
    return when, _personal(rng, prompts, when, liked)


def _moments(rng: np.random.Generator, traces: Traces, account: I64, people: int, *, days: int) -> I64:
    """Return a time per entry: every account follows one real client's windows, moved by whole hours."""
    client = rng.integers(0, len(traces.shape), size=people)
    moved = rng.integers(0, 24, size=people) * 6
    window = (choose_rows(rng, traces.shape, client[account]) + moved[account]) % (days * 144)
    return (START + window * WINDOW + rng.random(len(account)) * WINDOW).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Favourites:
    """What each person likes to ask about: topics and their weights, shape (people, FAVOURITES); the rows of topic
    `k` are `rows[bounds[k]:bounds[k + 1]]`."""

    topics: I64
    weights: F64
    rows: I64
    bounds: I64


def favourites(rng: np.random.Generator, prompts: pa.Array, datasets: pa.Array, people: int) -> Favourites:
    """Draw for every person a home data set and topics, four in five of them from that data set."""
    topic = _cluster(rng, prompts)
    order = np.argsort(topic, kind="stable")
    bounds = np.searchsorted(topic[order], np.arange(TOPICS + 1))
    codes = datasets.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    counts = np.zeros((int(codes.max()) + 1, TOPICS))
    np.add.at(counts, (codes, topic), 1.0)
    home = rng.choice(len(counts), size=people, p=counts.sum(axis=1) / counts.sum())
    near = choose_rows(rng, counts + 1e-9, np.repeat(home, FAVOURITES))
    far = rng.choice(TOPICS, size=len(near), p=counts.sum(axis=0) / counts.sum())
    topics = np.where(rng.random(len(near)) < 0.8, near, far).reshape(people, FAVOURITES)
    return Favourites(topics, rng.dirichlet([0.8] * FAVOURITES, size=people), order, bounds)


def _cluster(rng: np.random.Generator, prompts: pa.Array) -> I64:
    """Return the topic of each prompt: k-means on counts of its words, hashed to 256 numbers."""
    words = [[zlib.crc32(w.encode()) % 256 for w in text[:1_500].lower().split()[:120]] for text in prompts.to_pylist()]
    counts = np.zeros((len(words), 256))
    np.add.at(counts, (np.repeat(np.arange(len(words)), [len(w) for w in words]), np.concatenate(words).astype(int)), 1)
    features = np.sqrt(counts) * np.log(len(words) / (1 + (counts > 0).sum(axis=0)))
    features /= np.linalg.norm(features, axis=1, keepdims=True) + 1e-9
    centres = features[rng.choice(len(words), size=TOPICS, replace=False)]
    for _ in range(6):
        topic = np.argmax(features @ centres.T, axis=1)
        sums = np.zeros_like(centres)
        np.add.at(sums, topic, features)
        centres = sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-9)
    topics: I64 = np.argmax(features @ centres.T, axis=1).astype(np.int64)
    return topics


def _personal(rng: np.random.Generator, prompts: pa.Array, when: Events, liked: Favourites) -> pa.Array:
    """Return the prompt of every request: mostly a favourite topic, now and then anything, an earlier one again
    (word for word or with a word left out) in one of ten."""
    count = len(when.account)
    slot = choose_rows(rng, liked.weights, when.account)
    slot = np.where(when.turn > 1, slot[_first_of(when)], slot)  # a conversation keeps to its topic
    topic = liked.topics[when.account, slot]
    size = np.maximum(np.diff(liked.bounds)[topic], 1)
    row = liked.rows[np.minimum(liked.bounds[topic] + (rng.random(count) * size).astype(np.int64), len(prompts) - 1)]
    row = np.where(rng.random(count) < 0.15, rng.integers(0, len(prompts), size=count), row)
    same = np.concatenate(([False], when.account[1:] == when.account[:-1]))
    again = np.flatnonzero(same & (rng.random(count) < 0.10))
    row[again] = row[again - 1]
    texts = prompts.take(pa.array(row))
    edited = again[rng.random(len(again)) < 0.5]
    mask = np.zeros(count, dtype=np.bool_)
    mask[edited] = True
    shorter = [
        _without_a_word(text, u)
        for text, u in zip(texts.take(pa.array(edited)).to_pylist(), rng.random(len(edited)), strict=True)
    ]
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(shorter, pa.string()))


def _first_of(when: Events) -> I64:
    return np.arange(len(when.turn)) - (when.turn - 1)


def _without_a_word(text: str, where: float) -> str:
    words = text.split(" ")
    del words[int(where * len(words))]
    return " ".join(words) or text


_WRAPPED = ("gpteacher_toolformer", "gorilla_torchhub_train", "chatdoctor5k", "prometheus_vicuna_eval")


def harvest(spec: Composite, real: Path) -> pa.Array:
    """Return the distillation prompts that the campaign sends."""
    rows = pq.read_table(real / "prompts_distillation.parquet", columns=["dataset", "prompt"])
    if spec.strip or spec.datasets == "alpaca":
        rows = rows.filter(pc.equal(rows["dataset"], "alpaca_en"))
    elif spec.datasets == "wrapped":
        rows = rows.filter(pc.is_in(rows["dataset"], pa.array(_WRAPPED, pa.large_string())))
    prompts = rows["prompt"].combine_chunks().cast(pa.string())
    return pa.array([p.split("\n")[0] for p in prompts.to_pylist()]) if spec.strip else prompts


def _campaign(
    rng: np.random.Generator, spec: Composite, people: Accounts, members: I64, *, traces: Traces, real: Path
) -> tuple[Events, pa.Array]:
    """Deal every row to a member at random; all days alike, the hours as everybody's together."""
    prompts = harvest(spec, real)
    count = len(prompts)
    account = members[rng.integers(0, len(members), size=count)]
    day_shape = traces.shape.mean(axis=0).reshape(spec.days, 144).mean(axis=0)[None, :]
    window = choose_rows(rng, day_shape, np.zeros(count, dtype=np.int64))
    born = np.maximum(-(-(people.created_at[account] - START) // DAY), 0)
    day = born + (rng.random(count) * (spec.days - born)).astype(np.int64)
    ts = (START + day * DAY + window * WINDOW + rng.random(count) * WINDOW).astype(np.int64)
    order = rng.permutation(count)
    when = events(account, ts)
    return when, prompts.take(pa.array(order))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One world, scanned: recall and precision over accounts, what it cost."""

    seed: int
    exchanges: int
    verdict: str
    recall: float
    precision: float | None
    innocent_named: int
    campaigns: int
    scan_seconds: float
    peak_megabytes: float


def measure(spec: Composite, seed: int, real: Path = REAL) -> Outcome:
    """Build the world, scan it with the public command, score it, and remove everything again."""
    with tempfile.TemporaryDirectory(prefix="real-prompts-") as folder:
        world = build(spec, Path(folder) / "world", seed, real)
        out = Path(folder) / "scan"
        scan = ["scan", str(world.exchanges), "--accounts", str(world.accounts), "--out", str(out)]
        ran = run_stillwatch(*scan)
        found = score(world.truth, out)
    group = found.groups[0]
    return Outcome(
        seed=seed,
        exchanges=world.n_exchanges,
        verdict=group.verdicts[0] if group.verdicts else "none",
        recall=group.recall,
        precision=group.precision,
        innocent_named=found.innocent_named,
        campaigns=found.campaigns,
        scan_seconds=ran.seconds,
        peak_megabytes=ran.peak_megabytes,
    )


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark as asked on the command line."""
    asked = _parser().parse_args(arguments)
    spec = Composite(
        datasets=asked.datasets,
        strip=asked.strip,
        innocents=asked.innocents,
        campaign_accounts=asked.campaign,
        innocent_accounts=asked.accounts,
        innocent_exchanges=asked.exchanges,
    )
    outcomes = [measure(spec, seed, asked.real) for seed in asked.seeds]
    if asked.json:
        record = {"spec": asdict(spec), "machine": machine(), "worlds": [asdict(o) for o in outcomes]}
        print(json.dumps(record, indent=2))
    else:
        print(f"{spec}\n{machine()}\n")
        show([asdict(o) for o in outcomes])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--datasets", choices=("all", "wrapped", "alpaca"), default="all")
    parser.add_argument("--strip", action="store_true", help="bare Alpaca instructions only, every scaffold removed")
    parser.add_argument("--innocents", choices=("personal", "iid"), default="personal")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(REPORTING_SEEDS))
    parser.add_argument("--campaign", type=int, default=300, help="accounts of the campaign")
    parser.add_argument("--accounts", type=int, default=20_000, help="innocent accounts")
    parser.add_argument("--exchanges", type=int, default=500_000, help="about how many the innocents send")
    parser.add_argument("--real", type=Path, default=REAL, help="folder of the real data")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main()
