"""The population: every account of a scan as rows of small arrays, and what accounts share as sparse matrices.

The queries below read the sums of `rollups`; what comes back has one row per account, or one per account and shared
mark.

What is as long as accounts times something says who an account is by its place in the order of ids, which the engine
knows from `account_places` on, and comes sorted and a part at a time: nothing of it is in memory twice.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from stillwatch.arrays import I64, Flags, Marks, as_narrow, narrow
from stillwatch.config import ProposalLimits
from stillwatch.engine import Engine, Query
from stillwatch.engine.base import Whole
from stillwatch.likeness import Halves, means
from stillwatch.profiles import PROFILE_SUMS, profiles
from stillwatch.rollups import MARKS, PACES, USUAL, texts_in_parts

UNKNOWN = -1
"""Code of a value that is not known."""

TOTALS = Query("totals", "select * from account_totals")
PACE_COUNTS = Query("pace_counts", "select * from account_paces")
"""Follow-ups by pace, of accounts that have any whose pace is known."""

USUAL_VALUES = {
    name: Query(
        f"usual_{name}_of_accounts",
        f"""
        select account_id, value
        from (select account_id, value, row_number() over (partition by account_id order by n desc, value) as nth
            from usual_{name})
        where nth = 1""",
    )
    for name in USUAL
}
"""What an account does most often, by attribute; among equals the first in the alphabet."""
INSTRUMENTS = ("payment_id", "device_id")
"""Columns of the account table that name what an account pays with and runs on."""

PROVED = "organisation"
"""Value of `verification` with which a mail domain is an organisation's own."""
OWN_DOMAINS = Query(
    "own_domains",
    f"""
    select email_domain from accounts where email_domain is not null group by email_domain
    having 4 * count(case when verification = '{PROVED}' then 1 end)
        >= count(case when verification <> 'none' then 1 end)""",
)
"""Mail domains that are no public ones: of their accounts that proved anything a quarter proved an organisation."""
OF_ACCOUNTS = (*INSTRUMENTS, "signup_ip")
"""Columns of the account table that are marks."""

SCAFFOLDS = ("system", "system_head", "head", "tail", "shingle")
"""Kinds of mark that a fixed text around varying tasks leaves."""


def _shared(kind: str) -> str:
    return f"""
        select mark, place, held.n from marks_{kind} as held
        join account_places on account_places.account_id = held.account_id
        where not alone order by mark, place"""


_HABIT = "held.n >= :least and held.n >= cast(:share as double) * account_places.n"


def _habitual(kind: str) -> str:
    return f"""
        with held as (select account_id, mark, n from repeated_{kind}),
            habits as (select mark, count(*) as n
                from held join account_places on account_places.account_id = held.account_id
                where {_HABIT} group by mark),
            marks as (select held.mark, max(habits.n) as habits from held join habits on habits.mark = held.mark
                group by held.mark having count(*) >= 2)
        select held.mark, place, held.n from held join marks on marks.mark = held.mark
            join account_places on account_places.account_id = held.account_id
        where habits >= 2 or ({_HABIT}) order by held.mark, place"""


SHARED = {
    kind: Query(f"shared_{kind}", _habitual(kind) if kind in SCAFFOLDS else _shared(kind))
    for kind in MARKS
    if kind != "prompt"
}
"""Marks of exchanges that two or more accounts hold, by kind.

Scaffolds only if they are a habit of some account: with all who hold it if it is one of two or more, else with that
account. Nearly everything that accounts have in common is nobody's habit, and tells nothing.
"""

ASKED = Query(
    "asked",
    """
    with held as (select mark, place, texts.n
            from repeated_prompt as texts join account_places on account_places.account_id = texts.account_id),
        marks as (select mark, least(count(*), 2) as holders from held group by mark),
        told as (select case when holders = 2 then held.mark else 0 end as mark, place, holders, n
            from held join marks on marks.mark = held.mark)
    select mark, place, holders, cast(sum(n) as bigint) as n, count(*) as prompts from told
    group by mark, place, holders order by mark, place""",
)
"""Prompts that two or more accounts ask (`holders` is 2), and in one row of each account those that it asks again and
nobody else does."""

TRAITS = ("email_domain", "email_shape", "payment_bin", "plan", "program", "verification", "status")
"""Columns of the account table that are categories."""

BYTES = 8 * (2 * len(PROFILE_SUMS) + 3 * 3 + 60)
"""Bytes that one account takes at least, before it shares any mark: its sums in both halves of the hours, whose place
its means take, how sure they are, its counts, traits, times and id."""


@dataclass(frozen=True, slots=True)
class Category:
    """One categorical attribute of every account: `values[codes[i]]`, or not known where the code is `UNKNOWN`."""

    codes: I64
    values: tuple[str, ...]

    @property
    def known(self) -> Flags:
        """Which accounts have a value, shape (accounts,)."""
        return np.asarray(self.codes != UNKNOWN)

    def counts(self, accounts: I64 | None = None) -> I64:
        """Return how many of `accounts` (all without it) have each value, shape (values,)."""
        codes = self.codes if accounts is None else self.codes[accounts]
        return np.bincount(codes[codes != UNKNOWN], minlength=len(self.values)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Incidence:
    """Who holds which mark of one kind, for marks that at least two accounts hold.

    Of scaffolds those that are a habit of anybody: all who hold it if it is one of two or more, else who has it.

    Attributes:
        kind: the kind of mark.
        matrix: exchanges of account i that carry mark j, CSR, shape (accounts, marks).
        holders: accounts per mark, shape (marks,).
        marks: the marks themselves: keyed numbers, or the text of a column of the account table, shape (marks,).
    """

    kind: str
    matrix: sparse.csr_array
    holders: I64
    marks: Marks

    def places(self, marks: Collection[str]) -> I64:
        """Return the positions of `marks`, written as text, ascending; one that nobody here shares has none."""
        wanted = np.array(sorted(marks), dtype=np.str_).astype(self.marks.dtype)
        return np.flatnonzero(np.isin(self.marks, wanted)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Population:
    """All accounts of a scan, in the order of their ids.

    Attributes:
        ids: account ids, ascending.
        n: exchanges per account, shape (accounts,).
        totals: counts per account by the column names of `TOTALS` and `PACE_COUNTS`, and `distinct_prompts`.
        means: mean profiles, of topics and lengths.
        categories: usual client, network, model and the traits of the account table, by name; `declared` is the
            organisation, else the mail domain of an account that proved to be its owner's, if the domain is its own.
        shared: incidence of marks, by kind.
        created_us, status_us: microseconds since the epoch, `UNKNOWN` where not known.
    """

    ids: tuple[str, ...]
    n: I64
    totals: Mapping[str, I64]
    means: Halves
    categories: Mapping[str, Category]
    shared: Mapping[str, Incidence]
    created_us: I64
    status_us: I64

    @property
    def size(self) -> int:
        """Number of accounts."""
        return len(self.ids)

    def positions(self, accounts: Sequence[str]) -> I64:
        """Return the positions of `accounts` in their order, without those that are not in the scan."""
        found = ((bisect_left(self.ids, account), account) for account in accounts)
        return np.array([i for i, account in found if self.ids[i : i + 1] == (account,)], dtype=np.int64)


def population(engine: Engine, limits: ProposalLimits) -> Population:
    """Return all accounts of the ledger whose sums, and whose view `accounts`, `engine` has.

    Args:
        limits: what counts as a habit.
    """
    totals = engine.table(TOTALS).sort_by("account_id")
    ids = totals.column("account_id").combine_chunks()
    engine.plan.need(len(ids) * BYTES, f"a scan of {len(ids):,} accounts")
    counts = {name: _ints(totals.column(name)) for name in totals.column_names if name != "account_id"}
    places = np.arange(len(ids), dtype=np.int32)
    engine.load("account_places", pa.table({"account_id": ids, "place": places, "n": counts["n"]}))
    asked = engine.columns(ASKED)
    counts["distinct_prompts"] = counts["prompts"] - _asked_again(asked, len(ids))
    followed = engine.table(PACE_COUNTS)
    counts |= {name: _spread(followed, name, ids) for name in PACES}
    accounts = _aligned(engine.rows("select * from accounts"), ids)
    categories = {name: _usual_values(engine.table(query), ids) for name, query in USUAL_VALUES.items()}
    categories |= {name: _category(accounts.column(name)) for name in TRAITS}
    categories["org"] = _either(_category(accounts.column("org_id")), categories["org"])
    categories["declared"] = _either(categories["org"], _verified_domain(engine, categories))
    habit = {"least": limits.habit_least, "share": limits.habit_share}
    prompt = _incidence("prompt", _of_two(asked), engine, len(ids))
    exchanges = int(counts["n"].sum())
    shared = {kind: _incidence(kind, _holders(kind, engine, exchanges, habit), engine, len(ids)) for kind in SHARED}
    shared["prompt"] = prompt
    shared |= {name: _account_incidence(name, _category(accounts.column(name)), len(ids)) for name in OF_ACCOUNTS}
    return Population(
        ids=tuple(ids.to_pylist()),
        n=counts["n"],
        totals=counts,
        means=means(profiles(engine, ids, counts["n"])),
        categories=categories,
        shared=shared,
        created_us=_ints(accounts.column("created_at").cast(pa.int64())),
        status_us=_ints(accounts.column("status_at").cast(pa.int64())),
    )


def _holders(kind: str, engine: Engine, exchanges: int, habit: Mapping[str, float]) -> dict[str, Whole]:
    """Return the rows of `SHARED`."""
    parts = [engine.columns(SHARED[kind], **habit) for _ in texts_in_parts(engine, kind, exchanges)]
    names = [*parts[0]]
    return parts[0] if len(parts) == 1 else {name: np.concatenate([part.pop(name) for part in parts]) for name in names}


def _spread(table: pa.Table, name: str, ids: pa.Array) -> I64:
    """Return column `name` of a table of some accounts, 0 for all others, shape (accounts,)."""
    out = np.zeros(len(ids), dtype=np.int64)
    out[pc.index_in(table.column("account_id"), value_set=ids).to_numpy()] = table.column(name).to_numpy()
    return out


def _ints(column: pa.ChunkedArray) -> I64:
    filled = pc.fill_null(column.cast(pa.int64()), UNKNOWN)
    return np.asarray(filled.to_numpy(), dtype=np.int64)


def _positions(column: pa.ChunkedArray, ids: pa.Array) -> I64:
    return np.asarray(pc.index_in(column, value_set=ids).to_numpy(), dtype=np.int64)


def _aligned(accounts: pa.Table, ids: pa.Array) -> pa.Table:
    """Return one row per id, nulls where the account table has none."""
    return accounts.take(pc.index_in(ids, value_set=accounts.column("account_id").combine_chunks()))


def _category(column: pa.ChunkedArray) -> Category:
    values = pc.unique(column.cast(pa.string())).drop_null()
    values = values.take(pc.array_sort_indices(values))
    codes = pc.fill_null(pc.index_in(column.cast(pa.string()), value_set=values), UNKNOWN)
    return Category(np.asarray(codes.to_numpy(), dtype=np.int64), tuple(values.to_pylist()))


def _usual_values(table: pa.Table, ids: pa.Array) -> Category:
    found = _category(table.column("value"))
    codes = np.full(len(ids), UNKNOWN, dtype=np.int64)
    codes[_positions(table.column("account_id"), ids)] = found.codes
    return Category(codes, found.values)


def _either(first: Category, second: Category) -> Category:
    """Return `first` where it is known and `second` elsewhere."""
    labels = [*first.values, *second.values]
    codes = np.where(first.known, first.codes, np.where(second.known, second.codes + len(first.values), UNKNOWN))
    return _category(pa.chunked_array([pa.array([labels[c] if c != UNKNOWN else None for c in codes], pa.string())]))


def _verified_domain(engine: Engine, categories: Mapping[str, Category]) -> Category:
    """Return the mail domain of each account that proved to be an organisation's, where the domain is its own."""
    domains, verification = categories["email_domain"], categories["verification"]
    told = set(engine.table(OWN_DOMAINS).column("email_domain").to_pylist())
    proved = np.isin(verification.codes, [i for i, value in enumerate(verification.values) if value == PROVED])
    own = np.isin(domains.codes, [i for i, value in enumerate(domains.values) if value in told])
    return Category(np.where(proved & own, domains.codes, UNKNOWN), domains.values)


def _incidence(kind: str, found: dict[str, Whole], engine: Engine, size: int) -> Incidence:
    """Return who holds which mark; rows come by mark, which is the order of a matrix by columns.

    Args:
        found: columns `mark`, `place` and `n`, which are taken out of it.
    """
    mark, places, n = found.pop("mark"), found.pop("place"), as_narrow(found.pop("n"))
    first = np.ones(len(mark), dtype=np.bool_)
    first[1:] = mark[1:] != mark[:-1]
    marks = mark[first].astype(np.int64)
    bounds = np.append(np.flatnonzero(first), len(first)).astype(narrow(len(first)))
    del mark, first
    engine.plan.need(n.nbytes + places.nbytes, f"{len(n):,} shared marks of kind `{kind}`")
    by_mark = sparse.csc_array((n, places, bounds), shape=(size, len(marks)))
    return Incidence(kind, by_mark.tocsr(), np.diff(bounds).astype(np.int64), marks)


def _of_two(asked: dict[str, Whole]) -> dict[str, Whole]:
    """Return the rows of prompts that two or more accounts ask."""
    shared = asked.pop("holders") == 2
    return {name: asked.pop(name)[shared] for name in ("mark", "place", "n")}


def _asked_again(asked: Mapping[str, Whole], size: int) -> I64:
    """Return how many prompts of each account it had asked before, shape (accounts,)."""
    again = np.zeros(size, dtype=np.int64)
    np.add.at(again, asked["place"], asked["n"] - asked["prompts"])
    return again


def _account_incidence(kind: str, category: Category, size: int) -> Incidence:
    held = category.counts() >= 2
    rows = np.flatnonzero(category.known & held[category.codes]) if len(held) else np.empty(0, dtype=np.int64)
    columns = (np.cumsum(held) - 1)[category.codes[rows]] if len(held) else rows
    marks = np.array(category.values, dtype=np.str_)[np.flatnonzero(held)]
    held_by = sparse.csr_array((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=(size, len(marks)))
    held_by.sort_indices()
    return Incidence(kind, held_by, np.bincount(columns, minlength=len(marks)).astype(np.int64), marks)
