"""The body of a request to a model, in the form of any vendor, as columns of the record."""

from __future__ import annotations

from stillwatch.importers.fields import at, first, items, obj, text, unpacked
from stillwatch.importers.importer import Json
from stillwatch.importers.messages import conversation
from stillwatch.keys import Key

_HISTORY = ("messages", "input", "contents", "prompt", "inputText", "message", "texts")
_SYSTEM = ("system", "instructions", "system_instruction", "systemInstruction", "preamble")
_SETTINGS = ("inferenceConfig", "generationConfig", "generation_config", "textGenerationConfig")
_LIMIT = (
    "max_tokens", "max_completion_tokens", "max_output_tokens", "maxTokens", "maxOutputTokens", "maxTokenCount",
    "max_gen_len", "max_tokens_to_sample", "max_new_tokens",
)  # fmt: skip


def read_request(body: Json, key: Key) -> Json:
    """Return the columns that the body of a request gives: model, texts, tools and parameters."""
    return {
        "model": text(first(body, "model", "modelId")),
        **conversation(_history(body), key, system=first(body, *_SYSTEM)),
        "tools": tool_names(first(body, "tools", "toolConfig", "functions")),
        **read_parameters(body),
    }


def _history(body: Json) -> object:
    history = first(body, *_HISTORY)
    is_texts = isinstance(history, list) and bool(history) and all(isinstance(part, str) for part in history)
    return "\n".join(history) if is_texts else history  # a batch of texts is one request


def read_parameters(body: Json) -> Json:
    """Return the columns that the parameters of a request give; what it leaves out is null or the default it means."""
    inner = [obj(body[name]) for name in _SETTINGS if name in body]
    merged = {name: value for part in (*reversed(inner), body) for name, value in part.items()} if inner else body
    user, session = client_ids(at(body, "metadata", "user_id"))
    return {
        "max_tokens": first(merged, *_LIMIT),
        "temperature": merged.get("temperature"),
        "choices": first(merged, "n", "candidateCount", "num_generations"),
        "logprobs": logprobs(merged),
        "stream": merged.get("stream"),
        "reasoning": asks_reasoning(body),
        "end_user_id": text(first(body, "safety_identifier", "user")) or user,
        "session_id": session,
    }


def client_ids(user_id: object) -> tuple[str | None, str | None]:
    """Return the end user and the session that Anthropic's `metadata.user_id` names.

    The command-line client packs a device, an account and a session into it, joined in one text in older versions and
    as JSON in newer ones; of these the device stands for the end user. Other callers put an id of their own.
    """
    packed = unpacked(user_id)
    if isinstance(packed, dict):
        return text(packed.get("device_id")) or text(packed.get("account_uuid")), text(packed.get("session_id"))
    whole_id = text(user_id)
    if whole_id and "_session_" in whole_id:
        user, _, session = whole_id.rpartition("_session_")
        return user.partition("_account_")[0] or None, session or None
    return whole_id, None


def logprobs(parameters: Json) -> int | None:
    """Return how many alternatives per token were asked for: 0 is off, null is not said."""
    asked = parameters.get("logprobs", parameters.get("responseLogprobs"))
    top = first(parameters, "top_logprobs", "topLogprobs")
    if isinstance(asked, bool):
        return max(1, top if isinstance(top, int) else 0) if asked else 0
    if isinstance(asked, int):
        return asked
    return top if isinstance(top, int) and not isinstance(top, bool) else None


def asks_reasoning(body: Json) -> bool | None:
    """Return whether extended reasoning is asked for, or null where the request does not say."""
    thinking = first(body, "thinking", "reasoning", "reasoning_effort", "thinkingConfig")
    if thinking is None:
        thinking = at(body, "additionalModelRequestFields", "thinking")
    if isinstance(thinking, dict):
        return thinking.get("type") != "disabled" and thinking.get("effort") != "none"
    return None if thinking is None else thinking not in (False, "none", "disabled")


def tool_names(tools: object) -> list[str] | None:
    """Return the names of the tools a request offers, or null where it offers none that can be read."""
    tools = unpacked(tools)
    listed = tools.get("tools") if isinstance(tools, dict) else tools
    names = []
    for tool in items(listed):
        for declared in items(obj(tool).get("functionDeclarations")) or [tool]:
            names.append(_tool_name(obj(unpacked(declared))))
    known = [name for name in names if name]
    return known or None


def _tool_name(tool: Json) -> str | None:
    inner = obj(tool.get("function") or tool.get("toolSpec") or tool)
    return text(inner.get("name")) or text(tool.get("name")) or text(tool.get("type"))
