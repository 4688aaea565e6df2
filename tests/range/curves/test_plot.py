"""Marks stand where their values say."""

from __future__ import annotations

from itertools import pairwise

import pytest

from stillwatch.range.curves.plot import BOTTOM, LEFT, RIGHT, TOP, Axis, across, line, path, shares
from stillwatch.range.scoring.figures import Figure, pooled, proportion


def test_a_share_stands_between_bottom_and_top() -> None:
    axis, ticks = shares()
    assert [axis.at(value) for value in (0.0, 0.5, 1.0)] == [BOTTOM, (BOTTOM + TOP) / 2, TOP]
    assert [tick.label for tick in ticks] == ["0 %", "25 %", "50 %", "75 %", "100 %"]


def test_equal_factors_are_equal_steps_and_nothing_leaves_the_plot() -> None:
    axis, ticks = shares(log=0.001)
    steps = [axis.at(value) for value in (1.0, 0.1, 0.01, 0.001)]
    assert [b - a for a, b in pairwise(steps)] == [pytest.approx(64.0)] * 3
    assert (axis.at(0.0), axis.at(2.0)) == (BOTTOM, TOP)
    assert ticks[-1].label == "≤ 0.1 %"


def test_a_line_goes_through_its_dots_with_their_ends() -> None:
    x, _ = across([0.0, 10.0], ["0", "10"])
    drawn = line("found", 0, [(0.0, Figure(0.5, 0.25, 0.75, 4)), (10.0, Figure(1.0, 0.5, 1.0, 4))], x=x, y=shares()[0])
    assert drawn.path == f"M{LEFT} 108L{RIGHT} {TOP}"
    assert (drawn.dots[0].y, drawn.dots[0].low, drawn.dots[0].high) == (108.0, 156.0, 60.0)


def test_a_line_of_nothing_is_no_path() -> None:
    assert path([]) == ""


def test_an_axis_is_cut_at_its_ends() -> None:
    axis = Axis(0.0, 10.0, LEFT, RIGHT)
    assert (axis.at(-5.0), axis.at(50.0)) == (LEFT, RIGHT)


def test_shares_of_two_worlds_are_pooled_exactly() -> None:
    assert pooled([proportion(1, 4), None, proportion(3, 6)]) == proportion(4, 10)
    assert pooled([None]) is None
