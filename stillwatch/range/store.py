"""Where a world lies: the two tables of the record, the truth beside them, and the parameters it was built with."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.errors import Refused
from stillwatch.record import TIMESTAMP, required

ORDINARY, CAMPAIGN, RELAY = "ordinary", "campaign", "relay"
"""Kinds of account; every other kind is the name of a look-alike."""

TRUTH = pa.schema(
    [
        required("account_id", pa.string()),
        required("group_id", pa.string()),  # empty for ordinary accounts
        required("kind", pa.string()),
        required("role", pa.string()),
        pa.field("first_harvest_ts", TIMESTAMP),  # null where nothing is harvested
    ]
)


@dataclass(frozen=True, slots=True)
class World:
    """A labelled world on disk.

    Attributes:
        folder: where the files below lie.
        exchanges, accounts, truth: the three Parquet files.
        n_exchanges, n_accounts: rows of the first two.
        kinds: accounts per kind.
    """

    folder: Path
    exchanges: Path
    accounts: Path
    truth: Path
    n_exchanges: int
    n_accounts: int
    kinds: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Tables:
    """A world in memory: exchanges and accounts in the record, truth with one row per account."""

    exchanges: pa.Table
    accounts: pa.Table
    truth: pa.Table


def write_world(out: Path, tables: Tables, parameters: Mapping[str, object]) -> World:
    """Write `tables` and `parameters` to the folder `out`, whole or not at all.

    Raises:
        Refused: `out` exists and is not empty.
    """
    if out.exists() and any(out.iterdir()):
        raise Refused("the folder is not empty", where=str(out), remedy="name a new folder for the world")
    half = out.with_name(f".{out.name}.{os.getpid()}.part")
    half.mkdir(parents=True)
    try:
        _write(half, tables, parameters)
        if out.exists():
            out.rmdir()
        half.rename(out)
    finally:
        shutil.rmtree(half, ignore_errors=True)
    counts = tables.truth.group_by("kind").aggregate([("account_id", "count")]).sort_by("kind").to_pylist()
    return World(
        folder=out,
        exchanges=out / "exchanges.parquet",
        accounts=out / "accounts.parquet",
        truth=out / "truth.parquet",
        n_exchanges=tables.exchanges.num_rows,
        n_accounts=tables.accounts.num_rows,
        kinds={row["kind"]: row["account_id_count"] for row in counts},
    )


def _write(folder: Path, tables: Tables, parameters: Mapping[str, object]) -> None:
    pq.write_table(tables.exchanges, folder / "exchanges.parquet", row_group_size=1 << 16)
    pq.write_table(tables.accounts, folder / "accounts.parquet")
    pq.write_table(tables.truth, folder / "truth.parquet")
    text = json.dumps(dict(parameters), indent=2, sort_keys=True, ensure_ascii=False)
    (folder / "world.json").write_text(text + "\n", encoding="utf-8")
