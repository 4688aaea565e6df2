"""A curve as SVG, written as text: real against fitted distribution function, legible on light and dark ground."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import numpy as np

from benchmarks.people import F64
from benchmarks.people.quantities import Curve

WIDTH, HEIGHT = 560, 250
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 28, 38
POINTS = np.linspace(0.01, 0.99, 30)
"""Quantiles that are drawn of each of the two samples."""
_STYLE = """\
text{font:12px sans-serif;fill:#57606a}
.axis{stroke:#8c959f;stroke-width:1;fill:none}
.grid{stroke:#8c959f;stroke-width:.5;opacity:.35}
.real{stroke:#bf5b04;stroke-width:2.5;fill:none}
.fitted{stroke:#0b6bcb;stroke-width:2.5;fill:none;stroke-dasharray:6 4}
@media (prefers-color-scheme:dark){text{fill:#b1bac4}.real{stroke:#f0a04b}.fitted{stroke:#6cb6ff}}"""


def drawn(curve: Curve) -> str:
    """Return the SVG of `curve`: both distribution functions through the quantiles `POINTS`."""
    real, fitted = (np.quantile(sample, POINTS) for sample in (curve.real, curve.drawn))
    ends = (float(min(real[0], fitted[0])), float(max(real[-1], fitted[-1])))
    across = _scale(ends, curve.log)
    title = f"{curve.name}: share of values below, real (solid) and fitted (dashed)"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        *_frame(ends, across, curve),
        _line("real", real, across),
        _line("fitted", fitted, across),
        *_legend(),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _scale(ends: tuple[float, float], log: bool) -> Callable[[float], float]:
    low, high = (float(np.log(e)) if log else e for e in ends)

    def across(value: float) -> float:
        place = float(np.log(value)) if log else value
        return LEFT + (place - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    return across


def _up(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _line(kind: str, at: F64, across: Callable[[float], float]) -> str:
    points = " ".join(f"{across(float(x)):.1f},{_up(float(p)):.1f}" for x, p in zip(at, POINTS, strict=True))
    return f'<polyline class="{kind}" points="{points}"/>'


def _frame(ends: tuple[float, float], across: Callable[[float], float], curve: Curve) -> list[str]:
    floor = _up(0.0)
    lines = [f'<path class="axis" d="M{LEFT} {TOP}V{floor:.1f}H{WIDTH - RIGHT}"/>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        lines.append(f'<path class="grid" d="M{LEFT} {_up(share):.1f}H{WIDTH - RIGHT}"/>')
        lines.append(f'<text x="{LEFT - 6}" y="{_up(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    for tick in ticks(ends, curve.log):
        place = across(tick)
        lines.append(f'<path class="grid" d="M{place:.1f} {TOP}V{floor:.1f}"/>')
        lines.append(f'<text x="{place:.1f}" y="{floor + 15:.1f}" text-anchor="middle">{tick:,g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines.append(f'<text x="{middle:.0f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(curve.unit)}</text>')
    return lines


def ticks(ends: tuple[float, float], log: bool) -> list[float]:
    """Return at most eight round values between the two `ends`."""
    low, high = ends
    if not log:
        return [round(t, 1) for t in np.arange(np.ceil(low * 5), high * 5 + 1e-9) / 5]
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [float(f"{step}e{power}") for power in powers for step in steps]
        inside = [tick for tick in found if low <= tick <= high]
        if len(inside) <= 8:
            return inside
    return inside[::2]


def _legend() -> list[str]:
    lines = []
    for place, kind, words in ((LEFT + 10, "real", "real, held out"), (LEFT + 150, "fitted", "fitted")):
        lines.append(f'<path class="{kind}" d="M{place} 14h28"/>')
        lines.append(f'<text x="{place + 34}" y="18">{words}</text>')
    return lines
