"""What is read off the ledger, against the same counted once more by hand."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.config import ProposalLimits
from stillwatch.population import OF_ACCOUNTS, SCAFFOLDS, TRAITS, UNKNOWN, Population, population
from stillwatch.rollups import MARKS, PROFILE_COLUMNS
from stillwatch.sketch.schema import SHINGLES
from tests.evidence.everything import PEOPLE, POOL
from tests.worlds import NULLABLE, Crowd, attached, dealt, ledger

TOPICS = [name for name in PROFILE_COLUMNS if name.startswith("topic_")]


@pytest.fixture(scope="module")
def tables() -> tuple[pa.Table, pa.Table]:
    return ledger(PEOPLE, POOL)


@pytest.fixture(scope="module")
def people(tables: tuple[pa.Table, pa.Table]) -> Population:
    with attached(*tables) as engine:
        return population(engine, ProposalLimits())


def _of(*crowds: Crowd, empty: tuple[str, ...] = ()) -> Population:
    with attached(*ledger(*crowds, empty=empty)) as engine:
        return population(engine, ProposalLimits())


def _by_account(exchanges: pa.Table, column: str) -> Iterator[tuple[int, object]]:
    places = {name: i for i, name in enumerate(sorted(set(exchanges.column("account_id").to_pylist())))}
    for account, value in zip(
        exchanges.column("account_id").to_pylist(), exchanges.column(column).to_pylist(), strict=True
    ):
        yield places[account], value


def test_accounts_are_those_that_asked_in_the_order_of_their_ids(
    people: Population, tables: tuple[pa.Table, pa.Table]
) -> None:
    assert list(people.ids) == sorted(set(tables[0].column("account_id").to_pylist()))
    assert not [name for name in people.ids if name.endswith("idle")]
    assert people.n.sum() == tables[0].num_rows


def test_accounts_are_found_in_the_order_in_which_they_are_asked_for() -> None:
    people = _of(Crowd("a", 2), Crowd("é", 2), Crowd("\uff5a", 2), Crowd("\U0001f600", 2))
    back = np.arange(people.size)[::-1]
    assert people.positions([people.ids[i] for i in back]).tolist() == back.tolist()
    last, first = people.positions(["", people.ids[-1], "a", "zz", people.ids[0], "\U0010ffff"]).tolist()
    assert (last, first) == (people.size - 1, 0)
    assert people.positions([]).dtype == np.int64


@pytest.mark.parametrize(
    ("name", "column"),
    [("with_turn", "turn"), ("with_status", "status"), ("prompts", "prompt_mark"), ("with_intent", "intent")],
)
def test_known_values_are_counted(
    people: Population, tables: tuple[pa.Table, pa.Table], name: str, column: str
) -> None:
    expected = Counter(account for account, value in _by_account(tables[0], column) if value is not None)
    assert people.totals[name].tolist() == [expected[i] for i in range(people.size)]


def test_follow_ups_errors_and_wishes_are_counted(people: Population, tables: tuple[pa.Table, pa.Table]) -> None:
    rows = tables[0].to_pylist()
    assert people.totals["later_turns"].sum() == sum(row["turn"] > 1 for row in rows)
    assert people.totals["errors"].sum() == sum(row["status"] >= 400 for row in rows)
    assert people.totals["asks_logprobs"].sum() == sum(row["logprobs"] > 0 for row in rows)
    assert people.totals["intent_1"].sum() == sum(row["intent"] == 1 for row in rows)
    assert people.totals["invisible"].sum() == sum(row["invisible_chars"] > 0 for row in rows)


def test_a_class_that_is_doubtful_is_not_counted() -> None:
    found = _of(Crowd("a", 5, columns={"intent": 1, "intent_bits": 2.9}))
    assert found.totals["intent_1"].sum() == 0
    assert (found.totals["with_intent"] == found.n).all()


@pytest.mark.parametrize("kind", [*MARKS, *OF_ACCOUNTS])
def test_marks_are_kept_that_two_accounts_hold_and_scaffolds_that_are_a_habit(
    people: Population, tables: tuple[pa.Table, pa.Table], kind: str
) -> None:
    held: dict[object, Counter[int]] = defaultdict(Counter)
    for account, mark in _held(kind, tables):
        held[mark][account] += 1
    shared = [counts for counts in held.values() if len(counts) >= 2]
    if kind in SCAFFOLDS:
        shared = [counts for counts in map(functools.partial(_telling, people), shared) if counts]
    found = people.shared[kind]
    assert sorted(found.holders.tolist()) == sorted(len(counts) for counts in shared)
    assert found.matrix.sum() == sum(sum(counts.values()) for counts in shared)
    assert found.matrix.shape == (people.size, len(shared))


def _telling(people: Population, held: Counter[int]) -> Counter[int]:
    """Return all who hold a mark if it is a habit of two of them, else those whose habit it is."""
    habits = Counter({i: n for i, n in held.items() if n >= 2 and n >= 0.03 * people.n[i]})
    return held if len(habits) >= 2 else habits


def test_a_scaffold_is_kept_with_all_who_hold_it_where_it_is_a_habit_of_two() -> None:
    """One account in ten alone has the first text as a habit, two in ten the second; nobody has the third."""
    times = {1: (5, 1, 1), 2: (5, 5, 1), 3: (1, 1, 1), 4: (1, 9, 0)}
    texts = [(who, mark) for mark, of in times.items() for who, n in enumerate(of) for _ in range(n)]
    tails = {(who, nth): mark for who in range(3) for nth, mark in enumerate(m for w, m in texts if w == who)}
    columns = {
        "tail_mark": lambda rows: [
            tails.get((a, k), -1 - n) for a, k, n in zip(rows.account, rows.nth, rows.number, strict=True)
        ]
    }
    found = _of(Crowd("a", 3, exchanges=60, uneven=0, columns=columns)).shared["tail"]
    kept = {int(mark): found.matrix[:, [i]].todense().ravel().tolist() for i, mark in enumerate(found.marks)}
    assert kept == {1: [5, 0, 0], 2: [5, 5, 1], 4: [0, 9, 0]}


def test_prompts_that_are_asked_again_are_told_from_those_that_others_ask() -> None:
    prompts = {(0, 0): 1, (0, 1): 1, (0, 2): 2, (1, 0): 2, (1, 1): 2, (1, 2): 3, (2, 0): 4}
    columns = {"prompt_mark": lambda rows: [prompts.get((a, k)) for a, k in zip(rows.account, rows.nth, strict=True)]}
    found = _of(Crowd("a", 3, exchanges=5, uneven=0, columns=columns))
    assert found.shared["prompt"].marks.tolist() == [2]
    assert found.shared["prompt"].matrix.todense().tolist() == [[1], [2], [0]]
    assert found.totals["prompts"].tolist() == [3, 3, 1]
    assert found.totals["distinct_prompts"].tolist() == [2, 2, 1]


def _held(kind: str, tables: tuple[pa.Table, pa.Table]) -> Iterator[tuple[int, object]]:
    """Yield account and mark of every row that has one."""
    columns = {"shingle": [f"shingle_{i}_mark" for i in range(SHINGLES)], "address": ["ip_mark"]}
    if kind in OF_ACCOUNTS:
        places = {name: i for i, name in enumerate(sorted(set(tables[0].column("account_id").to_pylist())))}
        for row in tables[1].to_pylist():
            if row["account_id"] in places and row[kind] is not None:
                yield places[row["account_id"]], row[kind]
        return
    for column in columns.get(kind, [f"{kind}_mark"]):
        yield from ((account, mark) for account, mark in _by_account(tables[0], column) if mark is not None)


@pytest.mark.parametrize("trait", TRAITS)
def test_traits_are_those_of_the_account_table(
    people: Population, tables: tuple[pa.Table, pa.Table], trait: str
) -> None:
    category = people.categories[trait]
    found = [category.values[code] if code != UNKNOWN else None for code in category.codes]
    told = {row["account_id"]: row[trait] for row in tables[1].to_pylist()}
    assert found == [told[name] for name in people.ids]


def test_the_usual_value_is_the_commonest_and_among_equals_the_first() -> None:
    agents = {"user_agent": lambda rows: [("b", "a", "a", "b", "c")[n % 5] for n in rows.nth]}
    found = _of(Crowd("a", 4, exchanges=10, uneven=0, columns=agents)).categories["client"]
    assert {found.values[code] for code in found.codes} == {"a "}


def test_the_account_table_says_first_which_organisation_it_is() -> None:
    columns = {"org_id": "said by the log"}
    told = {"org_id": lambda n: ["told by the table" if i < 2 else None for i in range(n)]}
    found = _of(Crowd("a", 4, columns=columns, traits=told)).categories["org"]
    assert [found.values[code] for code in found.codes] == ["told by the table"] * 2 + ["said by the log"] * 2


def test_a_mail_domain_declares_an_organisation_that_proved_to_be_one_and_named_no_other() -> None:
    proved = {"email_domain": "firm.example", "verification": lambda n: (["organisation", "email"] * n)[:n]}
    found = _of(Crowd("a", 4, traits=proved), Crowd("b", 2, columns={"org_id": "Firm Ltd"}, traits=proved))
    assert _declared(found) == ["firm.example", None] * 2 + ["Firm Ltd"] * 2
    assert found.categories["org"].known.tolist() == [False] * 4 + [True] * 2


def test_a_mail_domain_of_which_few_proved_to_be_an_organisation_is_nobodys_own() -> None:
    kinds = ["organisation", "email", "identity", "email", "payment", "phone"]
    found = _of(Crowd("a", 5, traits={"email_domain": "mail.example", "verification": lambda n: kinds[:n]}))
    assert _declared(found) == [None] * 5


def _declared(found: Population) -> list[str | None]:
    declared = found.categories["declared"]
    return [declared.values[code] if code != UNKNOWN else None for code in declared.codes]


def test_accounts_that_are_in_no_table_are_not_known() -> None:
    exchanges, accounts = ledger(Crowd("a", 6, traits={"payment_id": dealt(2), "plan": "pro"}))
    with attached(exchanges, accounts.slice(0, 3)) as engine:
        found = population(engine, ProposalLimits())
    assert found.categories["plan"].codes.tolist() == [0, 0, 0, UNKNOWN, UNKNOWN, UNKNOWN]
    assert found.created_us[3:].tolist() == [UNKNOWN] * 3
    assert found.shared["payment_id"].holders.tolist() == [2]


def test_an_empty_account_table_is_no_trouble() -> None:
    exchanges, accounts = ledger(Crowd("a", 6))
    with attached(exchanges, accounts.slice(0, 0)) as engine:
        assert population(engine, ProposalLimits()).size == 6


def test_nothing_known_is_no_trouble() -> None:
    found = _of(Crowd("a", 6), empty=NULLABLE)
    assert found.size == 6
    assert all(not incidence.matrix.nnz for incidence in found.shared.values())
    assert not found.categories["org"].known.any()


def test_categories_count_their_values(people: Population) -> None:
    category = people.categories["plan"]
    assert category.counts().sum() == category.known.sum()
    some = np.arange(0, people.size, 3)
    assert category.counts(some).sum() == category.known[some].sum()


def test_it_is_the_same_in_any_order_of_rows(people: Population, tables: tuple[pa.Table, pa.Table]) -> None:
    order = np.random.default_rng(1).permutation(tables[0].num_rows)
    with attached(tables[0].take(order), tables[1].take(np.arange(tables[1].num_rows)[::-1]), files=3) as engine:
        other = population(engine, ProposalLimits())
    assert other.ids == people.ids
    assert all(np.array_equal(other.totals[name], people.totals[name]) for name in people.totals)
    for name in ("z", "varied"):
        assert np.array_equal(getattr(other.means.overall, name), getattr(people.means.overall, name)), name
    for name, category in people.categories.items():
        assert other.categories[name].values == category.values
        assert np.array_equal(other.categories[name].codes, category.codes)
    for name, incidence in people.shared.items():
        assert (other.shared[name].matrix != incidence.matrix).nnz == 0
