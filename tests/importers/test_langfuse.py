"""Langfuse exports become exchanges."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.importers import Source
from tests.importers.reading import at, intake, read, sample


def test_the_sample_becomes_these_exchanges() -> None:
    counted = intake()
    first, second = read(sample("langfuse.json"), counted)
    assert first == {
        "exchange_id": "obs-1",
        "ts": at(10, 0, 0.25),
        "account_id": "u-5",
        "model": "m-mid",
        "org_id": "proj-1",
        "session_id": "s-5",
        "user_agent": "shop-bot/1",
        "access_path": "api",
        "operation": "chat",
        "system_text": "Sell shoes.",
        "input_text": "Size 44?",
        "output_text": "In stock.",
        "turn": 1,
        "prefix_hashes": [],
        "signatures_issued": [],
        "signatures_presented": [],
        "tools": ["stock"],
        "tool_calls": [],
        "tokens_in": 40,
        "tokens_out": 7,
        "tokens_cached": 10,
        "tokens_reasoning": 2,
        "max_tokens": 128,
        "temperature": 0.7,
        "latency_ms": 1750.0,
        "ttft_ms": 500.0,
    }
    assert second == {
        "exchange_id": "obs-3",
        "ts": at(10, 5),
        "account_id": "u-6",
        "model": "m-mid",
        "org_id": "proj-1",
        "session_id": "s-6",
        "access_path": "api",
        "operation": "chat",
        "input_text": "Hola",
        "output_text": "Buenas",
        "turn": 1,
        "prefix_hashes": [],
        "signatures_presented": [],
        "tokens_in": 3,
        "tokens_out": 1,
        "temperature": 0.0,
        "latency_ms": 1000.0,
    }
    assert counted.skips.counts == {"not a model call": 1}
    assert not counted.notes.counts  # the export defines its times to be UTC


def test_an_export_as_parquet_is_read_alike(tmp_path: Path) -> None:
    observations = json.loads(Path(sample("langfuse.json").path).read_text())[:2]
    for one in observations:
        one.pop("tool_call_names", None)
    path = tmp_path / "observations.parquet"
    pq.write_table(pa.Table.from_pylist(observations), path)
    (row,) = read(Source(str(path), "observations.parquet"), intake())
    assert (row["exchange_id"], row["tokens_in"], row["input_text"]) == ("obs-1", 40, "Size 44?")
