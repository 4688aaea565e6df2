"""What the range can build, as tables for people and as values for machines."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from stillwatch.range.campaigns import LADDER
from stillwatch.range.populations import POPULATIONS
from stillwatch.range.scenarios import SCENARIOS, Scenario

_SCENARIO = ("name", "exchanges", "accounts", "days", "a day", "innocents", "what")


def listing_json() -> dict[str, Any]:
    """Return scenarios, populations and rungs as values of JSON."""
    return {
        "scenarios": [
            {
                "name": scenario.name,
                "about": scenario.about,
                "days": scenario.days,
                "innocents": scenario.innocents,
                "campaigns": [
                    {
                        "id": campaign.id,
                        "accounts": campaign.accounts,
                        "exchanges": campaign.exchanges,
                        "disclosed": list(campaign.disclosed),
                        "assumed": list(campaign.assumed),
                    }
                    for campaign in scenario.campaigns
                ],
            }
            for scenario in SCENARIOS
        ],
        "populations": [
            {"name": p.name, "kind": p.kind, "share": p.share, "load": p.load, "hard": p.hard} for p in POPULATIONS
        ],
        "rungs": [{"id": rung.id, "changes": rung.changes, "cost": rung.cost} for rung in LADDER],
    }


def listing_view() -> RenderableType:
    """Return three tables: scenarios, populations, rungs."""
    return Group(_scenarios(), "", _populations(), "", _rungs())


def _scenarios() -> Table:
    table = _table("Scenarios", _SCENARIO, numbers=(1, 2, 3, 4, 5))
    for scenario in SCENARIOS:
        table.add_row(*_scenario(scenario))
    return table


def _scenario(scenario: Scenario) -> tuple[str, ...]:
    exchanges = sum(campaign.exchanges for campaign in scenario.campaigns)
    accounts = sum(campaign.accounts for campaign in scenario.campaigns)
    load = ", ".join(f"{campaign.a_day or campaign.load():.0f}" for campaign in scenario.campaigns) or "-"
    ratio = f"{scenario.innocents:g} : 1" if scenario.campaigns else f"{scenario.innocents:,.0f}"
    return scenario.name, f"{exchanges:,}", f"{accounts:,}", str(scenario.days), load, ratio, scenario.about


def _populations() -> Table:
    table = _table("Innocent populations", ("name", "share", "a day", "what makes it hard"), numbers=(1, 2))
    for p in POPULATIONS:
        table.add_row(p.name, f"{100 * p.share:.1f} %", f"{p.load:.1f}", p.hard)
    return table


def _rungs() -> Table:
    table = _table("Evasion ladder", ("rung", "what the operator changes", "what it costs"), numbers=())
    for rung in LADDER:
        table.add_row(rung.id, rung.changes, rung.cost)
    return table


def _table(title: str, columns: tuple[str, ...], *, numbers: tuple[int, ...]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for k, name in enumerate(columns):
        table.add_column(name, justify="right" if k in numbers else "left", no_wrap=k == 0)
    return table
