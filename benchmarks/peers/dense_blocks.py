"""FRAUDAR (rgmining-fraudar 0.7.6) on accounts and the marks they carry: the densest blocks, marks weighted 1/log(df).

Marks are prompts, their heads and tails, system prompts, histories, reasoning blocks brought back, addresses, client
fingerprints, and what accounts registered with. A mark of one owner is left out: it can link nobody. FRAUDAR decides
by giving one block; later blocks are found in what is left. An account's score is how early its block came and, within
the block, the weight that it adds to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
from fraudar.export import greedy  # type: ignore[import-not-found]
from scipy import sparse

from benchmarks.peers.accusations import Accusations, nobody
from benchmarks.peers.tables import NORMAL, connect, head_of, tail_of

I64 = npt.NDArray[np.int64]

BLOCKS = 8
"""Blocks looked for; the package looks for one unless told otherwise, and that one is its own decision."""
OWN_BLOCKS = 1
_OF_EXCHANGES = {
    "prompt": f"md5({NORMAL})",
    "head": f"md5({head_of(NORMAL)})",
    "tail": f"md5({tail_of(NORMAL)})",
    "system": "md5(system_text)",
    "history": "prefix_hashes[-1]",
    "block": "signatures_presented[1]",
    "address": "ip",
    "client": "client_fp",
}
_OF_ACCOUNTS = {
    "payment": "payment_id",
    "device": "device_id",
    "sign-up address": "signup_ip",
    "mail": "email_domain || ' ' || email_shape",
}


def accuse(world: Path, scratch: Path) -> Iterator[Accusations]:  # noqa: ARG001 - every peer is called alike
    """Yield the accounts of the densest blocks, after each block."""
    accounts, of_account, of_mark = _incidence(connect(world))
    if not len(of_account):
        yield nobody("no mark is shared by two owners")
        return
    scores = np.zeros(len(accounts))
    for number in range(BLOCKS):
        rows, columns, density = _densest(of_account, of_mark)
        inside = np.isin(of_account, rows) & np.isin(of_mark, columns)
        weights = np.bincount(of_account[inside], _weights(of_mark)[inside], minlength=len(accounts))
        fresh = rows[scores[rows] == 0]
        scores[fresh] = BLOCKS - number + weights[fresh] / (1.0 + weights.max())
        yield _accusations(accounts, scores)
        of_account, of_mark = of_account[~inside], of_mark[~inside]
        if density <= 0 or not len(of_account):
            return


def _incidence(connection: duckdb.DuckDBPyConnection) -> tuple[list[str], I64, I64]:
    """Return the accounts, and the positions of account and mark of every pair, in a fixed order."""
    tables = [("exchanges", _OF_EXCHANGES), ("accounts", _OF_ACCOUNTS)]
    parts = [
        f"select account_id, owner, '{kind} ' || {mark} as mark from {table} where {mark} is not null"
        for table, marks in tables
        for kind, mark in marks.items()
    ]
    connection.execute(f"create table pairs as {' union '.join(parts)}")
    connection.execute("""
        create table kept as select distinct account_id, mark from pairs
        where mark in (select mark from pairs group by mark having count(distinct owner) > 1)""")
    rows = connection.execute("""
        select
            dense_rank() over (order by account_id) - 1 as of_account,
            dense_rank() over (order by mark) - 1 as of_mark
        from kept order by 1, 2""").fetchnumpy()
    accounts = connection.execute("select distinct account_id from kept order by 1").fetchall()
    return [account for (account,) in accounts], np.asarray(rows["of_account"]), np.asarray(rows["of_mark"])


def _densest(of_account: I64, of_mark: I64) -> tuple[I64, I64, float]:
    """Return the accounts and marks of the densest block, and its density."""
    matrix = sparse.coo_matrix((np.ones(len(of_account), dtype=np.int64), (of_account, of_mark)))
    (rows, columns), density = greedy.logWeightedAveDegree(matrix.tolil())
    return np.array(sorted(rows), dtype=np.int64), np.array(sorted(columns), dtype=np.int64), float(density)


def _weights(of_mark: I64) -> npt.NDArray[np.float64]:
    """Return the weight of the mark of every pair, as FRAUDAR has it."""
    return np.asarray(1.0 / np.log(np.bincount(of_mark) + 5.0))[of_mark]


def _accusations(accounts: list[str], scores: npt.NDArray[np.float64]) -> Accusations:
    groups = [f"block {BLOCKS + 1 - int(score)}" if score else None for score in scores]
    held = np.flatnonzero(scores)
    return Accusations(
        accounts=[accounts[row] for row in held],
        scores=scores[held],
        accused=scores[held] >= BLOCKS + 1 - OWN_BLOCKS,
        groups=[groups[row] for row in held],
    )
