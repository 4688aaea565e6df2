"""Ids for records that carry none: a keyed hash of the record, so that importing a log twice changes nothing."""

from __future__ import annotations

import json

from stillwatch.importers.importer import Json
from stillwatch.keys import Key


def with_id(row: Json, value: Json, key: Key) -> Json:
    """Return `row`, with an `exchange_id` made from the record it came from if it has none.

    Two records alike in every byte become one exchange.
    """
    if row.get("exchange_id") in (None, ""):
        row["exchange_id"] = f"line:{key.text(json.dumps(value, sort_keys=True, default=str))}"
    return row
