"""Fit what people and services do to public traces, and show fitted against real distributions.

    python -m benchmarks.fit_people [--real FOLDER]

Reads ServeGen, Azure 2023 and Mooncake from the folder of real data, fits every law on a random half and measures it
on the other, and writes the constants below the line "fitted" of `stillwatch/range/fits.py`, the page `docs/people.md`
and its curves `docs/people/*.svg`. The same files give the same constants.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.people import conversations as talk
from benchmarks.people import page, plot
from benchmarks.people import quantities as of
from benchmarks.people.readings import Clients, Talks, Tokens, read_azure, read_clients, read_talks
from stillwatch.range.fits import Lengths, Observed

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"
ROOT = Path(__file__).resolve().parents[1]

Fitted = tuple[str, Any, tuple[of.Curve, ...]]


@dataclass(frozen=True, slots=True)
class Traces:
    """The three files, read."""

    chat: Tokens
    code: Tokens
    clients: Clients
    talks: Talks


def read(real: Path) -> Traces:
    """Return the traces in the folder `real`."""
    return Traces(read_azure(real, "conv"), read_azure(real, "code"), read_clients(real), read_talks(real))


def fit_all(traces: Traces) -> list[Fitted]:
    """Return name, constant and curves of every law, in the order of `fits.py`."""
    tokens = dict(zip(of.LENGTHS, (traces.chat, traces.code, traces.talks.tokens), strict=True))
    lengths = [(wanted.name.upper(), *of.lengths(found, wanted)) for wanted, found in tokens.items()]
    parts = of.periods(traces.clients)
    observed = ("OBSERVED", observe(traces, parts), ())
    return [*lengths, *_clients(traces.clients, parts), *_talks(traces.talks, lengths[-1][1]), observed]


def _clients(clients: Clients, parts: of.Periods) -> Iterator[Fitted]:
    yield "RATES", *of.rates(clients)
    yield "DAY", *of.wobble(parts.days, "day")
    yield "SWING", *of.swing(parts.kappa)
    yield "HABIT", *of.wobble(parts.habit, "habit")
    yield "HOUR", *of.wobble(parts.hours, "hour")
    yield "TEN_MINUTES", *of.wobble(parts.parts, "ten-minutes")
    yield "BURSTS", *of.bursts(clients)


def _talks(talks: Talks, answers: Lengths) -> Iterator[Fitted]:
    rhythm, (brief, lengthy, paused) = talk.rhythm(talks)
    yield "TURNS_BRIEF", rhythm.brief, (brief,)
    yield "TURNS_LENGTHY", rhythm.lengthy, (lengthy,)
    yield "PAUSE", rhythm.pause, (paused,)
    opening, first = talk.openings(talks)
    added, more = talk.additions(talks)
    yield "OPENING", opening, first
    yield "ADDED", added, more
    yield "CACHE", *talk.cache(talks, talk.TalkLaws(opening, added, answers, rhythm))


def observe(traces: Traces, parts: of.Periods) -> Observed:
    """Return what the files say besides the laws."""
    talks = traces.talks
    cached, given = talks.cached, talks.tokens.given
    return Observed(
        clients=len(traces.clients.rate),
        steady=len(traces.clients.counts),
        every_day=round(traces.clients.every_day, 2),
        hour_memory=of.hour_memory(parts.hours),
        tied_chat=of.tied(traces.chat),
        tied_code=of.tied(traces.code),
        tied_long=of.tied(talks.tokens),
        cached=round(float(cached.sum() / given.sum()), 3),
        cached_follow_ups=round(float(cached[talks.follows].sum() / given[talks.follows].sum()), 3),
    )


def main() -> None:
    """Fit, and write the constants, the page and its curves."""
    options = argparse.ArgumentParser(description="Fit what people and services do to public traces.")
    options.add_argument("--real", type=Path, default=REAL, help="folder of the real data")
    fitted = fit_all(read(options.parse_args().real))
    constants = {name: law for name, law, _ in fitted}
    target = ROOT / "stillwatch" / "range" / "fits.py"
    target.write_text(page.with_constants(target.read_text(encoding="utf-8"), constants), encoding="utf-8")
    (ROOT / "docs" / "people.md").write_text(page.page(constants), encoding="utf-8")
    folder = ROOT / "docs" / "people"
    folder.mkdir(exist_ok=True)
    for curve in (c for _, _, curves in fitted for c in curves):
        (folder / f"{curve.name}.svg").write_text(plot.drawn(curve), encoding="utf-8")


if __name__ == "__main__":
    main()
