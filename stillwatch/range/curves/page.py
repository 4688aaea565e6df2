"""The curves as one HTML file that works offline and without scripts, in the dress of the report of a scan."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
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

MOST_PLOTS = 36
"""Plots over time that a page shows; a reader of more wants fewer scores on a page."""


def render_curves(scores: Sequence[tuple[str, Score]]) -> str:
    """Return the page of labelled scores; the same scores give the same text.

    Every figure of a curve stands in a table beside it. The ladder is drawn where scores of one scenario carry
    different rungs in `world`.
    """
    over_time = delays(scores)
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
        style=Markup(_style()),
        style_hash=_style_hash(),
    )


_FILTERS = (
    said.percent, said.ends, said.span, said.called, figures.hits_of, said.per_many, said.scenario_of, said.rungs_of,
    wording.brief, wording.shown, wording.count,
)  # fmt: skip


@functools.cache
def _style() -> str:
    report = resources.files("stillwatch.report").joinpath("templates/style.css")
    own = resources.files("stillwatch.range.curves").joinpath("templates/curves.css")
    return report.read_text(encoding="utf-8") + own.read_text(encoding="utf-8")


def _style_hash() -> str:
    digest = hashlib.sha256(_style().encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@functools.cache
def _page() -> Template:
    environment = Environment(
        loader=PackageLoader("stillwatch.range.curves"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters.update({filter_.__name__: filter_ for filter_ in _FILTERS})
    return environment.get_template("curves.html.j2")
