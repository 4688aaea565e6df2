"""Counts of tokens as the vendors give them, as the record counts: cached and reasoning tokens included."""

from __future__ import annotations

from stillwatch.importers.fields import at, first, obj, total
from stillwatch.importers.importer import Json


def read_usage(usage: object) -> Json:
    """Return `tokens_in`, `tokens_out`, `tokens_cached` and `tokens_reasoning` of a usage object.

    Anthropic and Bedrock count cached input beside the input; OpenAI and Gemini count it within. The names tell which.
    """
    counts = obj(usage)
    beside = [
        first(counts, "cache_creation_input_tokens", "cacheWriteInputTokens"),
        first(counts, "cache_read_input_tokens", "cacheReadInputTokens"),
    ]
    plain = first(counts, "input_tokens", "inputTokens", "prompt_tokens", "promptTokenCount", "prompt_token_count")
    within = counts.get("prompt_tokens") is not None or at(counts, "input_tokens_details") is not None
    cached = beside[1]
    if cached is None:
        cached = _detail(counts, ("prompt_tokens_details", "input_tokens_details"), "cached_tokens")
    return {
        "tokens_in": plain if within or plain is None else total(plain, *beside) or plain,
        "tokens_out": _output(counts),
        "tokens_cached": first(counts, "cachedContentTokenCount") if cached is None else cached,
        "tokens_reasoning": _reasoning(counts),
    }


def _output(counts: Json) -> object:
    names = ("output_tokens", "outputTokens", "completion_tokens", "candidatesTokenCount", "generation_token_count")
    out = first(counts, *names)
    thought = counts.get("thoughtsTokenCount")  # Gemini counts reasoning beside the answer
    return out if thought is None else total(out, thought)


def _reasoning(counts: Json) -> object:
    found = _detail(counts, ("completion_tokens_details", "output_tokens_details"), "reasoning_tokens")
    return first(counts, "reasoning_tokens", "thoughtsTokenCount") if found is None else found


def _detail(counts: Json, names: tuple[str, ...], wanted: str) -> object:
    found = [obj(counts.get(name)).get(wanted) for name in names]
    return next((value for value in found if value is not None), None)
