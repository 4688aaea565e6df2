"""What an inspection or an import says on the terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stillwatch.ingest import IngestReport
from stillwatch.inspection import Inspection
from stillwatch.ledger import Skipped, as_skipped
from stillwatch.report import wording

_NEVER = "never"


def inspection_view(found: Inspection) -> RenderableType:
    """Return formats, rows, times, how full each column is, and which evidence can be had."""
    return Group(
        _files(found),
        _columns(found),
        _possible(found),
        *_counted("not used", as_skipped(found.skips)),
        *(part for file in found.files for part in _counted(f"not used in {file.label}", as_skipped(file.skips))),
        *(part for file in found.files for part in _counted(f"noted in {file.label}", as_skipped(file.notes))),
        *_counted("noted", as_skipped(found.notes)),
    )


def _files(found: Inspection) -> Table:
    table = _table("file", "format", "rows", "from", "to")
    for file in found.files:
        span = [wording.moment(at) if at else "" for at in (file.first, file.last)]
        table.add_row(wording.shown(file.label), file.format, f"{file.rows:,}", *span)
    return table


def _columns(found: Inspection) -> Table:
    table = _table("column", "filled", "column", "filled", "column", "filled")
    rows = [(name, _share(share)) for name, share in {**found.filled, **found.accounts_filled}.items()]
    for i in range(0, len(rows), 3):
        table.add_row(*(cell for pair in rows[i : i + 3] for cell in pair))
    return table


def _share(share: float) -> str:
    return _NEVER if share == 0 else f"{share:.1%}" if share < 0.9995 else "always"


def _possible(found: Inspection) -> Table:
    table = _table("evidence", "family", "can be had")
    for kind in found.evidence:
        table.add_row(kind.kind.replace("_", " "), kind.family, "yes" if kind.possible else f"no: {kind.reason}")
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _counted(title: str, parts: Iterable[Skipped]) -> Iterable[RenderableType]:
    lines = [f"  {part.count:,} x {part.reason}, first in {wording.shown(part.first)}" for part in parts]
    if lines:
        yield Text("\n".join([f"{title}:", *lines]))


def inspection_json(found: Inspection) -> dict[str, Any]:
    """Return the same for a machine."""
    return {
        "files": [
            {
                "file": file.label,
                "format": file.format,
                "rows": file.rows,
                "first_ts": file.first.isoformat() if file.first else None,
                "last_ts": file.last.isoformat() if file.last else None,
                "filled": dict(file.filled),
                "skipped": [part.model_dump() for part in as_skipped(file.skips)],
                "notes": [part.model_dump() for part in as_skipped(file.notes)],
            }
            for file in found.files
        ],
        "rows": found.rows,
        "filled": dict(found.filled),
        "accounts_filled": dict(found.accounts_filled),
        "evidence": [
            {"evidence": kind.kind, "family": kind.family, "possible": kind.possible, "reason": kind.reason}
            for kind in found.evidence
        ],
        "skipped": [part.model_dump() for part in as_skipped(found.skips)],
        "notes": [part.model_dump() for part in as_skipped(found.notes)],
    }


def import_view(done: IngestReport) -> RenderableType:
    """Return what an import added, what it left out, and where that was met first."""
    head = f"{done.rows:,} exchanges and {done.accounts:,} accounts added from {len(done.files)} files"
    again = f", {done.already} of which were imported before" if done.already else ""
    return Group(
        Text(f"{head}{again}, in {done.seconds:.1f} s"),
        *_counted("not used", done.skips),
        *_counted("noted", done.notes),
    )


def import_json(done: IngestReport) -> dict[str, Any]:
    """Return the same for a machine, with the seconds of each stage."""
    return {
        "exchanges": done.rows,
        "accounts": done.accounts,
        "already_imported": done.already,
        "files": [
            {"file": file.label, "format": file.reader, "rows": file.rows, "already_imported": file.already}
            for file in done.files
        ],
        "skipped": [part.model_dump() for part in done.skips],
        "notes": [part.model_dump() for part in done.notes],
        "samples": done.samples,
        "timings": dict(done.timings),
    }
