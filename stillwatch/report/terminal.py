"""What a scan found, in a terminal or a pipe: the campaigns as a table, and one campaign's evidence as a waterfall.

Everything is made of `Text`, never of markup, so that an id that looks like a colour or a terminal command stays what
it is. The renderables fit any width from 60 columns, and use `#` for bars where the output has no block characters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stillwatch.config import Weights
from stillwatch.findings import Evidence, Question
from stillwatch.memory import written
from stillwatch.report import wording
from stillwatch.report.charts import Step, waterfall
from stillwatch.report.kinds import about
from stillwatch.report.result import Group as Accounts
from stillwatch.report.result import Result

_AGAINST, _FOR = "dark_orange", "bright_blue"
_BAR = 16
"""Columns of a bar of the waterfall."""
_MEMBERS = 10
"""Members that are listed; the files have all."""
_EXHIBITS = 3
_INDENT = 4
_WORTH_SAYING = 0.5
"""Share of the memory that a scan might use from which what it used is said."""


def campaign_table(result: Result) -> RenderableType:
    """Return the campaigns as a table with their strongest evidence, under one line that sums up."""
    head = Text(wording.headline(result.campaigns), style="bold")
    if not result.campaigns:
        return Group(head, _looked_at(result))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), expand=False)
    table.add_column("campaign", overflow="fold")
    table.add_column("size", no_wrap=True)
    table.add_column("strongest evidence, in bits", overflow="fold", ratio=1)
    for group in result.campaigns:
        table.add_row(_name(group), _size(group), _grounds(group))
    return Group(head, table, _looked_at(result))


def _name(group: Accounts) -> Text:
    return Text.assemble((wording.brief(group.group_id, 24), "bold"), "\n", wording.VERDICTS[group.verdict].name)


def _size(group: Accounts) -> Text:
    accounts, exchanges = wording.count(group.n_accounts, "account"), wording.count(group.n_exchanges, "exchange")
    return Text(f"{accounts}\n{exchanges}\nq {_probability(group.q_value)}")


def _grounds(group: Accounts) -> Text:
    lines = [_line(evidence) for evidence in wording.strongest(group)]
    return Text("\n").join(lines) if lines else Text("none")


def _line(evidence: Evidence) -> Text:
    style = _AGAINST if evidence.bits > 0 else _FOR
    statement = wording.sentence(evidence.statement)
    return Text.assemble((_bits(evidence.bits), style), " ", about(evidence.kind).title, ": ", statement)


def _looked_at(result: Result) -> Text:
    cleared = wording.count(len(result.cleared), "more group" if result.campaigns else "group")
    parts = [f"{cleared} {'was' if len(result.cleared) == 1 else 'were'} looked at and not accused."]
    if result.scan.customers:
        candidates = wording.count(result.scan.customers, "candidate")
        parts.append(f"{candidates} held declared customers and hardly anybody else.")
    if result.scan.could_not_run:
        kinds = wording.count(len(result.scan.could_not_run), "kind")
        parts.append(f"{kinds} of evidence could not be had from this ledger.")
    weights = result.scan.weights
    return Text(" ".join(parts) + (f"\n{wording.applied(weights)}" if weights else ""))


def memory_line(result: Result) -> str:
    """Return what a scan held in memory, as a line to be added; nothing if it had plenty."""
    memory = result.scan.memory
    if memory is None or (memory.peak < _WORTH_SAYING * memory.limit and not memory.spilled):
        return ""
    disk = f", and {written(memory.spilled)} on disk" if memory.spilled else ""
    return f"\nMemory: at most {written(memory.peak)} of {written(memory.limit)}{disk}"


def explain_campaign(result: Result, group_id: str) -> RenderableType:
    """Return one campaign, or one cleared group, with all its evidence in bits, for and against.

    Raises:
        StillwatchError: the scan knows no such group; names the nearest ids.
    """
    group = result.find(group_id)
    fall = waterfall(group.evidence)
    return Group(
        *_facts(group),
        *([] if result.scan.weights is None else [Text(wording.applied(result.scan.weights))]),
        *(
            part
            for question, steps, total in fall.questions
            for part in _question(question, steps, (total, fall.zero), result.scan.weights)
        ),
        *_unknown(group, result),
        *_members(group),
    )


def _facts(group: Accounts) -> Iterable[RenderableType]:
    verdict = wording.VERDICTS[group.verdict]
    yield Text.assemble((wording.shown(group.group_id), "bold"), "  ", verdict.name)
    yield Text(wording.sentence(group.summary))
    if group.verdict is None:
        yield Text(f"Reason: {wording.sentence(group.reason)}")
    yield Text()
    size = f"{wording.count(group.n_accounts, 'account')}, {wording.count(group.n_exchanges, 'exchange')}"
    window = f"{wording.window(group.first, group.last)} UTC, {wording.duration(group.first, group.last)}"
    yield _fact("observed", f"{size}; {window}")
    if group.n_tested not in (None, group.n_accounts):
        yield _fact("tested", f"on {group.n_tested:,} accounts; who is a member was then decided account by account")
    scores = (f"{wording.QUESTIONS[q][0]} {_bits(getattr(group.scores, q.value))}" for q in Question)
    yield _fact(
        "computed",
        f"{', '.join(scores)} bits; q {_probability(group.q_value)}; families: {', '.join(wording.families(group))}",
    )
    if group.regrown_from:
        yield _fact("before", wording.regrown(group))
    yield _fact("assessed", verdict.meaning)


def _fact(name: str, text: str) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(width=8)
    grid.add_column(ratio=1, overflow="fold")
    grid.add_row(Text(name, style="dim"), Text(_spaces(text)))
    return grid


def _question(
    question: Question, steps: Iterable[Step], place: tuple[float, float], applied: Weights | None
) -> Iterable[RenderableType]:
    """Yield the lines of a question; `place` is its sum in bits and where zero lies in the bars."""
    total, zero = place
    name, asks = wording.QUESTIONS[question]
    yield Text()
    yield Text.assemble((f"{wording.upperfirst(name)}: {asks.lower()}", "bold"), f"  sum {_bits(total)} bits")
    for step in steps:
        yield from _step(step, zero, applied)


def _step(step: Step, zero: float, applied: Weights | None) -> Iterable[RenderableType]:
    evidence = step.evidence
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=26, overflow="ellipsis", no_wrap=True)
    grid.add_column(width=14, overflow="ellipsis", no_wrap=True)
    grid.add_column(width=7, justify="right", no_wrap=True)
    grid.add_column(width=_BAR, no_wrap=True)
    grid.add_row(
        Text(f"{step.number}. {about(evidence.kind).title}"),
        Text(evidence.family, style="dim"),
        Text(_bits(evidence.bits), style=_AGAINST if step.against else _FOR if evidence.bits else ""),
        _Bar(step, zero),
    )
    yield grid
    yield Padding(Text(wording.sentence(evidence.statement)), (0, 0, 0, _INDENT))
    yield Padding(Text(_details(evidence, applied), style="dim"), (0, 0, 0, _INDENT))


def _details(evidence: Evidence, applied: Weights | None) -> str:
    """Return the numbers, the null and the first exhibits of a piece of evidence in one line to be wrapped."""
    parts = [f"null: {wording.shown(evidence.null_model)}; p {_probability(evidence.p_value)}"]
    if weight := about(evidence.kind, applied).weight:
        parts.append(weight)
    if evidence.numbers:
        values = (
            f"{wording.shown(name).replace('_', ' ')} {wording.number(value)}"
            for name, value in evidence.numbers.items()
        )
        parts.append(", ".join(values))
    if evidence.exhibits and wording.speaks(evidence):
        shown = [wording.brief(name) for name in evidence.exhibits[:_EXHIBITS]]
        rest = len(evidence.exhibits) - len(shown)
        parts.append(f"look at {', '.join(shown)}{f' and {rest:,} more' if rest else ''}")
    return _spaces("; ".join(parts))


def _unknown(group: Accounts, result: Result) -> Iterable[RenderableType]:
    silent = [e for e in group.evidence if wording.untested(e)]
    if silent or result.scan.could_not_run:
        yield Text()
        yield Text("Not known", style="bold")
    for evidence in silent:
        yield Padding(Text(f"{about(evidence.kind).title}: {wording.sentence(evidence.statement)}"), (0, 0, 0, _INDENT))
    for item in result.scan.could_not_run:
        line = f"{about(item.evidence).title}: {wording.sentence(item.reason)}"
        yield Padding(Text(line), (0, 0, 0, _INDENT))


def _members(group: Accounts) -> Iterable[RenderableType]:
    if not group.members:
        return
    core = sum(1 for member in group.members if member.core)
    yield Text()
    yield Text.assemble(("Members", "bold"), f"  {core:,} of {len(group.members):,} are core")
    if told := wording.told_apart(group):
        yield Padding(Text(told), (0, 0, 0, _INDENT))
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    for member in group.members[:_MEMBERS]:
        standing = "core" if member.core else "not core"
        carries = wording.carries(member)
        table.add_row(Text(wording.brief(member.account_id)), Text(_bits(member.bits)), Text(standing), Text(carries))
    yield Padding(table, (0, 0, 0, _INDENT))
    if len(group.members) > _MEMBERS:
        yield Padding(Text(f"{len(group.members) - _MEMBERS:,} more in members.parquet"), (0, 0, 0, _INDENT))


@dataclass(frozen=True, slots=True)
class _Bar:
    """One bar of the waterfall: full or `#` against the group, light or `-` for it."""

    step: Step
    zero: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        full, light, axis = "#-|" if options.ascii_only else "█░│"
        cells = [" "] * _BAR
        cells[min(int(self.zero / 100 * _BAR), _BAR - 1)] = axis
        if self.step.evidence.bits:
            begin = min(int(self.step.left / 100 * _BAR), _BAR - 1)
            end = max(begin + 1, round((self.step.left + self.step.width) / 100 * _BAR))
            cells[begin:end] = (full if self.step.against else light) * (end - begin)
        style = _AGAINST if self.step.against else _FOR if self.step.evidence.bits else ""
        yield Text("".join(cells).rstrip(), style=style)


def _probability(value: float | None) -> str:
    """Return a p or q value without the characters that old terminals lack."""
    if value is None:
        return "not stated"
    return f"{value:.3f}" if value >= wording.PLAIN else f"{value:.1e}"


def _bits(value: float) -> str:
    return wording.bits(value).replace("−", "-")


def _spaces(text: str) -> str:
    """Return text whose narrow places may be wrapped."""
    return text.replace("\u00a0", " ")
