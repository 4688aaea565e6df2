"""A list of prompts dealt out: members repeat one another's prompts less than chance allows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from stillwatch.evidence.dealt_out import dealt_out, repeats
from tests.worlds import Crowd, Rows, World, a_world, own, some


def _common(rows: Rows) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return rows.rng.zipf(1.4, len(rows)) % 300


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    list_of_all = {"prompt_mark": lambda rows: 5000 + rows.nth}
    with a_world(
        Crowd("people", 150, columns={"prompt_mark": some(0.4, _common, own)}),
        Crowd("pool", 20, columns={"prompt_mark": own}),
        Crowd("by_two", 20, columns={"prompt_mark": some(0.03, 4000, own)}),
        Crowd("benchmark", 20, columns=list_of_all),
    ) as made:
        yield made


def test_prompts_that_are_dealt_out_are_seen(world: World) -> None:
    finding = dealt_out(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 0.001
    assert finding.numbers["overlap"] == 0


def test_people_repeat_what_everybody_asks(world: World) -> None:
    assert dealt_out(world.drawn(20, 1, "people"), world.case).bits <= 0


def test_a_benchmark_run_by_many_is_the_opposite(world: World) -> None:
    p = dealt_out(world.group("benchmark"), world.case).p_value
    assert p is not None
    assert p > 0.99


def test_people_who_repeat_one_another_are_dealt_no_list_however_much_others_do() -> None:
    alike = {"prompt_mark": some(0.9, lambda rows: rows.nth, own)}
    seldom = {"prompt_mark": some(0.2, lambda rows: 5000 + rows.nth, own)}
    with a_world(Crowd("benchmark", 150, columns=alike), Crowd("relay", 20, columns=seldom)) as made:
        assert dealt_out(made.group("relay"), made.case).p_value == 1.0


def test_where_nobody_repeats_anybody_it_tells_nobody_apart() -> None:
    with a_world(Crowd("people", 120, exchanges=15, columns={"prompt_mark": own})) as made:
        assert dealt_out(made.drawn(20, 1), made.case).p_value == 1.0


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "by_two", "benchmark"):
        group = world.group(crowd)
        finding = dealt_out(group, world.case)
        for number, again in world.compared(finding, group).values():
            assert number == again
        rows = world.again(finding, group)
        assert float(finding.numbers["overlap"] or 0) == pytest.approx(
            float(rows["repeated_by_others"] or 0) / float(rows["prompts"] or 1), abs=1e-6
        )


def test_without_prompts_there_is_no_evidence(nothing_known: World) -> None:
    finding = dealt_out(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "fewer than 200 prompts" in finding.statement


def test_what_members_repeat_is_counted_as_a_reader_would(world: World) -> None:
    groups = np.stack([np.sort(np.random.default_rng(seed).choice(world.people.size, 12, False)) for seed in range(9)])
    found, held = repeats(world.case, groups), world.people.shared["prompt"].matrix.toarray()
    for place, group in enumerate(groups):
        asked = held[group]
        twice = (asked > 0).sum(axis=0) >= 2
        here = found.group == place
        assert sorted(found.askers[here]) == sorted((asked > 0).sum(axis=0)[twice])
        assert sorted(found.n[here]) == sorted(asked.sum(axis=0)[twice])
    assert len(found.n), "somebody repeats somebody"
