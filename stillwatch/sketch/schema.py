"""What is kept of an exchange once its text is gone: the columns of the ledger.

A *mark* is a keyed number: equal marks mean equal things, and nothing else can be read from one. Columns that end in
`_mark` or `_marks` are marks. Everything else is a count, a class or a field that carried no text.

The order of the rows, the width of the marks of text and the coarseness of topics and times are what a ledger's size
is made of (`docs/concepts/ledger.md`).
"""

from __future__ import annotations

import pyarrow as pa

from stillwatch.record import TIMESTAMP, required

TOPIC_WIDTH = 24
"""Numbers in the topic profile of one exchange."""
TOPIC_SCALE = 4
"""A topic number of 1.0 is stored as this integer, so that sums are exact whatever their order. Rounding adds half a
percent to its variance."""
SHINGLES = 4
"""Shingle marks kept of one input."""
TEXT_MARK_BITS = 40
"""Width of the marks of texts, of which there are a dozen an exchange. Two of a billion different texts share one now
and then; no kind of evidence rests on one text that two accounts have in common. Ids and reasoning blocks keep 64."""
TEXT_MARKS = (
    "system_mark", "system_head_mark", "prompt_mark", "body_mark", "head_mark", "tail_mark",
    *(f"shingle_{i}_mark" for i in range(SHINGLES)), "prefix_marks",
)  # fmt: skip
INTENTS = ("ordinary", "reasoning_elicitation", "rubric_grading", "task_synthesis", "agentic", "trace_cleaning")
"""Classes of prompt that matter; the position is the number that is stored."""

_MARKS = pa.list_(pa.int64())

SKETCHES = pa.schema(
    [
        required("exchange_id", pa.string()),
        required("ts", TIMESTAMP),
        required("account_id", pa.string()),
        required("model", pa.string()),
        required("half", pa.int8()),  # 0 or 1 by the hour of the request: one half proposes, the other tests
        pa.field("org_id", pa.string()),
        pa.field("key_mark", pa.int64()),
        pa.field("end_user_mark", pa.int64()),
        pa.field("session_mark", pa.int64()),
        pa.field("ip_mark", pa.int64()),
        pa.field("asn", pa.int64()),
        pa.field("country", pa.string()),
        pa.field("user_agent", pa.string()),
        pa.field("client_fp", pa.string()),
        pa.field("access_path", pa.string()),
        pa.field("operation", pa.string()),
        pa.field("turn", pa.int32()),
        pa.field("tokens_in", pa.int64()),
        pa.field("tokens_out", pa.int64()),
        pa.field("tokens_cached", pa.int64()),
        pa.field("tokens_reasoning", pa.int64()),
        pa.field("max_tokens", pa.int64()),
        pa.field("temperature", pa.float64()),
        pa.field("choices", pa.int32()),
        pa.field("logprobs", pa.int32()),
        pa.field("stream", pa.bool_()),
        pa.field("reasoning", pa.bool_()),
        pa.field("finish_reason", pa.string()),
        pa.field("refused", pa.bool_()),
        pa.field("status", pa.int32()),
        pa.field("latency_ms", pa.float64()),
        pa.field("ttft_ms", pa.float64()),
        pa.field("tools_mark", pa.int64()),  # of the sorted names of the tools offered
        pa.field("tool_calls", pa.int32()),  # how many tools the answer called
        pa.field("system_mark", pa.int64()),  # the whole system text, normalised
        pa.field("system_head_mark", pa.int64()),  # its first words
        pa.field("prompt_mark", pa.int64()),  # the whole newest user turn, normalised
        pa.field("body_mark", pa.int64()),  # system text, history and newest turn together, not normalised
        pa.field("head_mark", pa.int64()),  # first words of the newest turn
        pa.field("tail_mark", pa.int64()),  # last words of the newest turn
        *[pa.field(f"shingle_{i}_mark", pa.int64()) for i in range(SHINGLES)],  # smallest shingle of each residue
        pa.field("prefix_marks", _MARKS),  # one per earlier user turn, oldest first
        pa.field("issued_marks", _MARKS),  # reasoning blocks handed out
        pa.field("presented_marks", _MARKS),  # reasoning blocks brought back
        pa.field("intent", pa.int8()),  # position in INTENTS; null without text
        pa.field("intent_bits", pa.float32()),  # log2 odds of that class against all others
        pa.field("system_chars", pa.int32()),
        pa.field("input_chars", pa.int32()),
        pa.field("output_chars", pa.int32()),
        pa.field("invisible_chars", pa.int32()),  # zero-width code points in system text and newest turn
        *[pa.field(f"topic_{i}", pa.int8()) for i in range(TOPIC_WIDTH)],  # signed sums of words; null without
    ]
)
