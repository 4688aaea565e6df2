"""The constants as source, and the page about them: both are text made from the same values."""

from __future__ import annotations

import itertools
import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.people.meaning import CURVES, MEANING, SECTIONS, Section
from stillwatch.range.fits import JUDGED, Fit, Mixture, Turns
from stillwatch.range.laws import turn_shares

MARK = "# fitted\n"
_GLUE = "\0"
"""Stands for a space at which no line may be broken."""
_COLUMNS = "| constant | value | fitted on | misfit | chance | quantiles |"
_HEAD = """\
# People

How often, when and how much the innocent accounts of [the range](concepts/range.md) ask: fitted to public traces, and \
held against the half of them that was not fitted. `python -m benchmarks.fit_people` makes this page, its curves and \
the constants in `stillwatch/range/fits.py` from the files; the same files give the same values. The dashed curves are \
draws of the functions in `stillwatch/range/laws.py`, which the range draws with.

| file | what | licence |
| --- | --- | --- |
| ServeGen (alibaba/ServeGen) | rates of {OBSERVED.clients} API clients of five models, in windows of ten minutes: \
three models over two weeks, two over a day | Apache-2.0 |
| Azure LLM inference trace 2023 (Azure/AzurePublicDataset) | an hour of two services: tokens | CC BY 4.0 |
| Mooncake conversation trace (kvcache-ai/Mooncake) | an hour of an assistant: tokens, hashes of prefixes | Apache-2.0 |

Curves show shares of requests, clients or conversations below a value: 30 quantiles of each sample, none of the data \
themselves. In the tables *misfit* is the largest distance between the two curves (Kolmogorov and Smirnov) on the \
held-out half, and *chance* what an exact fit stays under 19 times in 20 with so many independent units. Where there \
are thousands of units, a law of a few numbers is always further off than chance: what counts is how far. *Quantiles* \
are fitted over real, at 10, 50, 90 and 99 %.
"""
_TAIL = """\
## What is judged

No public trace has one of these. They are `JUDGED` in `stillwatch/range/fits.py`.

| what | value | why |
| --- | ---: | --- |
| requests of each sort of length | {JUDGED.chat:.0%} chat, {JUDGED.code:.0%} code, {JUDGED.long:.0%} long | three \
services of three providers: their traffic says nothing about the mix of one |
| requests a day of a person's account, median | {JUDGED.person_median:g} | no more than the lowest load disclosed of \
a campaign's accounts; the busiest persons are far above |
| spread of persons, sigma of the log | {JUDGED.person_sigma:g} | less than half that of services: a person has a day |
| accounts that are services | {JUDGED.api_share:.1%} | at this share they send a quarter of the traffic |
| requests a day of a service, median | {JUDGED.api_median:g} | far below ServeGen's, which leaves out the small ones |
| most requests a day of a service | {JUDGED.api_most:,.0f} | above it a provider knows its customer |

Together: a median of 2 and a mean of about 4.4 requests a day and account.

## What the data cannot say

- **Persons.** ServeGen's clients are services, Azure's requests have no client at all, Mooncake's have no account. \
That a person's rate, hours and bursts differ in kind from a service's is likely and is not in any of these files.
- **Lives of accounts.** Two weeks is the longest view: nothing on sign-up, growth, silence, or return.
- **What belongs to one account.** How follow-ups, lengths or pauses differ between persons and within one cannot be \
told apart: Mooncake's conversations have no owner.
- **Time of day.** The clock of ServeGen has no zone and no calendar: hours count from its start, and which days are a \
weekend is not said. Shapes are used, not positions.
- **Today.** Azure is of 2023, Mooncake of 2024: agents that call a model a hundred times for one question are hardly \
in either.
- **Joins.** Each law is fitted apart. That a client with long prompts has fewer bursts, or more, is not known.
"""


def with_constants(source: str, constants: Mapping[str, Any]) -> str:
    """Return `source`, that of `fits.py`, with `constants` in place of those below the line "fitted"."""
    head, mark, _ = source.partition(MARK)
    parts = [f'{_assigned(name, value)}\n"""{MEANING[name]}"""\n' for name, value in constants.items()]
    return head + mark + "\n" + "\n".join(parts)


def _assigned(name: str, value: Any) -> str:
    """Return the assignment of `value`, its fields in as few lines as they need."""
    parts = [(f.name, getattr(value, f.name)) for f in fields(value)]
    lines = [f"{name} = {type(value).__name__}("]
    for nested, group in itertools.groupby(parts, key=lambda part: is_dataclass(part[1])):
        for wrapped in [[part] for part in group] if nested else [list(group)]:
            start = f"    {wrapped[0][0]}={type(wrapped[0][1]).__name__}(" if nested else "    "
            words = "    " + " ".join(f"{field}={_literal(v)}," for field, v in wrapped)
            lines += textwrap.wrap(words, 120, subsequent_indent=" " * len(start), break_on_hyphens=False)
    return "\n".join([*lines, ")  # fmt: skip"]).replace(_GLUE, " ")


def _literal(value: Any) -> str:
    """Return `value` as source in which a line may be broken at spaces, and nowhere else."""
    if is_dataclass(value):
        inside = ", ".join(f"{f.name}={_literal(getattr(value, f.name))}" for f in fields(value))
        return f"{type(value).__name__}({inside})"
    text = json.dumps(value) if isinstance(value, str) else repr(value)
    return text.replace(" ", _GLUE)


def page(constants: Mapping[str, Any]) -> str:
    """Return the page in Markdown."""
    names = {name: _Readable(value) for name, value in {**constants, "JUDGED": JUDGED}.items()}
    parts = [_HEAD.format(**names), *(_section(s, constants, names) for s in SECTIONS), _TAIL.format(**names)]
    return "\n".join(parts)


class _Readable(SimpleNamespace):
    """The fields of a constant, for `str.format`."""

    def __init__(self, value: Any) -> None:
        super().__init__(**{f.name: getattr(value, f.name) for f in fields(value)})


def _section(section: Section, constants: Mapping[str, Any], names: Mapping[str, Any]) -> str:
    lines = [f"## {section.heading}\n", section.text.format(**names) + "\n"]
    lines += [
        "| constant | value | fitted on | misfit | chance | quantiles |",
        "| --- | --- | --- | ---: | ---: | --- |",
    ]
    lines += [row for name in section.constants for row in _rows(name, constants[name])]
    lines.append("")
    for name in section.constants:
        lines += [f"{MEANING[name]}\n", *(f"![{curve}](people/{curve}.svg)\n" for curve in CURVES[name])]
    return "\n".join(lines)


def _rows(name: str, law: Any) -> Iterator[str]:
    found = [(f.name, getattr(law, f.name)) for f in fields(law) if isinstance(getattr(law, f.name), Fit)]
    for place, fit in found:
        side = place.removeprefix("fit").strip("_")
        told = {"in": "tokens_in", "out": "tokens_out"}.get(side, "")
        values = _values(law, told)
        label = f"`{name}`" + (f" {told}" if told else "")
        units = f"{fit.rows:,} rows, {fit.units:,} {fit.unit}s"
        quantiles = " · ".join(f"{r:.2f}" for r in fit.ratios)
        yield f"| {label} | {values} | {units} | {fit.ks:.3f} | {fit.chance:.3f} | {quantiles} |"


def _values(law: Any, only: str) -> str:
    """Return the numbers of `law`, or those of its mixture `only` with where its draws are cut."""
    if only:
        most = law.most_in if only == "tokens_in" else law.most_out
        return f"{_mixed(getattr(law, only))}, cut at {most:,}"
    shown = [(f.name, getattr(law, f.name)) for f in fields(law) if f.name != "fit"]
    mean = f", mean {turn_shares(law) @ np.arange(1, law.longest + 1):.2f} turns" if isinstance(law, Turns) else ""
    return ", ".join(_mixed(v) if isinstance(v, Mixture) else f"{n} {v:g}" for n, v in shown) + mean


def _mixed(mixture: Mixture) -> str:
    parts = zip(mixture.shares, mixture.medians, mixture.sigmas, strict=True)
    return "; ".join(f"{share:.1%} about {median:,g} (sigma {sigma:.2f})" for share, median, sigma in parts)
