"""What an analyst decided about campaigns of earlier scans: JSON Lines or CSV, one verdict a line."""

from __future__ import annotations

import csv
import enum
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillwatch.errors import NothingUsable

COLUMNS = ("campaign_id", "verdict")
"""What each line must say; `note`, `analyst` and `date` may stand beside, and anything else is left alone."""
_SHOWN = 5
"""Problems of a file that are told one by one."""
_LONGEST = 40
"""Characters of an unknown verdict that are told."""
_FORM = "lines of JSON or CSV with `campaign_id` and `verdict`"


class Label(enum.StrEnum):
    """What an analyst found a group to be."""

    CONFIRMED = "confirmed"
    """One operator, and a harvest: a distillation campaign."""
    VALUABLE = "valuable"
    """One operator or one pool, rightly shown and worth acting on, and no distillation campaign."""
    FALSE_ALARM = "false_alarm"
    """Accounts that nobody should have been shown as one: innocent, whatever they share."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The verdicts of one file.

    Attributes:
        file: as it was named. sha256: of its bytes.
        verdicts: by id of the campaign or cleared group, in the order of the file.
        lines: line in which each id stands first.
    """

    file: str
    sha256: str
    verdicts: Mapping[str, Label]
    lines: Mapping[str, int]

    def count(self, label: Label) -> int:
        """Return how many groups were found to be that."""
        return sum(one is label for one in self.verdicts.values())


def read_labels(file: Path) -> Labels:
    """Return the verdicts of a file.

    Raises:
        NothingUsable: it cannot be read, lacks a column, has no line, an unknown verdict or a group labelled two ways;
            all problems of the file are told together.
    """
    try:
        content = file.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise NothingUsable(f"cannot be read: {error.strerror}", where=str(file), expected=_FORM) from error
    except UnicodeDecodeError as error:
        raise NothingUsable("is not text in UTF-8", where=str(file), expected=_FORM) from error
    verdicts: dict[str, Label] = {}
    lines: dict[str, int] = {}
    problems = []
    for line, row in _rows(text, file):
        problem = _add(line, row, verdicts, lines)
        if problem:
            problems.append(f"line {line}: {problem}")
    if problems:
        rest = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise NothingUsable(
            "; ".join(problems[:_SHOWN]) + rest,
            where=str(file),
            expected=f"`verdict` one of {', '.join(f'`{label}`' for label in Label)}, once for each `campaign_id`",
            remedy="mend these lines; docs/calibrate.md says what each verdict means",
        )
    if not verdicts:
        raise NothingUsable("holds no verdict", where=str(file), expected=_FORM)
    return Labels(str(file), hashlib.sha256(content).hexdigest(), verdicts, lines)


def false_alarms(file: Path) -> frozenset[str]:
    """Return the ids of a file that were found to be false alarms.

    Raises:
        NothingUsable: as `read_labels`.
    """
    found = read_labels(file).verdicts
    return frozenset(group for group, label in found.items() if label is Label.FALSE_ALARM)


def _add(line: int, row: Mapping[str, Any], verdicts: dict[str, Label], lines: dict[str, int]) -> str:
    """Add a row, or return what is wrong with it."""
    missing = [name for name in COLUMNS if not isinstance(row.get(name), str) or not row[name].strip()]
    if missing:
        return f"no `{missing[0]}`"
    group = row["campaign_id"].strip()
    word = row["verdict"].strip().lower().replace(" ", "_").replace("-", "_")
    if word not in set(Label):
        return f"unknown verdict `{row['verdict'].strip()[:_LONGEST]}`"
    if verdicts.setdefault(group, Label(word)) is not Label(word):
        return f"`{group}` is `{word}` here and `{verdicts[group]}` in line {lines[group]}"
    lines.setdefault(group, line)
    return ""


def _rows(text: str, file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the rows with their line numbers; a file that begins with a brace is JSON Lines, another CSV."""
    if text.lstrip().startswith("{"):
        yield from _of_json(text, file)
        return
    try:
        yield from _of_csv(text, file)
    except csv.Error as error:
        raise NothingUsable(f"is no CSV: {error}", where=str(file), expected=_FORM) from error


def _of_csv(text: str, file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    lacking = [name for name in COLUMNS if name not in names]
    if lacking:
        raise NothingUsable(
            f"has no column `{lacking[0]}`",
            where=str(file),
            expected=_FORM,
            remedy=f"begin it with `{','.join(COLUMNS)}`",
        )
    reader.fieldnames = names
    for row in reader:
        yield reader.line_num, row


def _of_json(text: str, file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise NothingUsable("is no JSON object", where=f"{file}:{number}", expected=_FORM)
        yield number, row
