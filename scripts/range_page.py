"""Writes `docs/range-catalogue.md` from the scenarios, populations, rungs and cases of the range: `make docs`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path

from stillwatch.range.campaigns import DEMONSTRATION, LADDER, REPORTED, Campaign, Means, Phase, Pool
from stillwatch.range.populations import POPULATIONS
from stillwatch.range.scenarios import SCENARIOS, Scenario
from stillwatch.trials import SETS, Case
from stillwatch.trials.baseline import TOLERANCES
from stillwatch.trials.cases import REPORTING

PAGE = Path(__file__).resolve().parents[1] / "docs" / "range-catalogue.md"

_INTRODUCTION = """# Catalogue of the range

Everything that [the range](concepts/range.md) can play: scenarios, innocent populations, rungs of the evasion ladder, \
and the standard set. `stillwatch range list` shows the first three in a terminal, and with `--json` to a machine.

This page is written by `make docs` from the code.
"""

_SCENARIOS = """## Scenarios

A scenario replays what was reported and accuses nobody: ids are neutral, figures are the accusers' own, and what was \
not disclosed is assumed and says so. Sizes are those of `--scale 1`, of the campaigns alone; *innocents* are the \
exchanges of everybody else for each of theirs. *A day* is the mean of an account on a day on which it works. Below \
the *least scale* so few accounts are left that the campaign is not what it was.
"""

_MEANS = """`letter` and `grader` are those of the demonstration: small, after what was reported of two others. \
*Means* are the fields of `Means` in `stillwatch/range/campaigns/operator.py` that are not as with unrelated people. \
Shares are of the campaign's exchanges, those *on top* are not counted among them; *level* is requests a day against \
other phases.
"""

_POPULATIONS = """## Innocent populations

In every world, unless it is dialled to zero. *Share* is of the innocent exchanges; *a day* is what an account sends \
on average. A population of more accounts than a usual *group* falls into several, of uneven size and each with \
choices of its own; where no size is given it is one group however large. *Least* accounts are there in the smallest \
world. The relay is to be called `pooled_access`, the others nothing.
"""

_LADDER = """## Evasion ladder

`--evade RUNG`, once for each rung. Exchanges and days stay; accounts grow where a rung makes each of them send less. \
The costs are judged from list prices and effort, none is measured.
"""

_SETS = f"""## Standard set

What `stillwatch range run` builds, scans and scores. Text is short throughout. Seeds from {REPORTING} on are for \
reporting: nothing may be fitted on them. The practice sets have others, to look at while working. *History* are days \
of innocent traffic before the campaign begins; *scans* are so many over the world, or one at each of the hours after \
its first harvest.
"""

_TOLERANCES = """## Tolerances

How far a figure may fall behind the saved one before `stillwatch range run` fails. A figure that was there and is \
gone has fallen behind too.
"""


def page() -> str:
    """Return the text of `docs/range-catalogue.md`."""
    played = [_campaign(campaign) for campaign in (*DEMONSTRATION, *REPORTED)]
    sets = [part for name in SETS for part in (f"### {name}\n", _cases(SETS[name]))]
    parts = [_INTRODUCTION, _SCENARIOS, _scenarios(), _MEANS, *played, _POPULATIONS, _populations(), _LADDER,
             _ladder(), _SETS, *sets, _TOLERANCES, _tolerances()]  # fmt: skip
    return "\n".join(parts)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[str] = ()) -> str:
    """Return a table of Markdown; the columns named in `numbers` stand to the right."""
    ruler = ["---:" if head in numbers else "---" for head in heads]
    lines = [" | ".join(cell.replace("|", "\\|") for cell in line) for line in (heads, ruler, *rows)]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def _scenarios() -> str:
    heads = ("scenario", "accounts", "exchanges", "first day", "days", "a day", "innocents", "least scale", "what")
    numbers = ("accounts", "exchanges", "days", "a day", "innocents", "least scale")
    return _table(heads, map(_scenario, SCENARIOS), numbers=numbers)


def _scenario(scenario: Scenario) -> tuple[str, ...]:
    campaigns = scenario.campaigns
    ratio = f"{scenario.innocents:g} : 1" if campaigns else f"{scenario.innocents:,.0f} in all"
    least = max((c.least / c.accounts for c in campaigns), default=None)
    return (
        f"`{scenario.name}`",
        f"{sum(c.accounts for c in campaigns):,}",
        f"{sum(c.exchanges for c in campaigns):,}",
        scenario.start,
        str(scenario.days),
        ", ".join(_load(c) for c in campaigns) or "-",
        ratio,
        "-" if least is None else f"{least:.3g}",
        ", ".join(f"[{c.id}](#{c.id})" for c in campaigns) or scenario.about,
    )


def _load(campaign: Campaign) -> str:
    return f"{campaign.a_day or campaign.load():,.0f}"


def _campaign(campaign: Campaign) -> str:
    asks = "asks for, at first" if any(phase.weights for phase in campaign.phases[1:]) else "asks for"
    facts = [
        (asks, "; ".join(_tactics(campaign))),
        ("phases", "; ".join(_phase(p) for p in campaign.phases) if len(campaign.phases) > 1 else ""),
        ("accounts", "; ".join(_pool(p) for p in campaign.pools) if campaign.pools != (Pool(),) else ""),
        ("means", ", ".join(_means(campaign.means)) or "all as with unrelated people"),
    ]
    lines = [f"- {name}: {text}" for name, text in facts if text]
    lines += [f"- *disclosed*: {text}" for text in campaign.disclosed]
    lines += [f"- *assumed*: {text}" for text in campaign.assumed]
    return f"### {campaign.id}\n\n" + "\n".join(lines) + "\n"


def _tactics(campaign: Campaign) -> Iterator[str]:
    """Yield the tactics with the share that each has on the first day."""
    for tactic, weight in zip(campaign.tactics, campaign.weights(0), strict=True):
        yield f"{tactic.name}, {100 * weight:.0f} %{' on top' if tactic.besides else ''}"


def _phase(phase: Phase) -> str:
    weights = f", tactics {' : '.join(f'{w:g}' for w in phase.weights)}" if phase.weights else ""
    return f"{phase.name} from day {phase.first}, level {phase.level:g}{weights}"


def _pool(pool: Pool) -> str:
    ends = "the end" if pool.ends is None else f"day {pool.ends:.3g}"
    after = ", then banned" if pool.banned else ""
    if pool.turnover:
        after = f", {100 * pool.turnover:g} % of them banned and replaced every day"
    return f"`{pool.role}`, {100 * pool.share:g} %, day {pool.begins:.3g} to {ends}{after}"


def _means(means: Means) -> Iterator[str]:
    usual = Means()
    for name in (field.name for field in fields(Means)):
        if getattr(means, name) != getattr(usual, name):
            yield f"`{name}` {_value(getattr(means, name))}"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(f"{part}" for part in value)
    return f"{value:g}" if isinstance(value, float) else f"{value}".lower()


def _populations() -> str:
    rows = [
        (f"`{p.name}`", f"{100 * p.share:g} %", f"{p.load:.1f}", str(p.size or "-"), str(p.least), p.hard)
        for p in POPULATIONS
    ]
    numbers = ("share", "a day", "group", "least")
    return _table(("population", *numbers, "what makes it hard"), rows, numbers=numbers)


def _ladder() -> str:
    rows = [(f"`{rung.id}`", rung.changes, rung.cost.removeprefix("judged: ")) for rung in LADDER]
    return _table(("rung", "what the operator changes", "what it costs"), rows)


def _cases(cases: Sequence[Case]) -> str:
    heads = ("case", "scenario", "scale", "seed", "innocents", "history", "scans", "rungs", "dials", "log")
    rows = [
        (
            f"`{case.name}`",
            f"`{case.scenario}`",
            f"{case.scale:g}",
            str(case.seed),
            "of the scenario" if case.innocents is None else f"{case.innocents:g} : 1",
            f"{case.history} d" if case.history else "-",
            f"after {', '.join(f'{hours:g}' for hours in case.looks)} h" if case.looks else str(case.cut_offs),
            ", ".join(f"`{name}`" for name in case.rungs) or "-",
            ", ".join(itertools.starmap("`{}={:g}`".format, case.dials.items())) or "-",
            case.shape,
        )
        for case in cases
    ]
    return _table(heads, rows, numbers=("scale", "seed"))


def _tolerances() -> str:
    rows = [
        (f"`{t.figure}`", f"{'rise' if t.worse > 0 else 'fall'} by {t.by:g}" if t.by else "not at all", t.why)
        for t in TOLERANCES
    ]
    return _table(("figure", "may get worse", "why"), rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
