"""Message lists of all the chat interfaces, as what the record keeps of them.

Read are the forms of OpenAI (chat completions and responses), Anthropic, Bedrock Converse, Gemini and the OpenTelemetry
conventions; they differ in where the parts are and how these are called, and one log may mix them.

The history of a conversation is hashed without its system text: relays put their own in its place, and the same
conversation must be known again behind them. Tool calls and results belong to the history; reasoning does not, since
clients leave it out when they send the history again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from stillwatch.importers.fields import items, obj, text
from stillwatch.importers.importer import Json
from stillwatch.keys import Key

_SYSTEM = frozenset({"system", "developer"})
_USER = frozenset({"user", "human"})
_TOOL_ROLES = frozenset({"tool", "function", "ipython"})
_RESULTS = frozenset(
    {"tool_result", "tool_call_response", "function_call_output", "custom_tool_call_output", "local_shell_call_output",
     "computer_call_output", "web_search_tool_result", "mcp_approval_response"}
)  # fmt: skip
_CALLS = frozenset({"tool_use", "tool_call", "function_call", "server_tool_use", "custom_tool_call", "mcp_call"})
_HIDDEN = frozenset({"thinking", "redacted_thinking", "reasoning", "reasoning.encrypted", "reasoning.text"})
_SEALS = ("signature", "thoughtSignature", "thought_signature", "encrypted_content", "redactedContent")
_END = "\x1e"
"""Stands between the messages of a history; no log contains it."""


class Part(NamedTuple):
    """One message, or one piece of a message, in the terms of the record.

    Attributes:
        text: what is said; empty if nothing is.
        call: name of the tool that is called, or None.
        arguments: arguments of that call as text that does not depend on the order of keys.
        is_result: whether this is what a tool returned.
        seals: opaque reasoning blocks that the piece carries.
    """

    text: str = ""
    call: str | None = None
    arguments: str = ""
    is_result: bool = False
    seals: tuple[str, ...] = ()

    @property
    def speaks(self) -> bool:
        """Whether the piece is part of the history, rather than reasoning or an image."""
        return bool(self.text) or self.call is not None or self.is_result


class Message(NamedTuple):
    """One message: who speaks, and its parts."""

    role: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The texts of the message, joined by line breaks, without what tools returned."""
        if len(self.parts) == 1 and not self.parts[0].is_result:
            return self.parts[0].text.strip()
        return "\n".join(part.text for part in self.parts if part.text and not part.is_result).strip()

    @property
    def is_turn(self) -> bool:
        """Whether a user speaks here: not a tool's result that is sent under the user's name."""
        return self.role in _USER and not any(part.is_result for part in self.parts)

    @property
    def canonical(self) -> str:
        """The message as it enters the hash of a history."""
        said = [f"{part.call or ''}\x1f{part.arguments}\x1f{part.text.strip()}" for part in self.parts if part.speaks]
        return f"{self.role}\x1f" + "\x1f".join(said) + _END


def conversation(messages: object, key: Key, *, system: object = None) -> Json:
    """Return the columns of the record that a message list gives.

    Args:
        messages: a list of messages, or the text of a single user turn.
        key: makes the hashes of histories and reasoning blocks.
        system: system text that is given beside the list: text, parts, or nothing.

    Returns: `system_text`, `input_text`, `turn`, `prefix_hashes` and `signatures_presented`; a list without a user
    turn has turn None and no input text.
    """
    return conversation_of(list(read_messages(messages)), key, system=system)


def conversation_of(spoken: list[Message], key: Key, *, system: object = None) -> Json:
    """Return what `conversation` returns, for messages that were read."""
    given = [] if system is None else [_system(system)]
    systems = [*given, *(message.text for message in spoken if message.role in _SYSTEM)]
    history = [message for message in spoken if message.role not in _SYSTEM]
    turns = [place for place, message in enumerate(history) if message.is_turn]
    seals = [seal for message in history for part in message.parts for seal in part.seals]
    return {
        "system_text": "\n".join(filter(None, systems)) or None,
        "input_text": history[turns[-1]].text if turns else None,
        "turn": len(turns) or None,
        "prefix_hashes": prefix_hashes(history, turns[:-1], key) if turns else None,
        "signatures_presented": [key.text(seal) for seal in dict.fromkeys(seals)] if history else None,
    }


def prefix_hashes(history: list[Message], turns: list[int], key: Key) -> list[str]:
    """Return the hash of `history` up to and including each message at `turns`, oldest first.

    Each hash is made from the one before and one message, so that the work grows with the length alone.
    """
    wanted = frozenset(turns)
    hashes: list[str] = []
    last = ""
    for place, message in enumerate(history[: max(turns, default=-1) + 1]):
        last = next_hash(last, message, key)
        if place in wanted:
            hashes.append(last)
    return hashes


def next_hash(last: str, message: Message, key: Key) -> str:
    """Return the hash of a history that consists of the one hashed to `last` (empty at first) and then `message`."""
    return key.text(f"{last}{message.canonical}")


def read_messages(messages: object) -> Iterator[Message]:
    """Yield the messages of a list in any of the forms known here; a text is one user message."""
    if isinstance(messages, str):
        messages = [messages]
    elif isinstance(messages, dict):
        messages = messages.get("messages") or [messages]
    for message in items(messages):
        if isinstance(message, str):
            yield Message("user", (Part(message),))
        elif isinstance(message, dict):
            yield read_message(message)


def read_message(message: Json) -> Message:
    """Return one message; items of the responses interface that have no role get the one they act in."""
    role = _role(message)
    content = message.get("content", message.get("parts"))
    if len(message) == 2 and type(content) is str and role not in _TOOL_ROLES:
        return Message(role, (Part(content),))  # nearly all messages are this plain
    parts = list(_content(content, is_result=role in _TOOL_ROLES))
    if _kind(message) in _CALLS | _RESULTS | _HIDDEN:
        parts = [_part(message)]
    parts += [_part({**obj(call), "type": "tool_call"}) for call in items(message.get("tool_calls"))]
    if isinstance(message.get("function_call"), dict):
        parts.append(_part({**message["function_call"], "type": "tool_call"}))
    beside = items(message.get("thinking_blocks")) + items(message.get("reasoning_details"))
    parts += [Part(seals=_seals(block)) for block in beside if isinstance(block, dict)]
    return Message(role, tuple(parts))


def _kind(part: Json) -> str:
    kind = part.get("type")
    return kind if isinstance(kind, str) else ""


def _role(message: Json) -> str:
    name = (text(message.get("role")) or _kind(message)).lower()
    if name in _USER or name in _SYSTEM or name in _TOOL_ROLES:
        return "user" if name in _USER else name
    if name in _RESULTS:
        return "tool"
    return "assistant" if name in _CALLS or name in _HIDDEN or name in ("model", "ai", "assistant") else name


def _system(system: object) -> str:
    if isinstance(system, dict) and "type" not in system and "text" not in system:
        system = system.get("content", system.get("parts"))
    return "\n".join(part.text for part in _content(system, is_result=False) if part.text).strip()


def _content(content: object, *, is_result: bool) -> Iterator[Part]:
    """Yield the parts of a message's content: a text, one part, or a list of parts."""
    if isinstance(content, str):
        yield Part(content, is_result=is_result)
    for part in [content] if isinstance(content, dict) else items(content):
        if isinstance(part, str):
            yield Part(part, is_result=is_result)
        elif isinstance(part, dict):
            found = _part(part)
            yield Part(found.text, found.call, found.arguments, is_result or found.is_result, found.seals)


def _part(part: Json) -> Part:
    kind = _kind(part)
    if kind in _RESULTS or "toolResult" in part or "functionResponse" in part:
        return Part(_result_text(part), is_result=True)
    if kind in _CALLS or "toolUse" in part or "functionCall" in part:
        return _call(part)
    if kind in _HIDDEN or "reasoningContent" in part or part.get("thought") is True:
        return Part(seals=_seals(part))
    said = text(part.get("text")) or text(part.get("content")) or text(part.get("refusal"))
    return Part(said or "", seals=_seals(part))


def _result_text(part: Json) -> str:
    """Return what a tool returned, as text."""
    inner = obj(part.get("toolResult") or part.get("functionResponse") or part)
    for name in ("content", "output", "result", "response"):
        value = inner.get(name)
        if isinstance(value, str):
            return value
        if value is not None:
            return "\n".join(p.text for p in _content(value, is_result=True) if p.text) or _stable(value)
    return ""


def _call(part: Json) -> Part:
    inner = obj(part.get("function") or part.get("toolUse") or part.get("functionCall") or part)
    arguments = next((inner[name] for name in ("arguments", "input", "args") if inner.get(name) is not None), "")
    name = text(inner.get("name")) or text(part.get("name"))
    return Part(
        call=name, arguments=arguments if isinstance(arguments, str) else _stable(arguments), seals=_seals(part)
    )


def _seals(part: Json) -> tuple[str, ...]:
    """Return the opaque reasoning blocks that a part carries: signatures and encrypted or redacted reasoning."""
    inner = obj(part.get("reasoningContent"))
    found = [inner.get("redactedContent"), obj(inner.get("reasoningText")).get("signature")]
    found += [part.get(name) for name in _SEALS]
    if _kind(part) in ("redacted_thinking", "reasoning.encrypted"):
        found.append(part.get("data"))
    return tuple(seal for seal in found if isinstance(seal, str) and seal)


def _stable(value: object) -> str:
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    except (RecursionError, TypeError):
        return repr(type(value))
