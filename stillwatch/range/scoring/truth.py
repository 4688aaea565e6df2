"""The truth of a world as arrays over its accounts, in the order of their ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.arrays import I64, Flags
from stillwatch.errors import NothingUsable, StillwatchError
from stillwatch.range.store import CAMPAIGN, ORDINARY, RELAY, TRUTH
from stillwatch.record import conform

NEVER = np.iinfo(np.int64).max
"""Stands for a moment that does not come."""
GUILTY = (CAMPAIGN, RELAY)
"""Kinds whose accounts are not innocent, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class TrueGroup:
    """One group of the truth, and its accounts as positions, ascending."""

    group_id: str
    kind: str
    accounts: I64


@dataclass(frozen=True, slots=True)
class Truth:
    """The accounts of a world.

    Attributes:
        path: the file.
        ids: account ids, ascending, shape (accounts,).
        kinds: kind of each account as a number, shape (accounts,); `names` says what it stands for.
        groups: campaigns, then relays, then look-alikes, each by kind and id.
        group: position in `groups` of each account, -1 for none, shape (accounts,).
        harvest_us: microseconds since the epoch from which an account harvests, `NEVER` for none, shape (accounts,).
        world: what `world.json` says; empty when it is not there.
    """

    path: Path
    ids: pa.StringArray
    kinds: I64
    names: tuple[str, ...]
    groups: tuple[TrueGroup, ...]
    group: I64
    harvest_us: I64
    world: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.ids)

    def of_kind(self, *kinds: str) -> Flags:
        """Return which accounts are of one of `kinds`, shape (accounts,)."""
        return np.isin(self.kinds, self.numbers(*kinds))

    def numbers(self, *kinds: str) -> list[int]:
        """Return what stands for `kinds` in the field of this name."""
        return [i for i, name in enumerate(self.names) if name in kinds]

    @property
    def innocent(self) -> Flags:
        """Which accounts belong to no campaign and no relay, shape (accounts,)."""
        return ~self.of_kind(*GUILTY)

    @property
    def guilty(self) -> I64:
        """Positions of all others, ascending."""
        return np.flatnonzero(~self.innocent).astype(np.int64)

    def places(self, accounts: pa.Array) -> I64:
        """Return the position of each of `accounts`, -1 for one that is not in the truth."""
        found = pc.index_in(accounts, self.ids)
        return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64))


def load_truth(path: Path) -> Truth:
    """Return the truth in the file `path`, with the parameters of the world beside it.

    Raises:
        NothingUsable: there is no such file, or it has no row.
        StillwatchError: it is no truth, an account stands in it twice, a campaign or relay has no group, or
            `accounts.parquet` beside it is of another world.
    """
    table = _read(path)
    ids = table["account_id"].combine_chunks()
    _accounts_match(ids, path)
    kinds = table["kind"].combine_chunks().dictionary_encode()
    codes = np.asarray(kinds.indices.to_numpy(zero_copy_only=False).astype(np.int64))
    names = tuple(kinds.dictionary.to_pylist())
    groups, group = _groups(table, path)
    harvest = pc.fill_null(table["first_harvest_ts"].combine_chunks().cast(pa.int64()), int(NEVER))
    return Truth(path, ids, codes, names, groups, group, np.asarray(harvest.to_numpy()), _parameters(path))


def _read(path: Path) -> pa.Table:
    try:
        table = conform(pq.read_table(path, partitioning=None), TRUTH).sort_by("account_id")
    except FileNotFoundError:
        remedy = "`--truth WORLD/truth.parquet`"
        raise NothingUsable("there is no such file", where=str(path), expected="a truth", remedy=remedy) from None
    except (pa.ArrowException, OSError) as error:
        raise StillwatchError(
            f"is no truth: {str(error).splitlines()[0]}",
            where=str(path),
            expected=f"Parquet with the columns {', '.join(TRUTH.names)}",
            remedy="name the `truth.parquet` that `stillwatch range build` wrote",
        ) from error
    if not table.num_rows:
        raise NothingUsable("the truth names no account", where=str(path), remedy="build the world again")
    repeats = table.num_rows - pc.count_distinct(table["account_id"]).as_py()
    if repeats:
        raise _damaged(path, f"{repeats} accounts stand in the truth more than once")
    return table


def _damaged(path: Path, found: str) -> StillwatchError:
    return StillwatchError(found, where=str(path), remedy="build the world again with `stillwatch range build`")


def _groups(table: pa.Table, path: Path) -> tuple[tuple[TrueGroup, ...], I64]:
    """Return the groups and the group of each account."""
    keys = [(k, g) for k, g in zip(table["kind"].to_pylist(), table["group_id"].to_pylist(), strict=True)]
    lost = sum(1 for kind, group in keys if kind in GUILTY and not group)
    if lost:
        raise _damaged(path, f"{lost} accounts of a campaign or relay have no group")
    order = sorted({(k, g) for k, g in keys if g and k != ORDINARY}, key=lambda key: (_rank(key[0]), *key))
    code = {key: i for i, key in enumerate(order)}
    group = np.array([code.get(key, -1) for key in keys], dtype=np.int64)
    sorted_places = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[sorted_places], np.arange(len(order) + 1))
    parts = [sorted_places[bounds[i] : bounds[i + 1]] for i in range(len(order))]
    return tuple(TrueGroup(g, k, part) for (k, g), part in zip(order, parts, strict=True)), group


def _rank(kind: str) -> int:
    return GUILTY.index(kind) if kind in GUILTY else len(GUILTY)


def _accounts_match(ids: pa.Array, path: Path) -> None:
    """Make sure that every account of the truth stands in the accounts beside it, if there are any."""
    accounts = path.with_name("accounts.parquet")
    if not accounts.exists():
        return
    known = pq.read_table(accounts, columns=["account_id"])["account_id"].combine_chunks().cast(pa.string())
    strangers = len(ids) - (pc.sum(pc.is_in(ids, known)).as_py() or 0)
    if strangers:
        raise StillwatchError(
            f"{strangers} of {len(ids)} accounts of the truth are not in `{accounts.name}` beside it",
            where=str(path),
            expected="truth and accounts of one world",
            remedy="keep the files of a world together, or build it again with `stillwatch range build`",
        )


def _parameters(path: Path) -> Mapping[str, Any]:
    """Return the parameters of the world; they are for the reader and nothing is computed from them."""
    file = path.with_name("world.json")
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise _damaged(file, f"is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise _damaged(file, "is not a JSON object")
    return found
