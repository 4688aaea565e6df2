"""Small logs in our own record for tests of the import."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def exchange(number: int, **others: Any) -> dict[str, Any]:
    """Return the exchange with this number; ten minutes lie between two numbers."""
    row = {
        "exchange_id": f"x{number:06d}",
        "ts": (START + dt.timedelta(minutes=10 * number)).isoformat(),
        "account_id": f"account-{number % 7}",
        "model": "m-1",
        "system_text": "You are a careful assistant of the harbour office.",
        "input_text": f"Which ships leave pier {number} tomorrow, and who is the pilot on duty?",
        "output_text": f"Tomorrow {number % 5} ships leave.",
        "ip": f"10.0.0.{number % 250}",
    }
    return {**row, **others}


def write(path: Path, rows: Iterable[Mapping[str, Any] | str]) -> str:
    """Write rows (or lines as they are) to a file of JSON Lines and return its path."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def log(path: Path, first: int, last: int, **others: Any) -> str:
    """Write the exchanges from `first` to before `last` to a file and return its path."""
    return write(path, (exchange(number, **others) for number in range(first, last)))
