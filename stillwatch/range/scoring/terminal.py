"""A score as one table for a terminal of 100 columns or more: campaigns and relays, then everybody who did nothing.

Intervals stand under their figures, in plain ASCII, and everything is `Text`, never markup: see `report/terminal.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stillwatch.range.scoring.calibration import Calibration
from stillwatch.range.scoring.detection import EXPECTED, Detection
from stillwatch.range.scoring.figures import Figure, hits_of
from stillwatch.range.scoring.groups import GroupScore
from stillwatch.range.scoring.innocents import KindScore
from stillwatch.range.scoring.score import Score
from stillwatch.range.scoring.wording import called, ends, per_many, percent, rungs_of, scenario_of, span
from stillwatch.report.wording import brief, count

_WRONG = "dark_orange"
_NOTHING = "-"
_NAME = 22
"""Characters of a name that are shown."""
_COLUMNS = (
    ("accounts", "right"),
    ("named", "right"),
    ("right", "right"),
    ("exchanges", "right"),
    ("after", "right"),
    ("leaked", "right"),
    ("called", "left"),
)
_LEGEND = (
    "named: share of the accounts present in a campaign, of campaigns and relays with the right verdict; right: share "
    "of the members named with it that are its own; exchanges: as named, of what was harvested; after, leaked: from "
    "the first harvest to the alarm. Below each share its 95 % interval."
)


def score_table(score: Score) -> RenderableType:
    """Return a score for a terminal: one table, and under it what it adds up to."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("population", no_wrap=True)
    for name, side in _COLUMNS:
        table.add_column(name, justify="right" if side == "right" else "left", no_wrap=side == "right")
    for group in (g for g in score.groups if g.kind in EXPECTED):
        table.add_row(*_guilty(group))
    table.add_section()
    for kind in score.kinds:
        table.add_row(*_lookalike(kind))
    lines = [Text(line) for line in _sums(score)]
    notes = [Text(f"Note: {note}.", style="dim") for note in score.notes]
    return Group(Text(_head(score), style="bold"), table, *lines, *notes, Text(_LEGEND, style="dim"))


def _head(score: Score) -> str:
    seed = f", seed {score.world['seed']}" if "seed" in score.world else ""
    rungs = rungs_of(score.world)
    evading = f", evading by {', '.join(map(brief, rungs))}" if rungs else ""
    exchanges = "" if score.exchanges is None else f", {count(score.exchanges, 'exchange')}"
    return brief(scenario_of(score.world)) + f"{seed}{evading}: {count(score.accounts, 'account')}{exchanges}"


def _guilty(group: GroupScore) -> Iterable[Text]:
    accounts, exchanges, found = group.over_accounts, group.over_exchanges, group.detection
    yield Text.assemble((brief(group.group_id, _NAME), "bold"), "\n", (group.kind, "dim"))
    yield Text(f"{group.present:,}")
    yield _share(accounts.recall if accounts else None)
    yield _share(accounts.precision if accounts else None)
    yield _share(exchanges.recall if exchanges else None)
    yield _after(found)
    yield _leaked(found)
    yield Text(called(group.verdicts), style="" if group.as_expected else _WRONG)


def _lookalike(kind: KindScore) -> Iterable[Text]:
    accused = kind.groups_accused
    hits = 0 if accused is None else hits_of(accused)
    yield Text(brief(kind.kind, _NAME))
    yield Text(f"{kind.accounts:,}")
    figure = kind.accounts_accused
    yield Text(_NOTHING if figure is None else percent(figure.estimate), style=_WRONG if hits else "")
    yield from [Text()] * 4
    if hits:
        yield Text(f"{hits} of {kind.groups} accused", style=_WRONG)
    else:
        yield Text("nothing" + (f", {kind.groups} groups" if kind.groups > 1 else ""), style="dim")


def _share(figure: Figure | None) -> Text:
    if figure is None:
        return Text(_NOTHING, style="dim")
    return Text.assemble(percent(figure.estimate), "\n", (ends(figure), "dim"))


def _after(found: Detection | None) -> Text:
    if found is None or (found.detected and found.hours is None):
        return Text("not known", style="dim")
    if found.hours is None:
        return Text("never", style=_WRONG)
    said = span(found.hours)
    return Text(said if found.kept else f"{said}\nlost again", style="" if found.kept else _WRONG)


def _leaked(found: Detection | None) -> Text:
    figure = found.leaked if found else None
    if figure is None:
        return Text(_NOTHING, style="dim")
    return Text(f"{ends(figure)} %")


def _sums(score: Score) -> Iterable[str]:
    wrong = score.innocents
    if wrong.accused is not None:
        yield (
            f"Innocent accounts accused: {wrong.named:,} of {wrong.accounts:,}, {per_many(wrong.accused)} per 100,000"
            + (f"; of ordinary ones {per_many(wrong.ordinary)}." if wrong.ordinary else ".")
        )
    if wrong.lookalikes is not None:
        yield f"Look-alike groups accused: {_of(wrong.lookalikes)}."
    if score.relays.groups is not None and score.relays.accounts is not None:
        yield f"Relays called distillation: {_of(score.relays.groups)}; of their accounts {_of(score.relays.accounts)}."
    if score.calibration is not None:
        yield _calibrated(score.calibration)


def _calibrated(found: Calibration) -> str:
    groups = ", ".join(f"{nature} {n:,}" for nature, n in found.groups.items())
    named = next((p.innocent for p in found.q if p.x == 0.05), None)
    tail = f"; innocent ones with q <= 0.05: {_of(named)}" if named else ""
    return f"Groups tested: {groups}{tail}."


def _of(figure: Figure) -> str:
    return f"{hits_of(figure):,} of {figure.n:,} ({percent(figure.low)} to {percent(figure.high)})"
