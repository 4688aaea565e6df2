"""How numbers, times and other people's text are written, the same in every report.

Ids of accounts and exchanges are chosen by whoever is looked at: `shown` makes visible what would hide, reorder or
command (bidirectional controls, zero-width characters, terminal escapes), and `brief` keeps a long one from taking
the page. Neither escapes for HTML or for a terminal's markup; the templates and `terminal` do.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from stillwatch.config import Weights
from stillwatch.findings import Evidence, Family, Member, Number, Part, Question, VerdictKind
from stillwatch.report.result import Group

BRIEF = 40
"""Characters of an id that are shown; the middle of a longer one is left out."""
VALUE = 80
"""Characters of a value that are shown inside a statement or beside its name."""
_HIDING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SMALLEST = 1e-300
PLAIN = 0.001
"""A probability from here up is written in full."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a group is called, how one and many of them are counted, and what is meant by it."""

    name: str
    one: str
    many: str
    meaning: str


VERDICTS: Mapping[VerdictKind | None, Verdict] = {
    VerdictKind.DISTILLATION: Verdict(
        "distillation campaign",
        "distillation campaign",
        "distillation campaigns",
        "The accounts act as one operator, and what they ask for is what training data is made from. "
        "It does not say that a model was trained, or whose.",
    ),
    VerdictKind.POOLED_ACCESS: Verdict(
        "pooled access",
        "case of pooled access",
        "cases of pooled access",
        "The accounts are one pool through which many people reach the model. Most people behind a relay are ordinary "
        "users: this is a question of terms, not of distillation.",
    ),
    VerdictKind.COORDINATED: Verdict(
        "coordinated group",
        "coordinated group",
        "coordinated groups",
        "The accounts act as one operator who hides it. Nothing shows that they harvest the model.",
    ),
    None: Verdict("not accused", "group", "groups", "The group was tested and is not accused."),
}
QUESTIONS: Mapping[Question, tuple[str, str]] = {
    Question.COORDINATION: ("coordination", "Is it one operator?"),
    Question.EXTRACTION: ("extraction", "Is it harvesting?"),
    Question.DECEPTION: ("deception", "Is it deceiving?"),
    Question.INNOCENCE: ("counter-evidence", "What else could it be?"),
}


MARKS: Mapping[str, str] = {
    "payment_id": "payment instrument",
    "device_id": "device",
    "signup_ip": "address at sign-up",
    "system": "system prompt",
    "system_head": "first words of the system prompt",
    "head": "first words of prompts",
    "tail": "last words of prompts",
    "shingle": "passages of prompts",
}
"""What two accounts can share, in a reader's words."""


def mark(kind: str) -> str:
    """Return what a kind of mark is; one without words is named by its id."""
    return MARKS.get(kind) or shown(kind.replace("_", " "))


def shown(text: str) -> str:
    """Return `text` with every character that is not seen written as `\\u{…}`."""
    return "".join(f"\\u{{{ord(c):04X}}}" if unicodedata.category(c) in _HIDING else c for c in text)


def brief(text: str, width: int = BRIEF) -> str:
    """Return `shown(text)` with the middle left out when it is longer than `width` characters."""
    whole = shown(text)
    if len(whole) <= width:
        return whole
    tail = width // 3
    return f"{whole[: width - tail - 1]}…{whole[-tail:]}"


def upperfirst(text: str) -> str:
    """Return `text` as the beginning of a sentence; the rest of it stays as it is."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Return a statement, which is kept as a clause, as a sentence."""
    whole = upperfirst(shown(text).strip())
    return whole if not whole or whole[-1] in ".!?…" else f"{whole}."


def sql(text: str) -> str:
    """Return a query as it can be copied: lines and tabs kept, anything else that is not seen made visible."""
    return "\n".join("\t".join(shown(part) for part in line.split("\t")) for line in text.split("\n"))


def bits(value: float) -> str:
    """Return a signed number of bits; what rounds to nothing is `0`."""
    rounded = round(value, 1)
    if rounded == 0:
        return "0"
    return f"+{rounded:,.1f}" if rounded > 0 else f"−{-rounded:,.1f}"


def probability(value: float | None) -> str:
    """Return a p or q value; a tiny one as a power of ten."""
    if value is None:
        return "not stated"
    if value < _SMALLEST:
        return "<\u00a010⁻³⁰⁰"
    if value >= PLAIN:
        return f"{value:.3f}"
    exponent = math.floor(math.log10(value))
    mantissa = f"{value / 10.0**exponent:.1f}"
    if mantissa == "10.0":
        mantissa, exponent = "1.0", exponent + 1
    return f"{mantissa}\u00a0×\u00a010{str(exponent).translate(_SUPERSCRIPT)}"


def applied(weights: Weights) -> str:
    """Return which weights were applied in place of those of the table."""
    return f"weights: {shown(weights.file)}, sha256 {shown(weights.sha256)}"


def count(value: int, one: str = "", many: str = "") -> str:
    """Return a number with separators, and the noun that goes with it when one is given."""
    number = f"{value:,}"
    return number if not one else f"{number} {one if value == 1 else many or one + 's'}"


def number(value: Number | bool) -> str:
    """Return one of the values that a piece of evidence used."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 10_000 or not math.isfinite(value) else f"{value:,.0f}"
    return brief(value, VALUE)


def instant(microseconds: int) -> dt.datetime:
    """Return the moment that many microseconds after 1970 began."""
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=microseconds)


def span(hours: int) -> str:
    """Return the width of a bar of the timeline."""
    if hours % 24 == 0:
        return "day" if hours == 24 else f"{hours // 24:,} days"
    return "hour" if hours == 1 else f"{hours} hours"


def day(moment: dt.datetime) -> str:
    """Return the day, as `1 Jul 2026`."""
    return f"{short_day(moment)}\u00a0{moment.year}"


def short_day(moment: dt.datetime) -> str:
    """Return the day without its year."""
    return f"{moment.day}\u00a0{_MONTHS[moment.month - 1]}"


def moment(at: dt.datetime) -> str:
    """Return the minute, as `1 Jul 2026 00:10`; all times are UTC."""
    return f"{day(at)} {at:%H:%M}"


def iso(text: str) -> str:
    """Return a moment that was written in ISO 8601, UTC unless it says; text that is none stays as it is."""
    try:
        at = dt.datetime.fromisoformat(text)
        return moment(at.astimezone(dt.UTC) if at.tzinfo else at)
    except (ValueError, OverflowError):
        return shown(text)


def window(first: dt.datetime, last: dt.datetime) -> str:
    """Return a span of time, its year said once when that is enough."""
    if first.date() == last.date():
        return f"{day(first)}, {first:%H:%M} – {last:%H:%M}"
    head = short_day(first) if first.year == last.year else day(first)
    return f"{head} {first:%H:%M} – {moment(last)}"


def days(first: dt.datetime, last: dt.datetime) -> str:
    """Return a span of time in days, as `1 Jul – 21 Jul 2026`."""
    if first.date() == last.date():
        return day(first)
    return f"{short_day(first) if first.year == last.year else day(first)} – {day(last)}"


def duration(first: dt.datetime, last: dt.datetime) -> str:
    """Return how long a span is, in the unit that fits."""
    seconds = (last - first).total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f}\u00a0{unit}s"
    return f"{seconds:,.0f} seconds"


def seconds(value: float) -> str:
    """Return a stage's time."""
    return f"{value:,.2f} s" if value < 100 else f"{value:,.0f} s"


def strongest(group: Group) -> tuple[Evidence, ...]:
    """Return the evidence that a verdict stands on first: at most one piece for each of its two grounds."""
    speaking = sorted((e for e in group.evidence if e.bits > 0), key=lambda e: (-e.bits, e.kind))
    relay = [e for e in speaking if e.family is Family.RELAY]
    by_question = {q: [e for e in speaking if e.question is q] for q in Question}
    grounds: Mapping[VerdictKind | None, tuple[list[Evidence], ...]] = {
        VerdictKind.DISTILLATION: (by_question[Question.COORDINATION], by_question[Question.EXTRACTION]),
        VerdictKind.POOLED_ACCESS: (relay, [e for e in by_question[Question.COORDINATION] if e not in relay]),
        VerdictKind.COORDINATED: (by_question[Question.COORDINATION], by_question[Question.DECEPTION]),
        None: (speaking,),
    }
    return tuple(ground[0] for ground in grounds[group.verdict] if ground)


def untested(evidence: Evidence) -> bool:
    """Whether this is *no evidence*: there was not enough data to test anything."""
    return evidence.p_value is None and evidence.bits == 0


def speaks(evidence: Evidence) -> bool:
    """Whether evidence found what it looks for, be it against the group or for it."""
    return evidence.bits < 0 if evidence.question is Question.INNOCENCE else evidence.bits > 0


def told_apart(group: Group) -> str:
    """Return which part of the members' exchanges carries the campaign's texts, and whose the rest is; empty when there
    is nothing to tell by."""
    if group.carrying is None:
        return ""
    carrying, exchanges = group.carrying
    rest = "" if carrying == exchanges else "; the rest may be other people’s"
    text = f"{share(carrying, exchanges)} of its members’ {count(exchanges, 'exchange')} carry a text of its own{rest}."
    if not group.end_users:
        return text
    of = {part: sum(user.part is part for user in group.end_users) for part in Part}
    return (
        f"{text} Of {count(len(group.end_users), 'end user')} whom they name, {of[Part.HARVEST]:,} harvest,"
        f" {of[Part.CUSTOMER]:,} are customers who have no part in it, and {of[Part.UNCLEAR]:,} sent too little to say."
    )


def regrown(group: Group) -> str:
    """Return which earlier campaign a group came back from, and what says so."""
    return f"regrown from {shown(group.regrown_from)}: {shown(group.regrown)}"


def carries(member: Member) -> str:
    """Return which share of a member's exchanges carries a text of the campaign; empty when not known."""
    if member.carrying is None or member.exchanges is None:
        return ""
    return share(member.carrying, member.exchanges)


def share(part: int, whole: int) -> str:
    """Return a share in percent; only nothing is 0 % and only all of it 100 %."""
    percent = round(100 * part / max(whole, 1))
    return f"{min(max(percent, int(part > 0)), 100 if part == whole else 99)} %"


def families(group: Group) -> list[str]:
    """Return the families whose evidence speaks against a group, strongest first."""
    sums: dict[str, float] = {}
    for evidence in group.evidence:
        if evidence.bits > 0 and evidence.question is not Question.INNOCENCE:
            sums[evidence.family] = sums.get(evidence.family, 0.0) + evidence.bits
    return sorted(sums, key=lambda name: (-sums[name], name))


def sentence_list(names: list[str]) -> str:
    """Return names as a reader would say them: `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def headline(campaigns: tuple[Group, ...]) -> str:
    """Return what was found, as a sentence."""
    if not campaigns:
        return "No campaign found."
    parts = []
    for kind in VerdictKind:
        found = sum(1 for group in campaigns if group.verdict is kind)
        if found:
            parts.append(count(found, VERDICTS[kind].one, VERDICTS[kind].many))
    return f"{upperfirst(sentence_list(parts))}."
