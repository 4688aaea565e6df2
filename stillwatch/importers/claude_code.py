"""Claude Code: the session files of its command line, as a company may collect them from its own machines.

One answer of the model is written as several lines, one per block; they carry one request id and become one exchange.
The lines form a tree: each names the line before it, and a session may branch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pyarrow as pa

from stillwatch.importers import times
from stillwatch.importers.answer import read_answer
from stillwatch.importers.columns import tables
from stillwatch.importers.fields import first, items, obj, text
from stillwatch.importers.importer import Head, Importer, Intake, Json, Row
from stillwatch.importers.messages import Message, next_hash, read_message
from stillwatch.importers.records import Record, records
from stillwatch.importers.shape import NO_CALL, merged
from stillwatch.importers.source import Source
from stillwatch.keys import Key

_HOME = re.compile(r"(?:/home/|/Users/|[A-Za-z]:\\Users\\)[^/\\]+")
"""The folder of one person on Linux, macOS and Windows."""
_SYNTHETIC = "<synthetic>"
"""The model that the client writes for answers it made up itself, such as error messages."""


def _recognises(head: Head) -> bool:
    return any(_is_line(value) for value in head.values)


def _is_line(value: Json) -> bool:
    spoken = isinstance(value.get("message"), dict) and "uuid" in value
    return "sessionId" in value and spoken and value.get("type") in ("user", "assistant")


def _reads(source: Source, intake: Intake) -> Iterator[pa.Table]:
    return tables(_rows(source, intake), source, intake)


@dataclass(frozen=True, slots=True)
class _State:
    """What was said up to one line of a session.

    Attributes:
        last: hash of the history, empty before the first message.
        hashes: hashes up to and including each user turn before the newest one, oldest first.
        turn: hash up to and including the newest user turn.
        turns: user turns so far.
        input_text: text of the newest.
        asked: when the newest message that was not the model's was sent.
    """

    last: str = ""
    hashes: tuple[str, ...] = ()
    turn: str = ""
    turns: int = 0
    input_text: str | None = None
    asked: object = None

    def after(self, message: Message, sent: object, key: Key) -> _State:
        last = next_hash(self.last, message, key)
        if message.is_turn:
            hashes = (*self.hashes, self.turn) if self.turns else ()
            return _State(last, hashes, last, self.turns + 1, message.text, sent)
        asked = self.asked if message.role == "assistant" else sent
        return replace(self, last=last, asked=asked)


@dataclass(slots=True)
class _Answer:
    """The lines of one answer, gathered until the next one begins."""

    line: int
    first: Json
    before: _State
    blocks: list[object] = field(default_factory=list)
    last: Json = field(default_factory=dict)
    size: int = 0


def _rows(source: Source, intake: Intake) -> Iterator[Row]:
    states: dict[str, _State] = {}
    pending: dict[str, _Answer] = {}
    for record in records(source, intake):
        value = record.value
        message = obj(value.get("message"))
        kind = value.get("type")
        if kind not in ("user", "assistant") or not message:
            intake.skips.add(NO_CALL, f"{source.label}:{record.line}")
            continue
        before = states.get(text(value.get("parentUuid")) or "", _State())
        states[text(value.get("uuid")) or ""] = before.after(read_message(message), value.get("timestamp"), intake.key)
        if message.get("model") == _SYNTHETIC:
            intake.skips.add(NO_CALL, f"{source.label}:{record.line}")
        elif kind == "assistant":
            yield from _gather(record, before, pending, intake.key)
    yield from (_row(answer, intake.key) for answer in pending.values())


def _gather(record: Record, before: _State, pending: dict[str, _Answer], key: Key) -> Iterator[Row]:
    """Add a line to the answer it belongs to; yield the answers that are complete since another one began."""
    value, message = record.value, obj(record.value.get("message"))
    name = text(value.get("requestId")) or text(message.get("id")) or f"line {record.line}"
    if name not in pending:
        done = list(pending.values())
        pending.clear()
        yield from (_row(answer, key) for answer in done)
        pending[name] = _Answer(record.line, value, before)
    answer = pending[name]
    answer.blocks += items(message.get("content")) or [message.get("content")]
    answer.last, answer.size = value, answer.size + record.size


def _row(answer: _Answer, key: Key) -> Row:
    value, before = answer.first, answer.before
    message = {**obj(answer.last.get("message")), "content": [block for block in answer.blocks if block]}
    start = times.parse(before.asked) if before.asked is not None else None
    row = merged(
        read_answer(message, key),
        {
            "exchange_id": first(value, "requestId") or first(message, "id") or first(value, "uuid"),
            "ts": before.asked if start is not None else value.get("timestamp"),
            "account_id": _account(value, key),
            "session_id": value.get("sessionId"),
            "user_agent": _agent(value),
            "access_path": "app",
            "operation": "chat",
            "input_text": before.input_text,
            "turn": before.turns or None,
            "prefix_hashes": list(before.hashes),
        },
    )
    return Row(answer.line, answer.size, row)


def _account(value: Json, key: Key) -> str | None:
    """Return the account: the hash of the home folder worked in, else of the session, which merges no two people."""
    home = _HOME.match(text(value.get("cwd")) or "")
    if home:
        return f"home:{key.text(home[0])}"
    session = text(value.get("sessionId"))
    return f"session:{key.text(session)}" if session else None


def _agent(value: Json) -> str | None:
    version = text(value.get("version"))
    return f"claude-code/{version}" if version else None


CLAUDE_CODE = Importer("claude-code", "Claude Code session file", _recognises, _reads)
