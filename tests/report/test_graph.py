"""The picture of shared marks: capped, inside its frame, the same each time, and honest about what it leaves out."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from stillwatch.report.graph import MARGIN, MOST_LINES, MOST_NODES, SIZE, STYLES, picture, shared
from stillwatch.report.result import Link, Result

RING = [Link(f"a{i}", f"a{(i + 1) % 6}", "payment", 1) for i in range(6)]


def test_nothing_shared_is_no_picture() -> None:
    assert picture(()) is None


def test_a_ring_of_six_is_drawn_as_a_ring() -> None:
    drawn = picture(RING)
    assert drawn is not None
    assert (drawn.accounts, drawn.pairs, drawn.drawn) == (6, 6, 6)
    places = {n.account_id: (n.x, n.y) for n in drawn.nodes}
    near = [math.dist(places[f"a{i}"], places[f"a{(i + 1) % 6}"]) for i in range(6)]
    far = [math.dist(places[f"a{i}"], places[f"a{(i + 3) % 6}"]) for i in range(6)]
    assert max(near) < min(far)


@pytest.mark.parametrize("size", [2, 3, 30, 200])
def test_circles_lie_in_the_frame_and_do_not_cover_one_another(size: int) -> None:
    chance = random.Random(size)
    links = [
        Link(f"a{i}", f"a{j}", chance.choice("pqrst"), 1 + (i * j) % 5)
        for i, j in itertools.combinations(range(size), 2)
        if chance.random() < 0.4 or j == i + 1
    ]
    drawn = picture(links)
    assert drawn is not None
    assert min(size, 20) <= len(drawn.nodes) <= MOST_NODES
    assert drawn.drawn <= MOST_LINES
    assert all(MARGIN <= n.x <= SIZE - MARGIN and MARGIN <= n.y <= SIZE - MARGIN for n in drawn.nodes)
    apart = [math.dist((a.x, a.y), (b.x, b.y)) for a, b in itertools.combinations(drawn.nodes, 2)]
    assert min(apart) > 20


def test_parts_that_share_nothing_stand_apart() -> None:
    drawn = picture([Link("a", "b", "payment", 1), Link("c", "d", "payment", 1)])
    assert drawn is not None
    places = {n.account_id: (n.x, n.y) for n in drawn.nodes}
    assert math.dist(places["a"], places["b"]) < math.dist(places["a"], places["c"])


def test_the_same_links_give_the_same_picture_in_any_order(sample: Result) -> None:
    links = list(sample.campaigns[0].links)
    again = links.copy()
    random.Random(1).shuffle(again)
    assert picture(links) == picture(again)


def test_what_is_shared_is_counted_over_all_links_drawn_or_not(sample: Result) -> None:
    links = sample.campaigns[0].links
    drawn = picture(links, nodes=5, lines=6)
    assert drawn is not None
    assert sum(s.pairs for s in drawn.shared) == len({(s.account_a, s.account_b, s.kind) for s in links})
    assert drawn.pairs == len({(s.account_a, s.account_b) for s in links})
    assert len(drawn.nodes) <= 5
    assert drawn.drawn <= 6


def test_the_table_of_what_is_shared() -> None:
    rows = shared([*RING, Link("a0", "a3", "device", 4), Link("a3", "a0", "device", 2)])
    assert [(r.kind, r.pairs, r.accounts, r.most) for r in rows] == [("payment", 6, 6, 1), ("device", 1, 2, 4)]


def test_kinds_beyond_the_styles_share_the_last() -> None:
    links = [Link(f"a{i}", f"b{i}", f"kind{i}", 9 - i) for i in range(6)]
    drawn = picture(links)
    assert drawn is not None
    assert [lines.style for lines in drawn.lines] == list(range(STYLES))
    assert drawn.lines[-1].kinds == ("kind3", "kind4", "kind5")


def test_pairs_that_share_what_few_share_are_drawn_first() -> None:
    common = [Link(f"a{i}", f"a{j}", "shingle", 50) for i, j in itertools.combinations(range(12), 2)]
    drawn = picture([*common, Link("a3", "a9", "payment_id", 1)], lines=5)
    assert drawn is not None
    assert drawn.lines[0].kinds == ("payment_id",)
    assert drawn.lines[0].path.count("M") == 1


def test_an_account_that_shares_with_itself_only_is_not_drawn() -> None:
    drawn = picture([Link("a", "a", "payment", 3)])
    assert drawn is not None
    assert (drawn.nodes, drawn.lines) == ((), ())
