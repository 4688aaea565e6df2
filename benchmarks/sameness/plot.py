"""The power curve as SVG, written as text, legible on light and dark ground."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.people.plot import ticks
from benchmarks.sameness.power import Power

WIDTH, HEIGHT = 560, 290
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 28, 38
COLOURS = ("#bf5b04", "#0b6bcb", "#2d7d46", "#8250df")
_STYLE = """\
text{font:12px sans-serif;fill:#57606a}
.axis{stroke:#8c959f;stroke-width:1;fill:none}
.grid{stroke:#8c959f;stroke-width:.5;opacity:.35}
.curve{stroke-width:2.5;fill:none}
@media (prefers-color-scheme:dark){text{fill:#b1bac4}}"""


def drawn(powers: Sequence[Power], title: str, share: Callable[[Power], float]) -> str:
    """Return the SVG of one share by exchanges of an account, a curve for each number of accounts."""
    sizes = sorted({power.members for power in powers})
    ends = min(p.exchanges for p in powers), max(p.exchanges for p in powers)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{title}</title>",
        f"<style>{_STYLE}</style>",
        *_frame(ends),
    ]
    for place, (size, colour) in enumerate(zip(sizes, COLOURS, strict=False)):
        mine = sorted((p for p in powers if p.members == size), key=lambda p: p.exchanges)
        points = " ".join(f"{_across(p.exchanges, ends):.1f},{_up(share(p)):.1f}" for p in mine)
        lines.append(f'<polyline class="curve" stroke="{colour}" points="{points}"/>')
        start = LEFT + 10 + 125 * place
        lines.append(f'<path class="curve" stroke="{colour}" d="M{start} 14h24"/>')
        lines.append(f'<text x="{start + 30}" y="18">{size} accounts</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def _across(exchanges: float, ends: tuple[float, float]) -> float:
    return LEFT + float(np.log(exchanges / ends[0]) / np.log(ends[1] / ends[0])) * (WIDTH - LEFT - RIGHT)


def _up(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _frame(ends: tuple[float, float]) -> list[str]:
    lines = [f'<path class="axis" d="M{LEFT} {TOP}V{_up(0):.1f}H{WIDTH - RIGHT}"/>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        lines.append(f'<path class="grid" d="M{LEFT} {_up(share):.1f}H{WIDTH - RIGHT}"/>')
        lines.append(f'<text x="{LEFT - 6}" y="{_up(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    for tick in ticks(ends, log=True):
        place = _across(tick, ends)
        lines.append(f'<path class="grid" d="M{place:.1f} {TOP}V{_up(0):.1f}"/>')
        lines.append(f'<text x="{place:.1f}" y="{_up(0) + 15:.1f}" text-anchor="middle">{tick:,g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines.append(f'<text x="{middle:.0f}" y="{HEIGHT - 6}" text-anchor="middle">exchanges of an account</text>')
    return lines
