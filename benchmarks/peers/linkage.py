"""Splink 5 on the account table: which accounts were registered by one person, in match weights.

Trained as its tutorial has it: the chance of a match from deterministic rules, u by random sampling, m by expectation
maximisation. Two accounts of one declared organisation are never compared; else those pairs are the bulk of all
matches and teach the model what a company looks like. Countries are not among the columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import splink.comparison_library as cl  # type: ignore[import-not-found]
from splink import DuckDBAPI, Linker, SettingsCreator

from benchmarks.peers.accusations import Accusations
from benchmarks.peers.components import Link, components, scores_by_component
from benchmarks.peers.tables import connect

SEED = 1
SAMPLED_PAIRS = 10_000_000
"""Pairs from which u is estimated: what the manual recommends at the least."""
RULES_RECALL = 0.7
"""The share of matches that the deterministic rules are taken to find, as in the tutorial."""
LEAST_PAIRS = 20
"""Pairs without which a rule cannot train anything."""
LEAST_PROBABILITY = 0.01
"""Pairs below are not looked at."""
OWN_PROBABILITY = 0.95
"""Threshold of the manual's example of clustering; Splink has none of its own."""
SMALLEST = 3
"""Accounts of a cluster that is accused."""

_REGISTERED = ("email_domain", "email_shape", "payment_bin", "phone_prefix", "network")
_EXACT = ("payment_id", "device_id", "signup_ip", *_REGISTERED)
_TRAINED_BY = (("payment_id",), ("device_id",), ("signup_ip",))
_COMPARED = (*_TRAINED_BY, ("email_domain", "email_shape", "payment_bin"), ("phone_prefix", "payment_bin", "network"))
_CERTAIN = (("payment_id",), ("device_id",), ("signup_ip", "email_domain"))
_PEOPLE = """
    create table people as
    select account_id as unique_id, owner, email_domain, email_shape, payment_id, payment_bin, phone_prefix, device_id,
        signup_ip, signup_asn::varchar as network, created_at::timestamp as created_at
    from accounts order by account_id"""


def accuse(world: Path, scratch: Path) -> Iterator[Accusations]:  # noqa: ARG001 - every peer is called alike
    """Yield the clusters of three accounts or more."""
    connection = connect(world)
    connection.execute(_PEOPLE)
    linker = Linker(DuckDBAPI(connection=connection).register(connection.table("people")), _settings())
    linker.training.estimate_probability_two_random_records_match(list(map(_rule, _CERTAIN)), recall=RULES_RECALL)
    linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED)
    notes = tuple(note for columns in _TRAINED_BY for note in _train(linker, connection, columns))
    predicted = linker.inference.predict(threshold_match_probability=LEAST_PROBABILITY).as_pyarrow_table()
    columns = [predicted[name].to_pylist() for name in ("unique_id_l", "unique_id_r", "match_probability")]
    yield _clusters(sorted(zip(*columns, strict=True)), notes)


def _train(linker: Linker, connection: duckdb.DuckDBPyConnection, columns: tuple[str, ...]) -> Iterator[str]:
    """Train m on the pairs that agree in `columns`; yield a note where that cannot be done.

    Splink refuses a probability that has sunk to nothing, which a few dozen pairs are apt to give.
    """
    pairs = _pairs(connection, _rule(columns))
    if pairs < LEAST_PAIRS:
        yield f"not trained on {' and '.join(columns)}: {pairs} pairs"
        return
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(_rule(columns))
    except ValueError:
        yield f"training on {' and '.join(columns)} did not converge: {pairs} pairs"


def _settings() -> SettingsCreator:
    exact = [cl.ExactMatch(column).configure(term_frequency_adjustments=True) for column in _EXACT]
    registered = cl.AbsoluteTimeDifferenceAtThresholds(
        "created_at", input_is_string=False, metrics=["hour", "day"], thresholds=[1, 1]
    )
    return SettingsCreator(
        link_type="dedupe_only",
        comparisons=[*exact, registered],
        blocking_rules_to_generate_predictions=list(map(_rule, _COMPARED)),
        additional_columns_to_retain=["owner"],
    )


def _rule(columns: tuple[str, ...]) -> str:
    """Return SQL for two accounts of different owners that agree in `columns`."""
    return " and ".join([*(f"l.{column} = r.{column}" for column in columns), "l.owner <> r.owner"])


def _pairs(connection: duckdb.DuckDBPyConnection, rule: str) -> int:
    query = f"select count(*) from people as l join people as r on {rule} and l.unique_id < r.unique_id"
    return int(connection.execute(query).fetchall()[0][0])


def _clusters(pairs: list[Link], notes: tuple[str, ...]) -> Accusations:
    scores = scores_by_component(pairs, SMALLEST)
    groups = components(pairs, OWN_PROBABILITY)
    accounts = list(scores)
    values = np.array([scores[account] for account in accounts], dtype=np.float64)
    together = [groups.get(account) for account in accounts]
    return Accusations(accounts, values, values >= OWN_PROBABILITY, together, notes)
