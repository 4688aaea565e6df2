"""Writes `docs/evidence.md` from the table of evidence and the docstrings of its kinds: `make docs`."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

from stillwatch import evidence
from stillwatch.evidence import EVIDENCE_TABLE, Kind
from stillwatch.evidence.origins import LOOKED_AT, ORIGINS
from stillwatch.findings import Question

PAGE = Path(__file__).resolve().parents[1] / "docs" / "evidence.md"

INTRODUCTION = f"""# Evidence

Every kind is one test of a *group*: its own null model, a p-value, and from it *bits* (log2 of an e-value; p = 0.001 \
is worth 4.4 bits, p = 1 costs one). Bits add up. What each kind may weigh is capped, and a whole family is capped at \
{evidence.FAMILY_CAP:g}, because what fails together must not convict by itself. Bits of innocence are subtracted from \
the same sum. A kind without the data it needs gives *no evidence*: 0 bits, and the reason.

A group is named only with at least {evidence.COORDINATION_NEEDED:g} bits of coordination left after innocence, from \
at least {evidence.FAMILIES_NEEDED} families with {evidence.FAMILY_COUNTS:g} bits each, and if it passes \
[false-discovery control](decisions/0003-e-values.md). It is then a `distillation_campaign` with \
{evidence.EXTRACTION_NEEDED:g} bits of extraction, `pooled_access` with {evidence.RELAY_NEEDED:g} bits of the relay \
family, `coordinated` with {evidence.DECEPTION_NEEDED:g} bits of deception, and otherwise nothing.

Country, language and nationality are not in this list and will not be.

This page is written by `make docs` from the table and the docstrings of its kinds.
"""

_ORIGINS = f"""## Where the numbers come from

*Derived*: it follows from a formula, or from another number here. *Fitted*: a program chose it to fit labelled data. \
*Judged*: a person set it; nobody measured that it is the best one. While judging, these were looked at: \
{"; ".join(LOOKED_AT)}. [`stillwatch calibrate`](calibrate.md) holds the numbers against your own verdicts.
"""

_CONSTANTS = {
    "FAMILY_CAP": "bits that a family may add to a score",
    "FAMILY_COUNTS": "bits from which a family counts",
    "FAMILIES_NEEDED": "families that a verdict needs",
    "COORDINATION_NEEDED": "bits of coordination left after innocence",
    "EXTRACTION_NEEDED": "bits of extraction, for `distillation_campaign`",
    "RELAY_NEEDED": "bits of the relay family, for `pooled_access`",
    "DECEPTION_NEEDED": "bits of deception, for `coordinated`",
    "false_discoveries": "accepted share of false campaigns",
}

_QUESTIONS = {
    Question.COORDINATION: "Is this group one operator?",
    Question.EXTRACTION: "Is it harvesting?",
    Question.DECEPTION: "Is it deceiving?",
    Question.INNOCENCE: "What else could it be?",
}


def page() -> str:
    """Return the text of `docs/evidence.md`."""
    parts = [INTRODUCTION, _overview(), _ORIGINS, _constants()]
    parts += [_section(kind) for kind in EVIDENCE_TABLE]
    return "\n".join(parts)


def _overview() -> str:
    lines = ["| kind | question | family | cap, bits | origin of the cap |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| [{k.kind}](#{k.kind}) | {k.question} | {k.family} | {_cap(k)} | {k.stated.origin} |" for k in EVIDENCE_TABLE
    ]
    return "\n".join(lines) + "\n"


def _constants() -> str:
    lines = ["| number | is | origin |", "| --- | --- | --- |"]
    for name, meaning in _CONSTANTS.items():
        stated = ORIGINS[name]
        lines.append(f"| `{name}` | {stated.value:g} {meaning} | {stated.origin}: {stated.why} |")
    return "\n".join(lines) + "\n"


def _section(kind: Kind) -> str:
    facts = [
        f"*{_QUESTIONS[kind.question]}* Family {kind.family}, {_cap(kind)} bits at most: {kind.reason}. "
        f"Origin of the cap: {kind.stated.origin}, {kind.stated.why}.",
        f"Null: {kind.null}. Test: {_sentence(inspect.getdoc(kind.test) or '')}",
        f"Needs {', '.join(_column(need) for need in kind.needs)}.",
    ]
    return (
        "\n\n".join([f"## {kind.kind}", _prose(inspect.getdoc(sys.modules[kind.test.__module__]) or ""), *facts]) + "\n"
    )


def _cap(kind: Kind) -> str:
    return f"{'-' if kind.question is Question.INNOCENCE else ''}{kind.cap:g}"


def _column(need: str) -> str:
    return " or ".join(f"`{name}`" for name in need.split("|"))


def _sentence(docstring: str) -> str:
    """Return the first paragraph of a docstring on one line, beginning small as part of a sentence."""
    first = " ".join(docstring.split("\n\n")[0].split())
    return first[:1].lower() + first[1:]


def _prose(docstring: str) -> str:
    """Return a module's docstring as Markdown, its named parts as a list."""
    blocks = []
    for paragraph in docstring.split("\n\n"):
        text, *named = re.split(r" ?(Innocent causes|Blind spot): ", " ".join(paragraph.split()))
        points = [f"- **{name}**: {words}" for name, words in zip(named[::2], named[1::2], strict=True)]
        blocks += [block for block in (text, "\n".join(points)) if block]
    return "\n\n".join(blocks)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
