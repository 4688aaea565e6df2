"""The report as one HTML file that works offline, without scripts, on paper, by keyboard and by ear.

Everything is autoescaped: ids and statements carry text that the accused chose. The page forbids itself anything from
outside and any script (`Content-Security-Policy`); its one style sheet is named there by its hash.
"""

from __future__ import annotations

import functools

from jinja2 import Template
from markupsafe import Markup, escape

from stillwatch.findings import Question
from stillwatch.report import view, wording
from stillwatch.report.kinds import about
from stillwatch.report.page import hash_source, stylesheet, templates_of
from stillwatch.report.result import Result


def render_html(result: Result) -> str:
    """Return the page of a result; the same result gives the same text."""
    sheets = view.sheets(result)
    limits = view.caps(len(result.campaigns))
    style = stylesheet("stillwatch.report", "style.css")
    return _page().render(
        result=result,
        scan=result.scan,
        sheets=sheets,
        caps=limits,
        cleared=result.cleared[: limits.cleared],
        blind=view.blind_spots(result),
        queries={} if limits.in_place else view.repeated_queries(result),
        style=Markup(style),
        style_hash=hash_source(style),
    )


def prose(text: str) -> Markup:
    """Return a statement as a sentence; what stands in backticks is somebody's value and set apart."""
    parts = wording.sentence(text).split("`")
    if len(parts) % 2 == 0:
        return escape("`".join(parts))
    quoted = Markup("<code><bdi>{}</bdi></code>")
    parts[1::2] = [quoted.format(wording.brief(part, wording.VALUE)) for part in parts[1::2]]
    return Markup("").join(parts)


FILTERS = (
    prose,
    wording.shown,
    wording.upperfirst,
    wording.sentence,
    wording.brief,
    wording.mark,
    wording.sql,
    wording.bits,
    wording.probability,
    wording.count,
    wording.number,
    wording.instant,
    wording.moment,
    wording.iso,
    wording.window,
    wording.days,
    wording.day,
    wording.duration,
    wording.span,
    wording.seconds,
    wording.told_apart,
    wording.carries,
    wording.regrown,
)
"""What the templates may do to a value, by the name of the function."""


@functools.cache
def _page() -> Template:
    environment = templates_of("stillwatch.report", FILTERS)
    environment.tests["speaking"] = wording.speaks
    environment.globals.update(
        QUESTIONS=wording.QUESTIONS,
        VERDICTS=wording.VERDICTS,
        Question=Question,
        families=wording.families,
        speaks=wording.speaks,
        about=about,
        pattern=view.pattern,
        headline=wording.headline,
        sentence_list=wording.sentence_list,
        strongest=wording.strongest,
    )
    return environment.get_template("report.html.j2")
