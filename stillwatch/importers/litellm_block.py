"""Plain payloads of LiteLLM read by Arrow, a block of lines at a time: four times as fast as line by line.

Plain is a chat of texts: messages of a role and a text each, at most one choice in the answer, no tools, times in
seconds. Every name that the reader of single payloads looks at stands in `PAYLOAD`, with the one type that is read
here or as `_NONE`; other names are passed over, as that reader does. Whatever has another type, and whatever else is
not plain, makes the block come back as None, and the caller reads it line by line. So both ways give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from stillwatch.importers import times
from stillwatch.importers.answer import REFUSALS
from stillwatch.importers.columns import completed
from stillwatch.importers.fields import access_path
from stillwatch.importers.importer import Intake, Json
from stillwatch.importers.jsonblock import Numbered, is_clean
from stillwatch.importers.messages import Message, Part, conversation_of
from stillwatch.importers.secret import key_hash
from stillwatch.importers.shape import status_number
from stillwatch.importers.source import Run, Source, lines_in
from stillwatch.keys import Key
from stillwatch.record import EXCHANGES, TIMESTAMP

NOBODY = "default_user_id"
"""The user that the proxy writes for every key that belongs to nobody in particular."""
REDACTED = "redacted-by-litellm"
TEXTS, HISTORY = ("system_text", "input_text", "output_text"), ("turn", "prefix_hashes", "signatures_presented")

_BETWEEN = "\0"
"""Stands between the tags of a request where they are looked at together."""
_NONE, _TEXT, _WHOLE, _REAL, _FLAG = pa.null(), pa.string(), pa.int64(), pa.float64(), pa.bool_()
_ROLES = {
    "user": "user", "human": "user", "system": "system", "developer": "developer", "assistant": "assistant",
    "model": "assistant", "ai": "assistant",
}  # fmt: skip
_EMPTY, _NOBODY, _REDACTED, _OFF, _FAILED = map(pa.scalar, ("", NOBODY, REDACTED, "none", "failure"))
"""Made once: Arrow looks for an optional package whenever it meets a Python text."""
_SECONDS = 1e11
"""A time since the epoch below this counts seconds."""


def _struct(none: str = "", **fields: pa.DataType) -> pa.DataType:
    """Return an object with `fields`, and with the names in `none`, parted by spaces, that must not be there."""
    return pa.struct([*fields.items(), *((name, _NONE) for name in none.split())])


_COUNTED_ELSEWHERE = """output_tokens outputTokens candidatesTokenCount generation_token_count thoughtsTokenCount
    input_tokens inputTokens promptTokenCount prompt_token_count cacheWriteInputTokens cacheReadInputTokens
    input_tokens_details output_tokens_details reasoning_tokens cachedContentTokenCount"""
_USAGE = _struct(
    _COUNTED_ELSEWHERE,
    prompt_tokens=_WHOLE,
    completion_tokens=_WHOLE,
    cache_creation_input_tokens=_WHOLE,
    cache_read_input_tokens=_WHOLE,
    prompt_tokens_details=_struct(cached_tokens=_WHOLE),
    completion_tokens_details=_struct(reasoning_tokens=_WHOLE),
)
_ENDS = "finishReason stop_reason stopReason completionReason"
_BESIDE_TEXT = "parts type tool_calls function_call thinking_blocks reasoning_details"
_CHOICE = _struct(
    f"{_ENDS} text", finish_reason=_TEXT, message=_struct(f"{_BESIDE_TEXT} refusal", role=_TEXT, content=_TEXT)
)
_RESPONSE = _struct(
    f"""{_ENDS} {_COUNTED_ELSEWHERE} finish_reason modelVersion candidates output content tool_calls parts results
    outputs output_text generation outputText completion text incomplete_details status usageMetadata usage_metadata
    prompt_tokens completion_tokens cache_creation_input_tokens cache_read_input_tokens prompt_tokens_details
    completion_tokens_details""",
    model=_TEXT,
    choices=pa.list_(_CHOICE),
    usage=_USAGE,
)
_PARAMETERS = _struct(
    """model modelId system instructions system_instruction systemInstruction preamble tools toolConfig functions
    inferenceConfig generationConfig generation_config textGenerationConfig max_completion_tokens max_output_tokens
    maxTokens maxOutputTokens maxTokenCount max_gen_len max_tokens_to_sample max_new_tokens candidateCount
    num_generations responseLogprobs topLogprobs thinking reasoning thinkingConfig additionalModelRequestFields
    safety_identifier metadata""",
    temperature=_REAL,
    max_tokens=_WHOLE,
    n=pa.int32(),
    logprobs=_FLAG,
    top_logprobs=pa.int32(),
    stream=_FLAG,
    reasoning_effort=_TEXT,
    user=_TEXT,
)
_METADATA = _struct(
    user_api_key_hash=_TEXT,
    user_api_key=_TEXT,
    user_api_key_user_id=_TEXT,
    user_api_key_org_id=_TEXT,
    user_api_key_team_id=_TEXT,
    user_api_key_end_user_id=_TEXT,
    session_id=_TEXT,
    requester_ip_address=_TEXT,
    user_agent=_TEXT,
    requester_custom_headers=pa.struct([("x-request-id", _TEXT), ("X-Request-Id", _TEXT)]),
)
PAYLOAD = pa.schema(
    [
        ("standard_logging_object", _NONE),
        *((name, _TEXT) for name in ("id", "litellm_call_id", "call_type", "status", "custom_llm_provider", "model")),
        *((name, _TEXT) for name in ("end_user", "session_id", "litellm_session_id", "requester_ip_address")),
        *((name, _REAL) for name in ("startTime", "endTime", "completionStartTime")),
        ("stream", _FLAG),
        ("prompt_tokens", _WHOLE),
        ("completion_tokens", _WHOLE),
        ("request_tags", pa.list_(_TEXT)),
        ("error_information", _struct(error_code=_TEXT)),
        ("metadata", _METADATA),
        ("messages", pa.list_(_struct(_BESIDE_TEXT, role=_TEXT, content=_TEXT))),
        ("model_parameters", _PARAMETERS),
        ("response", _RESPONSE),
    ]
)

Columns = dict[str, pa.Array]


class _NotPlainError(ValueError):
    """What makes a block be read line by line."""


def read_plain(run: Run, source: Source, intake: Intake, operations: Callable[[object], str | None]) -> pa.Table | None:
    """Return the exchanges of the payloads on the lines of `run`, or None if they are not all plain.

    Args:
        operations: returns the operation that a type of call is.
    """
    payloads = _parsed(run.raw)
    if payloads is None:
        return None
    try:
        columns = _columns(payloads, intake.key, operations)
    except _NotPlainError:
        return None
    arrays = [columns.get(f.name, pa.nulls(len(payloads), f.type)).cast(f.type) for f in EXCHANGES]
    forwarded = _at(payloads, "metadata", "requester_custom_headers")
    asked = [] if intake.network is None else _known(forwarded, "x-request-id", "X-Request-Id").to_pylist()
    table = pa.Table.from_arrays(arrays, schema=EXCHANGES)
    return completed(table, Numbered(source.label, run.first), intake, asked)


def _parsed(raw: bytes) -> pa.StructArray | None:
    if not is_clean(raw):
        return None
    options = pj.ParseOptions(explicit_schema=PAYLOAD, unexpected_field_behavior="ignore")
    whole = pj.ReadOptions(use_threads=False, block_size=len(raw) + 1)
    try:
        table = pj.read_json(pa.BufferReader(raw), read_options=whole, parse_options=options)
    except (pa.ArrowException, ValueError):
        return None
    if table.num_rows != lines_in(raw):
        return None
    return table.combine_chunks().to_batches()[0].to_struct_array()


def _columns(payloads: pa.StructArray, key: Key, operations: Callable[[object], str | None]) -> Columns:
    """Return the columns that are not null throughout.

    Raises:
        _NotPlainError: a payload wants a closer look.
    """
    columns = _who(payloads, key) | _when(payloads, operations) | _parameters(payloads) | _answer(payloads)
    columns |= _conversations(payloads, key)
    _demand(columns[f.name].null_count == 0 for f in EXCHANGES if not f.nullable)
    hidden = [(name, pc.fill_null(pc.equal(columns[name], _REDACTED), False)) for name in TEXTS]
    for name, rows in hidden:
        if pc.any(rows).as_py():
            for lost in (name, *HISTORY):
                columns[lost] = _where(pc.invert(rows), columns[lost])
    return columns


def _who(payloads: pa.StructArray, key: Key) -> Columns:
    metadata = _at(payloads, "metadata")
    hashed = _each(_known(metadata, "user_api_key_hash", "user_api_key"), lambda secret: key_hash(secret, key))
    user = _known(metadata, "user_api_key_user_id")
    named = _each(hashed, lambda mark: None if mark is None else f"key:{mark}")
    nobody = pc.fill_null(pc.equal(user, _NOBODY), True)
    end_user = _known(_at(payloads, "model_parameters"), "user")
    tags = _at(payloads, "request_tags")
    each = tags.flatten()
    _demand([each.null_count == 0, pc.any(pc.match_substring(each, _BETWEEN)).as_py() is not True])
    return {
        "exchange_id": _known(payloads, "litellm_call_id", "id"),
        "account_id": pc.if_else(nobody, pc.coalesce(named, user), user),
        "org_id": _known(metadata, "user_api_key_org_id", "user_api_key_team_id"),
        "key_id": hashed,
        "end_user_id": pc.coalesce(
            _known(payloads, "end_user"), _known(metadata, "user_api_key_end_user_id"), end_user
        ),
        "session_id": pc.coalesce(_known(payloads, "session_id", "litellm_session_id"), _known(metadata, "session_id")),
        "ip": pc.coalesce(_known(payloads, "requester_ip_address"), _known(metadata, "requester_ip_address")),
        "user_agent": pc.coalesce(_known(metadata, "user_agent"), _each(pc.binary_join(tags, _BETWEEN), _agent)),
        "access_path": _each(_at(payloads, "custom_llm_provider"), access_path),
    }


def _agent(tags: str | None) -> str | None:
    return longest_agent((tags or "").split(_BETWEEN))


def longest_agent(tags: Iterable[str]) -> str | None:
    """Return the user agent that the proxy puts among the tags, in its longest form."""
    agents = [tag.removeprefix("User-Agent: ") for tag in tags if tag.startswith("User-Agent: ")]
    return max(agents, key=len, default=None) or None


def _when(payloads: pa.StructArray, operations: Callable[[object], str | None]) -> Columns:
    start, end, token = (_moments(_at(payloads, name)) for name in ("startTime", "endTime", "completionStartTime"))
    inside = pc.and_(pc.greater_equal(start, times.FIRST), pc.less(start, times.LAST))
    _demand([start.null_count == 0, pc.all(inside).as_py() is True])
    failed = pc.fill_null(pc.equal(_at(payloads, "status"), _FAILED), False)
    code = _each(_at(payloads, "error_information", "error_code"), status_number, pa.int32())
    streamed = pc.fill_null(_at(payloads, "stream"), False)
    return {
        "ts": start.cast(TIMESTAMP),
        "latency_ms": _between_ms(start, end),
        "ttft_ms": _where(streamed, _between_ms(start, token)),
        "operation": _each(_at(payloads, "call_type"), operations),
        "status": pc.if_else(failed, code, pa.scalar(200, pa.int32())),
    }


def _moments(seconds: pa.Array) -> pa.Array:
    """Return times in seconds since the epoch as whole microseconds, as `times.parse` does."""
    given = pc.drop_null(seconds).to_numpy()
    _demand([np.isfinite(given).all(), (np.abs(given) < _SECONDS).all()])
    return pc.round(pc.multiply(seconds, 1e6), round_mode="half_to_even").cast(pa.int64())


def _between_ms(start: pa.Array, end: pa.Array) -> pa.Array:
    apart = pc.subtract(end, start)
    return _where(pc.greater_equal(apart, 0), pc.divide(apart.cast(pa.float64()), 1000.0))


def _parameters(payloads: pa.StructArray) -> Columns:
    given = _at(payloads, "model_parameters")
    asked, top = _at(given, "logprobs"), _at(given, "top_logprobs")
    wanted = pc.if_else(asked, pc.max_element_wise(pa.scalar(1, pa.int32()), top), pa.scalar(0, pa.int32()))
    temperature = _at(given, "temperature")
    _demand([pc.all(pc.is_finite(temperature)).as_py() is not False])
    return {
        "max_tokens": _at(given, "max_tokens"),
        "temperature": temperature,
        "choices": _at(given, "n"),
        "logprobs": pc.coalesce(wanted, top),
        "stream": pc.coalesce(_at(given, "stream"), _at(payloads, "stream")),
        "reasoning": pc.not_equal(_known(given, "reasoning_effort"), _OFF),
    }


def _answer(payloads: pa.StructArray) -> Columns:
    response = _at(payloads, "response")
    choices, usage = _at(response, "choices"), _at(response, "usage")
    answered = choices.is_valid()
    _demand([pc.all(pc.equal(pc.list_value_length(choices), 1)).as_py() is not False])
    first = choices.flatten()
    place = pa.array(np.cumsum(answered.to_numpy(zero_copy_only=False)) - 1, mask=choices.is_null().to_numpy(False))
    role, content = _at(first, "message", "role"), _at(first, "message", "content")
    _demand([set(role.unique().to_pylist()) <= {None, "", "assistant"}])
    finish = _known(first, "finish_reason").take(place)
    said = pa.array([(text or "").strip() for text in content.to_pylist()], pa.string())
    none = pa.array([[]] * len(answered), pa.list_(pa.string()))
    details, thought = ("prompt_tokens_details", "cached_tokens"), ("completion_tokens_details", "reasoning_tokens")
    return {
        "model": pc.coalesce(_known(response, "model"), _known(payloads, "model")),
        "output_text": said.take(place),
        "tool_calls": _where(answered, none),
        "signatures_issued": _where(answered, none),
        "finish_reason": finish,
        "refused": _each(finish, lambda reason: None if reason is None else reason.lower() in REFUSALS, _FLAG),
        "tokens_in": pc.coalesce(_at(payloads, "prompt_tokens"), _at(usage, "prompt_tokens")),
        "tokens_out": pc.coalesce(_at(payloads, "completion_tokens"), _at(usage, "completion_tokens")),
        "tokens_cached": pc.coalesce(_at(usage, "cache_read_input_tokens"), _at(usage, *details)),
        "tokens_reasoning": _at(usage, *thought),
    }


def _conversations(payloads: pa.StructArray, key: Key) -> Columns:
    lists = _at(payloads, "messages")
    _demand([lists.null_count == 0, pc.all(pc.greater(pc.list_value_length(lists), 0)).as_py() is True])
    messages = lists.flatten()
    roles, texts = _each(_at(messages, "role"), _role).to_pylist(), _at(messages, "content").to_pylist()
    _demand([None not in roles, None not in texts])
    spoken = [Message(role, (Part(text),)) for role, text in zip(roles, texts, strict=True)]
    ends = np.cumsum(pc.list_value_length(lists).to_numpy()).tolist()
    made = [conversation_of(spoken[a:b], key) for a, b in zip([0, *ends], ends, strict=False)]
    return {name: _column(name, made) for name in ("system_text", "input_text", *HISTORY)}


def _role(role: str | None) -> str | None:
    return _ROLES.get((role or "").lower())


def _column(name: str, rows: list[Json]) -> pa.Array:
    return pa.array([row[name] for row in rows], EXCHANGES.field(name).type)


def _at(objects: pa.StructArray, *path: str) -> pa.Array:
    """Return what lies under `path` in each of `objects`; null where one on the way is null."""
    return pc.struct_field(objects, list(path))


def _known(objects: pa.StructArray, *names: str) -> pa.Array:
    """Return of each object the first of its texts `names` that has something in it; null without any."""
    columns = [_at(objects, name) for name in names]
    return pc.coalesce(*(_where(pc.not_equal(column, _EMPTY), column) for column in columns))


def _where(rows: pa.Array, column: pa.Array) -> pa.Array:
    """Return `column` with null wherever `rows` is not true."""
    return pc.if_else(rows, column, pa.scalar(None, column.type))


def _each(column: pa.Array, work: Callable[[str | None], object], kind: pa.DataType = _TEXT) -> pa.Array:
    """Return what `work` makes of each text or null, as `kind`, done once for all that are alike."""
    encoded = column.dictionary_encode(null_encoding="encode")
    return pa.array([work(value) for value in encoded.dictionary.to_pylist()], kind).take(encoded.indices)


def _demand(plain: Iterable[object]) -> None:
    if not all(plain):
        raise _NotPlainError
