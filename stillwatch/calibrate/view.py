"""A proposal in a terminal: what the labels say, each changed number, what it would change, and that nothing is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stillwatch.calibrate.fit import INTERVAL, Answer, Estimate
from stillwatch.calibrate.labels import Label
from stillwatch.calibrate.proposal import Change, Proposal
from stillwatch.report import wording
from stillwatch.trials import Effect
from stillwatch.trials.effect import Found

_MOST = 20
"""Changed groups that are listed; the file has all."""


def proposal_view(proposal: Proposal, effects: Sequence[Effect]) -> RenderableType:
    """Return what the labels say and what the proposed numbers would change."""
    labels = proposal.labels
    told = ", ".join(f"{labels.count(label)} {_words(label)}" for label in Label)
    parts: list[RenderableType] = [
        Text(f"{told}; {wording.count(proposal.groups, 'group')} in {wording.count(len(proposal.scans), 'scan')}.")
    ]
    parts += [Text(_said(one)) for one in proposal.answers]
    if proposal.changed:
        parts += ["", _estimates(proposal.changed), *_changes(proposal), *_range(effects)]
    parts += ["", Text("Nothing was applied." + (_HOW if proposal.changed else " No change is proposed."))]
    return Group(*parts)


_HOW = " Whoever decides to apply it: stillwatch scan --weights FILE, with the file that `--out` writes."


def _said(one: Answer) -> str:
    wrong = f" Judged wrong: {one.wrong[0]}; each left out in turn, {one.wrong[1]}." if one.wrong else ""
    return f"{wording.upperfirst(one.asked.name)}: {one.yes} yes, {one.no} no; {one.said}.{wrong}"


def _estimates(changed: Iterable[Estimate]) -> Table:
    table = _table("number", "today", "proposed", f"{INTERVAL:.0%} interval", "speaks in labelled groups", numbers=3)
    for e in changed:
        speaks = ", ".join(f"{count} {_words(label)}" for label, count in e.speaks.items() if count) or "none"
        interval = f"{e.low:.1f} to {e.high:.1f}"
        table.add_row(e.name.replace("_", " "), f"{e.today:g}", f"{e.proposed:g}", interval, speaks)
    return table


def _changes(proposal: Proposal) -> Iterator[RenderableType]:
    yield ""
    if not proposal.changes:
        yield Text("No group of these scans would get another verdict.")
        return
    yield Text(f"{wording.count(len(proposal.changes), 'group')} of these scans would get another verdict:")
    table = _table("group", "scan", "label", "accounts", "today", "proposed", numbers=0)
    for change in proposal.changes[:_MOST]:
        table.add_row(*_change(change))
    yield table
    if len(proposal.changes) > _MOST:
        yield Text(f"{len(proposal.changes) - _MOST:,} more in the file")


def _change(change: Change) -> tuple[str, ...]:
    group = change.group
    label = "-" if group.label is None else _words(group.label)
    verdicts = (wording.VERDICTS[verdict].name for verdict in (change.before, change.after))
    return (wording.brief(group.group_id, 24), wording.brief(group.scan, 24), label, f"{group.accounts:,}", *verdicts)


def _range(effects: Sequence[Effect]) -> Iterator[RenderableType]:
    if not effects:
        return
    yield ""
    yield Text("On the range, as it is and with the proposal:")
    table = _table("case", "campaigns called right", "accounts found", "relays", "look-alikes", "innocents", numbers=0)
    for effect in effects:
        pairs = zip(_found(effect.before), _found(effect.after), strict=True)
        table.add_row(effect.case.id, *(one if one == other else f"{one} > {other}" for one, other in pairs))
    yield table
    yield Text("relays, look-alikes, innocents: how many are accused of what they are not", style="dim")


def _found(found: Found) -> tuple[str, ...]:
    return (
        f"{found.called}/{found.campaigns}",
        "-" if found.recall is None else f"{found.recall:.1%}",
        f"{found.relays_accused}",
        f"{found.lookalikes_accused}",
        f"{found.innocents_accused}/{found.innocents:,}",
    )


def _words(label: Label) -> str:
    return label.replace("_", " ")


def _table(*heads: str, numbers: int) -> Table:
    """Return an empty table; columns after the first up to `numbers` stand to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if 0 < place < numbers else "left", overflow="fold")
    return table
