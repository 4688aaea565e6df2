"""A kernel two-sample test on windows of prompts, in the manner of arXiv 2606.05725, on our own sketches.

The paper embeds prompts with a sentence model, and compares a window of 1,500 with benign traffic of the past by
unbiased squared MMD (Gaussian kernels of 0.5, 1, 2 and 4 times the median distance, averaged). A window is reported
above the 95th percentile of 1,000 comparisons of benign traffic with itself. What is different here:

- a prompt is the 24 topic numbers of the ledger at unit length, not the 384 of a sentence model;
- nobody hands over traffic known to be benign: the past is the first fifth of the time, campaign and all;
- a window is one account's prompts, since the question is whom to accuse: 1,500 in a row, or all of them from 20 up,
  each held against the percentile for its own size; the paper's own windows, of everybody's traffic, are only counted;
- the kernels are sums of random Fourier features (Rahimi and Recht 2007), so that a window costs its prompts and not
  their square; the test is the exact one of that kernel;
- a window is compared with the whole sample of the past, where the paper averages over 20 draws from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from benchmarks.peers.accusations import Accusations, nobody
from stillwatch.commands import Watcher, import_logs
from stillwatch.ingest import IngestOptions
from stillwatch.ledger import Ledger
from stillwatch.sketch.schema import TOPIC_WIDTH

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]

WINDOW = 1_500
LEAST = 20
"""Prompts of an account that is tested."""
PAST = 0.2
"""Share of the exchanges, the earliest, that stands for benign traffic."""
REFERENCES = 20_000
"""Prompts of the past that are kept, evenly spaced."""
BANDWIDTHS = (0.5, 1.0, 2.0, 4.0)
MEDIAN_OF = 2_000
FREQUENCIES = 128
"""Random frequencies for each bandwidth."""
NULLS, PERCENTILE = 1_000, 95.0
SEED = 42
_BATCH = 50_000
_TOPICS = ", ".join(f"topic_{i}" for i in range(TOPIC_WIDTH))


@dataclass(frozen=True, slots=True)
class Kernel:
    """An average of Gaussian kernels as a product of features.

    Attributes:
        frequencies: shape (numbers, features / 2).
    """

    frequencies: F32

    @classmethod
    def fit(cls, points: F32, rng: np.random.Generator) -> Kernel:
        """Return the kernel whose widths are multiples of the median distance of `points`, shape (points, numbers)."""
        some = points[rng.choice(len(points), size=min(MEDIAN_OF, len(points)), replace=False)].astype(np.float64)
        squares = np.maximum(2.0 - 2.0 * (some @ some.T), 0.0)[np.triu_indices(len(some), 1)]
        positive = squares[squares > 1e-12]
        width = float(np.sqrt(np.median(positive))) if len(positive) else 1.0
        drawn = [rng.standard_normal((points.shape[1], FREQUENCIES)) / (width * times) for times in BANDWIDTHS]
        return cls(np.concatenate(drawn, axis=1).astype(np.float32))

    def features(self, points: F32) -> F32:
        """Return features of unit length, shape (points, features); their product is the kernel."""
        turned = points @ self.frequencies
        length = np.float32(np.sqrt(turned.shape[1]))
        return (np.concatenate([np.cos(turned), np.sin(turned)], axis=1) / length).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Reference:
    """The past, and what windows of it look like against itself.

    Attributes:
        mean: of the features, shape (features,).
        within: mean kernel of two different prompts of the past.
        sizes: window sizes for which the null was drawn, ascending, shape (sizes,).
        limits: percentile of the null at each size, shape (sizes,).
    """

    mean: F64
    within: float
    sizes: I64
    limits: F64

    @classmethod
    def fit(cls, features: F32, rng: np.random.Generator) -> Reference:
        """Return the reference of the prompts with `features`, shape (prompts, features)."""
        total = features.sum(axis=0, dtype=np.float64)
        count = len(features)
        within = float((total @ total - count) / (count * (count - 1)))
        sizes = np.unique([min(size, WINDOW) for size in LEAST * 2 ** np.arange(8)])
        sizes = sizes[2 * sizes <= count]
        nulls = np.empty((len(sizes), NULLS))
        for row, size in enumerate(sizes):
            for column in range(NULLS):
                drawn = features[rng.choice(count, size=size, replace=False)].sum(axis=0, dtype=np.float64)
                nulls[row, column] = _mmd(drawn, int(size), total / count, within)
        return cls(total / count, within, sizes, np.percentile(nulls, PERCENTILE, axis=1))

    def test(self, sums: F64, size: int) -> tuple[float, bool]:
        """Return the squared MMD of a window and the past, and whether it is above the percentile for its size.

        Args:
            sums: of the features of its prompts, shape (features,).
        """
        place = int(np.searchsorted(self.sizes, size, side="right")) - 1
        limit = self.limits[place] * self.sizes[place] / size  # the null shrinks as one over the size of a window
        found = _mmd(sums, size, self.mean, self.within)
        return found, bool(found > limit)


def _mmd(sums: F64, size: int, mean: F64, within: float) -> float:
    """Return the unbiased squared MMD of a window and the reference, from sums of features of unit length."""
    return float((sums @ sums - size) / (size * (size - 1)) + within - 2.0 * (sums @ mean) / size)


def accuse(world: Path, scratch: Path) -> Iterator[Accusations]:
    """Yield the accounts of which a window deviates from the past."""
    options = IngestOptions(accounts=(str(world / "accounts.parquet"),))
    import_logs([str(world / "exchanges.parquet")], scratch / "ledger", key=None, options=options, watcher=Watcher())
    connection = _prompts(Ledger.open(scratch / "ledger").exchange_files())
    past = _past(connection)
    if len(past) < 2 * LEAST:
        yield nobody("the past has too few prompts with a topic")
        return
    rng = np.random.default_rng(SEED)
    kernel = Kernel.fit(past, rng)
    reference = Reference.fit(kernel.features(past), rng)
    yield _accounts(connection, kernel, reference)


def _prompts(files: list[Path]) -> duckdb.DuckDBPyConnection:
    """Return a connection with the table `prompts`: every prompt that has a topic, by account and time."""
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    listed = ", ".join(f"'{path}'" for path in files)
    connection.execute(f"""
        create table prompts as
        select account_id, exchange_id, ts, percent_rank() over (order by ts) < {PAST} as past, {_TOPICS}
        from read_parquet([{listed}]) where topic_0 is not null""")
    return connection


def _past(connection: duckdb.DuckDBPyConnection) -> F32:
    """Return an evenly spaced sample of the past, at unit length, shape (prompts, TOPIC_WIDTH)."""
    rows = connection.execute(f"""
        with numbered as (
            select *, row_number() over (order by ts, exchange_id) as place, count(*) over () as many
            from prompts where past
        )
        select {_TOPICS} from numbered where place % greatest(many // {REFERENCES}, 1) = 0 order by place
        limit {REFERENCES}""").fetchnumpy()
    return _points(rows)


def _points(columns: dict[str, npt.NDArray[np.generic]]) -> F32:
    points = np.column_stack([columns[f"topic_{i}"] for i in range(TOPIC_WIDTH)]).astype(np.float32)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    return (points / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def _accounts(connection: duckdb.DuckDBPyConnection, kernel: Kernel, reference: Reference) -> Accusations:
    """Test every account's windows, and count the windows of everybody's traffic that deviate.

    What is left over after an account's last whole window is not tested, unless it is all there is.
    """
    scores: dict[str, float] = {}
    accused: dict[str, bool] = {}
    mixed = _Mixed(kernel.frequencies.shape[1] * 2)
    for account, places, points in _by_account(connection):
        whole = max(len(points) - len(points) % WINDOW, 1)
        for first in range(0, len(points), WINDOW):
            features = kernel.features(points[first : first + WINDOW])
            mixed.add(places[first : first + WINDOW] // WINDOW, features)
            if first < whole and len(features) >= LEAST:
                found, deviates = reference.test(features.sum(axis=0, dtype=np.float64), len(features))
                scores[account] = max(found, scores.get(account, -np.inf))
                accused[account] = deviates or accused.get(account, False)
    deviating, tested = mixed.deviating(reference)
    note = f"windows of everybody's traffic, {WINDOW} prompts each: {deviating} of {tested} deviate from the past"
    return Accusations(
        list(scores), np.round([*scores.values()], 9), np.array([*accused.values()], dtype=np.bool_), notes=(note,)
    )


class _Mixed:
    """Sums of features by window of everybody's traffic."""

    def __init__(self, features: int) -> None:
        self._sums: dict[int, F64] = {}
        self._counts: dict[int, int] = {}
        self._none = np.zeros(features)

    def add(self, windows: I64, features: F32) -> None:
        """Add prompts that fall into `windows`, shape (prompts,), with `features`, shape (prompts, features)."""
        for window in np.unique(windows).tolist():
            mine = windows == window
            self._sums[window] = self._sums.get(window, self._none) + features[mine].sum(axis=0, dtype=np.float64)
            self._counts[window] = self._counts.get(window, 0) + int(mine.sum())

    def deviating(self, reference: Reference) -> tuple[int, int]:
        """Return how many whole windows are above the percentile, of how many."""
        whole = [window for window, count in self._counts.items() if count == WINDOW]
        return sum(reference.test(self._sums[window], WINDOW)[1] for window in whole), len(whole)


def _by_account(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, I64, F32]]:
    """Yield each account's prompts after the past in order of time: their places in everybody's traffic, and points."""
    reader = connection.sql(f"""
        select account_id, row_number() over (order by ts, exchange_id) - 1 as place, {_TOPICS}
        from prompts where not past order by account_id, ts, exchange_id""").to_arrow_reader(_BATCH)
    waiting: list[tuple[I64, F32]] = []
    current = ""
    for batch in reader:
        accounts = np.array(batch["account_id"].to_pylist(), dtype=object)
        columns = {name: batch[name].to_numpy() for name in batch.schema.names[1:]}
        points, places = _points(columns), columns["place"]
        cuts = np.flatnonzero(accounts[1:] != accounts[:-1]) + 1
        for account, rows in zip(accounts[np.append(0, cuts)], np.split(np.arange(len(accounts)), cuts), strict=True):
            if waiting and account != current:
                yield current, *_joined(waiting)
                waiting = []
            current = account
            waiting.append((places[rows], points[rows]))
    if waiting:
        yield current, *_joined(waiting)


def _joined(parts: list[tuple[I64, F32]]) -> tuple[I64, F32]:
    return np.concatenate([places for places, _ in parts]), np.concatenate([points for _, points in parts])
