"""How figures of a score are written, the same in a terminal and on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stillwatch.range.scoring.figures import Figure

_DAYS = 72
"""Hours from which a span is told in days."""


def percent(share: float) -> str:
    """Return a share as per cent; only none is 0 and only all is 100."""
    if share in (0.0, 1.0):
        return f"{share:.0%}".replace("%", " %")
    value = 100 * share
    for digits in (1, 2, 3):
        if 0 < float(f"{value:.{digits}f}") < 100:
            return f"{value:.{digits}f} %"
    return "< 0.001 %" if value < 50 else "> 99.999 %"


def ends(figure: Figure) -> str:
    """Return the interval of a share in per cent, without the unit; one value when both ends are the same."""
    low, high = (percent(value).removesuffix(" %") for value in (figure.low, figure.high))
    return low if low == high else f"{low}-{high}"


def span(hours: Figure) -> str:
    """Return the bracket of a delay in the unit that fits."""
    if hours.high >= _DAYS:
        return f"{hours.low / 24:.1f}-{hours.high / 24:.1f} d"
    return f"{hours.low:.0f}-{hours.high:.0f} h"


def per_many(figure: Figure) -> str:
    """Return a number of accounts per 100,000 with its interval."""
    return f"{figure.estimate:,.1f} ({figure.low:,.0f} to {figure.high:,.0f})"


def called(verdicts: tuple[str, ...]) -> str:
    """Return what a group was called, each verdict once."""
    return ", ".join(dict.fromkeys(verdict.replace("_", " ") for verdict in verdicts)) or "nothing"


def scenario_of(world: Mapping[str, Any]) -> str:
    """Return the name of the scenario that a world was built from."""
    return str(world.get("scenario") or world.get("name") or "a world")


def rungs_of(world: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the rungs of the evasion ladder that a world was built with."""
    rungs = world.get("rungs")
    return tuple(map(str, rungs)) if isinstance(rungs, list) else ()
