"""The curves as one HTML file that works offline and without scripts, in the dress of the report of a scan."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from jinja2 import Template
from markupsafe import Markup

from stillwatch import __version__
from stillwatch.range.curves import plot
from stillwatch.range.curves.calibrated import calibrations, mean_rows, reliability
from stillwatch.range.curves.delay import delays
from stillwatch.range.curves.rows import ladder, lookalikes, sheets
from stillwatch.range.scoring import figures
from stillwatch.range.scoring import wording as said
from stillwatch.range.scoring.score import Score
from stillwatch.report import wording
from stillwatch.report.page import hash_source, stylesheet, templates_of

MOST_PLOTS = 36
"""Plots over time that a page shows; a reader of more wants fewer scores on a page."""


def render_curves(scores: Sequence[tuple[str, Score]]) -> str:
    """Return the page of labelled scores; the same scores give the same text.

    Every figure of a curve stands in a table beside it. The ladder is drawn where scores of one scenario carry
    different rungs in `world`.
    """
    over_time = delays(scores)
    style = stylesheet("stillwatch.report", "style.css") + stylesheet("stillwatch.range.curves", "curves.css")
    return _page().render(
        scores=scores,
        version=__version__,
        sheets=sheets(scores),
        over_time=over_time[:MOST_PLOTS],
        left_out=max(len(over_time) - MOST_PLOTS, 0),
        rungs=ladder(scores),
        calibrations=calibrations(scores),
        reliability=reliability(scores),
        means=mean_rows(scores),
        kinds=lookalikes(scores),
        mixed=sum(len(s.calibration.mixed) for _, s in scores if s.calibration),
        plot=plot,
        style=Markup(style),
        style_hash=hash_source(style),
    )


_FILTERS = (
    said.percent, said.ends, said.span, said.called, figures.hits_of, said.per_many, said.scenario_of, said.rungs_of,
    wording.brief, wording.shown, wording.count,
)  # fmt: skip


@functools.cache
def _page() -> Template:
    return templates_of("stillwatch.range.curves", _FILTERS).get_template("curves.html.j2")
