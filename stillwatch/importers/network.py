"""Network logs: who called from where, without account or content, joined to exchanges on the request id."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.keys import Key
from stillwatch.record import TIMESTAMP, Skips, required

NETWORK = pa.schema(
    [
        required("request_id", pa.string()),
        required("ts", TIMESTAMP),
        pa.field("ip", pa.string()),
        pa.field("user_agent", pa.string()),
        pa.field("client_fp", pa.string()),
        pa.field("status", pa.int32()),
        pa.field("latency_ms", pa.float64()),
    ]
)
"""One row per request id that a proxy logged; a request known under two ids has two rows."""

COMPLETED = ("ip", "user_agent", "client_fp", "status", "latency_ms")
"""Columns of an exchange that the network's side fills where they are null."""


@dataclass(frozen=True, slots=True)
class Network:
    """The rows of all network logs of an import.

    Attributes:
        key: makes the marks.
        marks: mark of each request id, ascending and unique, shape (rows,).
        rows: table of `NETWORK` without `request_id` and `ts`, in the order of `marks`.
        used: which rows were joined to an exchange so far, shape (rows,); the one part that changes.
    """

    key: Key
    marks: npt.NDArray[np.int64]
    rows: pa.Table
    used: npt.NDArray[np.bool_]

    def join(self, exchanges: pa.Table, request_ids: list[object]) -> pa.Table:
        """Return `exchanges` with null network columns filled from the row of the same request.

        A row is found by the id in `request_ids` (one per exchange, or an empty list), else by `exchange_id`.
        """
        found = self._find(exchanges.column("exchange_id").to_pylist())
        if any(request_id is not None for request_id in request_ids):
            better = self._find(request_ids)
            found = np.where(better >= 0, better, found)
        hits = found >= 0
        if not hits.any():
            return exchanges
        self.used[found[hits]] = True
        take = pa.array(found, mask=~hits)
        for name in COMPLETED:
            column = pc.coalesce(exchanges.column(name), self.rows.column(name).take(take))
            exchanges = exchanges.set_column(
                exchanges.schema.get_field_index(name), exchanges.schema.field(name), column
            )
        return exchanges

    def _find(self, ids: list[object]) -> npt.NDArray[np.int64]:
        """Return the row of each id, -1 where there is none."""
        marks = np.array([self.key.mark(str(text).encode("utf-8", "replace")) for text in ids], dtype=np.int64)
        places = np.searchsorted(self.marks, marks)
        places[places == len(self.marks)] = 0
        return np.where(self.marks[places] == marks, places, -1) if len(self.marks) else np.full(len(ids), -1)


def collect(tables: Iterable[pa.Table], key: Key, notes: Skips) -> Network | None:
    """Return the rows of `tables` (of `NETWORK`) ready to be joined, or None if there are none.

    A request id that was logged more than once (two proxies in a row) counts with its earliest row, which is the one
    nearest to the client.
    """
    parts, marks = [], []
    for table in tables:
        ids = table.column("request_id").to_pylist()
        marks.append(np.array([key.mark(text.encode()) for text in ids], dtype=np.int64))
        parts.append(table.drop_columns(["request_id"]))
    if not parts:
        return None
    rows = pa.concat_tables(parts).combine_chunks()
    every = np.concatenate(marks)
    order = np.lexsort((np.arange(len(every)), rows.column("ts").cast(pa.int64()).to_numpy(), every))
    first = np.append(True, np.diff(every[order]) != 0)
    notes.add("request id logged more than once by proxies", "network logs", int((~first).sum()))
    kept = order[first]
    return Network(key, every[kept], rows.drop_columns(["ts"]).take(kept), np.zeros(len(kept), dtype=np.bool_))


_INNER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "::/128", "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
"""Addresses of inner networks: of a load balancer or a sidecar, not of a client."""


def client_address(forwarded: str | None, peer: str | None) -> str | None:
    """Return the address of the client from an `x-forwarded-for` header and the address of the peer.

    The list grows to the right as a request passes proxies, and its left part is whatever the client wrote. So the
    right-most address outside inner networks counts; if there is none, the right-most address.
    """
    parts = [*(forwarded or "").split(","), peer or ""]
    known = [address for part in parts if (address := _address(part.strip()))]
    outer = [text for text, inner in known if not inner]
    return outer[-1] if outer else known[-1][0] if known else None


@functools.lru_cache(maxsize=65_536)
def _address(text: str) -> tuple[str, bool] | None:
    """Return an address without its port, and whether it belongs to an inner network."""
    for candidate in (text, text.rpartition(":")[0]):
        try:
            address = ipaddress.ip_address(candidate.strip("[]"))
        except ValueError:
            continue
        return str(address), any(address in net for net in _INNER if net.version == address.version)
    return None
