"""Writes the table of blind spots into `docs/limitations.md`, between its two marks: `make docs`."""

from __future__ import annotations

from pathlib import Path

from stillwatch.evidence import EVIDENCE_TABLE, Kind
from stillwatch.range.campaigns import LADDER
from stillwatch.report import wording
from stillwatch.report.kinds import about

PAGE = Path(__file__).resolve().parents[1] / "docs" / "limitations.md"
BEGIN, END = "<!-- blind:begin -->\n", "<!-- blind:end -->"
_NONE = "-"


def page() -> str:
    """Return the text of `docs/limitations.md` with the table as the code has it now."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.split(END)[1]}"


def table() -> str:
    """Return a row for every kind of evidence: what it cannot see, which rungs are aimed at it, what they cost."""
    lines = ["| evidence | cannot see | rungs aimed at it, and what they cost |", "| --- | --- | --- |"]
    lines += [f"| [{k.kind}](evidence.md#{k.kind}) | {_blind(k)} | {_evasions(k)} |" for k in EVIDENCE_TABLE]
    return "\n".join(lines) + "\n"


def _blind(kind: Kind) -> str:
    return wording.upperfirst(about(kind.kind).blind)


def _evasions(kind: Kind) -> str:
    told = [f"`{rung.id}`: {rung.cost.removeprefix('judged: ')}" for rung in LADDER if kind.kind in rung.aims_at]
    return "; ".join(told) or _NONE


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
