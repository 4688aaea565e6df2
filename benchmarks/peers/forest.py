"""scikit-learn's isolation forest on account features: volume, hours, tokens, models, errors, turns, addresses.

Its defaults are kept (100 trees, 256 accounts a tree, `contamination="auto"`); only the seed is fixed. Counts are
given as logarithms, since a tree cuts between the least and the greatest value.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import IsolationForest

from benchmarks.peers.accusations import Accusations
from benchmarks.peers.tables import connect

SEED = 0
_LOGARITHMIC = ("per_day", "days", "input", "output", "spread", "addresses", "clients", "prompts", "age")
_FEATURES = """
    with counted as (
        select *, epoch_us(ts) // 86400000000 as day, (epoch_us(ts) // 3600000000) % 24 as hour,
            lead(epoch_us(ts)) over (partition by account_id order by ts, exchange_id) - epoch_us(ts) as gap
        from exchanges
    )
    select
        account_id,
        count(*) / count(distinct day) as per_day,
        count(distinct day) as days,
        count(distinct hour) as hours,
        count(*) filter (where hour < 6) / count(*) as night,
        avg(tokens_in) as input,
        avg(tokens_out) as output,
        stddev_pop(tokens_out) as spread,
        avg(tokens_reasoning) / (1 + avg(tokens_out)) as thought,
        count(distinct model) as models,
        avg((status >= 400)::int) as errors,
        avg(refused::int) as refusals,
        avg(turn) as turns,
        avg((turn = 1)::int) as single,
        avg(reasoning::int) as reasoning,
        avg(stream::int) as stream,
        avg(temperature) as temperature,
        avg((len(tools) > 0)::int) as tools,
        avg((system_text is not null)::int) as instructed,
        count(distinct ip) as addresses,
        count(distinct user_agent) as clients,
        count(distinct input_text) / count(*) as prompts,
        stddev_pop(gap) / (1 + avg(gap)) as unevenness,
        any_value((epoch_us((select max(ts) from exchanges)) - epoch_us(created_at)) / 86400000000) as age
    from counted left join (select account_id, created_at from accounts) using (account_id)
    group by account_id order by account_id"""


def accuse(world: Path, scratch: Path) -> Iterator[Accusations]:  # noqa: ARG001 - every peer is called alike
    """Yield the accounts that few cuts set apart from all others."""
    columns = connect(world).execute(_FEATURES).fetchnumpy()
    accounts = columns.pop("account_id").tolist()
    features = np.column_stack([_feature(name, values) for name, values in columns.items()])
    forest = IsolationForest(random_state=SEED).fit(features)
    scores = -forest.score_samples(features)
    yield Accusations(accounts, scores, forest.predict(features) < 0)


def _feature(name: str, values: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """Return one column; what is not known is given the value in the middle."""
    numbers = np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan)
    known = numbers[np.isfinite(numbers)]
    numbers = np.where(np.isfinite(numbers), numbers, np.median(known) if len(known) else 0.0)
    return np.log1p(np.maximum(numbers, 0.0)) if name in _LOGARITHMIC else numbers
