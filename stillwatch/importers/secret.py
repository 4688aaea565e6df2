"""Secrets that logs carry: found by how they look, hashed with the key, never stored."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.importers.importer import Intake, Places
from stillwatch.keys import Key

PLACES = ("exchange_id", "account_id", "org_id", "key_id", "end_user_id", "session_id", "user_agent", "client_fp")
"""Columns that are filled from headers and ids, where a key may have ended up."""

_LOOKS = "|".join(
    (
        r"(?i:\bbearer\s+\S{8,})",
        r"(?i:\bbasic\s+[a-z0-9+/]{16,})",
        r"\b(?:sk|pk|rk|ak)-[A-Za-z0-9_-]{16,}",
        r"\bAKIA[0-9A-Z]{16}\b",
        r"\bASIA[0-9A-Z]{16}\b",
        r"\bAIza[0-9A-Za-z_-]{30,}",
        r"\bgh[pousr]_[A-Za-z0-9]{30,}",
        r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
        r"\b(?:hf|gsk|xai|r8|fw|nvapi|pplx)[_-][A-Za-z0-9_-]{24,}",
        r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
        r"-----BEGIN [A-Z ]*PRIVATE KEY",
    )
)
"""Forms of keys and tokens in use: vendor prefixes, bearer and basic credentials, JSON web tokens, private keys."""

_CREDENTIALS = ("authorization", "x-api-key", "api-key", "x-goog-api-key", "proxy-authorization")
"""Headers that carry the key of the caller, the most usual first."""


def hide_secrets(table: pa.Table, intake: Intake, places: Places) -> pa.Table:
    """Return `table` with every cell of `PLACES` that looks like a secret replaced by its hash."""
    cells = pa.chunked_array([chunk for name in PLACES for chunk in table.column(name).chunks], type=pa.string())
    if not len(pc.indices_nonzero(pc.match_substring_regex(cells, _LOOKS))):
        return table  # one pass over all places, since the pattern is compiled anew by every call
    for name in PLACES:
        found = pc.match_substring_regex(table.column(name), _LOOKS)
        rows = pc.indices_nonzero(pc.fill_null(found, False)).to_pylist()
        if rows:
            intake.notes.add(f"secret hashed in {name}", places[rows[0]], len(rows))
            table = _hashed(table, name, frozenset(rows), intake.key)
    return table


def _hashed(table: pa.Table, name: str, rows: frozenset[int], key: Key) -> pa.Table:
    values = table.column(name).to_pylist()
    hidden = [key.text(value) if i in rows else value for i, value in enumerate(values)]
    position = table.schema.get_field_index(name)
    return table.set_column(position, table.schema.field(name), pa.array(hidden, type=pa.string()))


def key_hash(secret: object, key: Key) -> str | None:
    """Return the hash of an API key, or of what a log gives in its place; None if there is none.

    The scheme before a credential (`Bearer`) is no part of the key.
    """
    if not isinstance(secret, str) or not secret.strip():
        return None
    words = secret.split()
    return key.text(words[-1] if len(words) == 2 else secret.strip())


def header_key(headers: Mapping[str, str], key: Key) -> str | None:
    """Return the hash of the API key that `headers` (names in lower case) carry; None without one."""
    return next((key_hash(headers[name], key) for name in _CREDENTIALS if headers.get(name)), None)
