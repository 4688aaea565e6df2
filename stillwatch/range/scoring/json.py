"""A score as JSON and back: the fields of `Score`, nothing rounded or cut; see `docs/concepts/scoring.md`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from stillwatch.errors import NothingUsable, Refused, StillwatchError
from stillwatch.range.scoring.score import Score

FORMAT = 1
"""Version of the JSON: fields are added, none is renamed, removed or given another meaning without a new one."""
_ADAPTER = TypeAdapter(Score)


def score_json(score: Score) -> dict[str, Any]:
    """Return a score as values of JSON; moments are ISO 8601 in UTC."""
    return {"format": FORMAT, **_ADAPTER.dump_python(score, mode="json")}


def read_score(source: Path | Mapping[str, Any], *, where: str = "") -> Score:
    """Return the score in a file that `range score --json` printed, or in its values.

    Args:
        where: what to call `source` in an error when it is no file.

    Raises:
        NothingUsable: there is no such file.
        Refused: it was written in another format.
        StillwatchError: it is no score.
    """
    place = str(source) if isinstance(source, Path) else where
    try:
        values = TypeAdapter(dict[str, Any]).validate_json(source.read_bytes()) if isinstance(source, Path) else source
        version = values.get("format")
        if version != FORMAT and isinstance(version, int):
            remedy = "score again with this stillwatch"
            raise Refused(f"written in format {version}", where=place, expected=f"format {FORMAT}", remedy=remedy)
        return _ADAPTER.validate_python({name: value for name, value in values.items() if name != "format"})
    except FileNotFoundError:
        raise NothingUsable("there is no such file", where=place, expected="a score", remedy=_HOW) from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"])
        found = f"`{field}`: {first['msg'].lower()}" if field else first["msg"].lower()
        raise StillwatchError(found, where=place, expected="the JSON of a score", remedy=_HOW) from error


_HOW = "`stillwatch range score --truth FILE --scan DIR --json > score.json`"
