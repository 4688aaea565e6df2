"""From events to rows of the record: everything that a client or a provider adds on the way.

Addresses, user agents, token counts, latencies and ids are filled in here for innocent and campaign alike, from the
habits of the account and the recipe of the request. What two rows must agree on (a key, a session, a reasoning block,
a prefix hash) is computed from numbers; what is noise is drawn from the slice's own generator.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import ndtri

from stillwatch.arrays import I64, Flags
from stillwatch.range.accounts import AGENTS, CLIENTS, HOMES, PATHS, Accounts, account_ids, countries, id_text
from stillwatch.range.draw import Ints, address_text, generator, hex_text, key, mixed, unit
from stillwatch.range.events import HABIT, TURNS, Events, exchange_number
from stillwatch.range.fits import CACHE
from stillwatch.range.laws import F32, lengths
from stillwatch.range.recipes import LARGE, MODELS, NEW, NO_TOOLS, TOOLS, Recipe
from stillwatch.range.render import Texts
from stillwatch.record import EXCHANGES, TIMESTAMP

_FINISHED = ("stop", "length", "tool_use")
_TWO_KEYS = 0.2
"""Share of accounts that use two keys in turn."""
_OWN_HEAT = 0.93
"""Share of an account's requests at its usual temperature."""
_CALLS = 0.6
"""Share of answers that call a tool when tools are offered."""
_UNLIMITED = 64_000
_REFUSAL_TOKENS = 30
_ADDED = 36.0
"""Tokens that a later turn adds to the prompt and the answer before it: the middle one of `fits.ADDED`."""
_UNEVEN = 0.8
"""How far a turn may add less or more than the others of its conversation, against what it adds; below 1, so that the
history only grows."""
_CELLS = 1 << 16
_LOW = np.uint64(_CELLS - 1)
_KEEPS = 0.7
"""Share of requests that a prefix cache serves. Judged: it is on everywhere in the trace, and not with everybody."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """The recipes as arrays, one entry each."""

    tools: Ints
    refusal: F32
    thinks: Ints
    heat: F32
    reply: F32
    document: F32
    end_users: Flags
    own_models: Flags
    models: F32


class Filler:
    """Fills in events of one world.

    Args:
        who: all accounts. recipes: all recipes. seed: of the world.
    """

    def __init__(self, who: Accounts, recipes: tuple[Recipe, ...], seed: int) -> None:
        self._who, self._seed = who, seed
        self._asking = _asking(recipes)
        self._models = np.cumsum(who.models, axis=1, dtype=np.float32)
        self._addresses = address_text(who.homes.ravel())
        self._ids = account_ids(who.number)
        self._homes = np.cumsum(who.home_weights, axis=1, dtype=np.float32)
        names = ("exchange", "key", "session", "block", "prefix", "user", "length")
        self._keys = {name: key(seed, "fill", name) for name in names}
        self._two_keys = unit(who.number, self._keys["key"]) < _TWO_KEYS

    def rows(self, part: Events, texts: Texts, *, first: int) -> pa.RecordBatch:
        """Return the rows of `part`, which is in order of time.

        Args:
            texts: what they say. first: how many rows of the world come before.
        """
        rng, thinking = generator(self._seed, "fill", first), self._thinking(part)
        columns = {
            "exchange_id": hex_text(mixed(np.arange(first, first + len(part)), self._keys["exchange"])),
            "ts": pa.array(part.ts, TIMESTAMP),
            **self._origin(rng, part),
            **self._conversation(part, texts),
            **self._settings(rng, part),
            "reasoning": pa.array(thinking),
            **self._outcome(rng, part, texts, thinking),
        }
        return pa.RecordBatch.from_arrays([columns[name] for name in EXCHANGES.names], names=EXCHANGES.names)

    def _origin(self, rng: np.random.Generator, part: Events) -> dict[str, pa.Array]:
        who, at = self._who, part.account
        place = _by_edges(rng, self._homes[at])
        later = (part.ts > who.updated[at]).astype(np.int8)
        second = self._two_keys[at] & (part.talk & 1 == 1)
        return {
            "account_id": self._ids.take(pa.array(at)),
            "org_id": id_text(who.org[at], 12, "org_"),
            "key_id": hex_text(mixed(who.number[at] + second, self._keys["key"]), digits=12),
            "ip": self._addresses.take(pa.array(at * np.int64(HOMES) + place)),
            "asn": pa.array(who.networks[at, place], pa.int64()),
            "country": _coded(who.region[at], countries()),
            "user_agent": _coded(who.agents[at, later], AGENTS),
            "client_fp": _coded(who.client_fp[at], CLIENTS),
            "access_path": _coded(who.access[at], PATHS),
            "operation": _coded(np.zeros(len(part), dtype=np.int32), ("chat",)),
        }

    def _conversation(self, part: Events, texts: Texts) -> dict[str, pa.Array]:
        named = self._who.names_sessions[part.account]
        sessions = mixed(part.talk * np.int64(1_000_003) + part.account, self._keys["session"])
        passed_on = self._asking.end_users[part.recipe]
        users = mixed(part.writer, self._keys["user"])
        return {
            "end_user_id": hex_text(users, digits=12, prefix="u_", present=passed_on),
            "session_id": hex_text(sessions, digits=12, present=named),
            "system_text": texts.system,
            "input_text": texts.input,
            "turn": pa.array(part.turn, pa.int32()),
            "prefix_hashes": self._prefixes(part),
        }

    def _prefixes(self, part: Events) -> pa.Array:
        """Return for each request the hashes of the earlier user turns of its conversation, oldest first."""
        earlier = part.turn.astype(np.int64) - 1
        ends = _edges(earlier)
        turn = np.arange(ends[-1]) - np.repeat(ends[:-1].astype(np.int64), earlier) + 1
        numbers = np.repeat(part.talk * TURNS, earlier) + turn
        return pa.ListArray.from_arrays(pa.array(ends), hex_text(mixed(numbers, self._keys["prefix"])))

    def _settings(self, rng: np.random.Generator, part: Events) -> dict[str, pa.Array]:
        who, at, asking, count = self._who, part.account, self._asking, len(part)
        heat = np.where(rng.random(count, dtype=np.float32) < _OWN_HEAT, who.heat[at], np.float32(-1.0))
        heat = np.where(asking.heat[part.recipe] == HABIT, heat, asking.heat[part.recipe]).astype(np.float64)
        ceiling = who.ceiling[at]
        return {
            "model": _coded(self._model(rng, part), MODELS),
            "temperature": pa.array(np.round(heat, 3), mask=heat < 0),
            "max_tokens": pa.array(ceiling.astype(np.int64), mask=ceiling == 0),
            "tools": _OFFERED.take(pa.array(asking.tools[part.recipe] + 1)),
            "stream": pa.array(who.streams[at]),
            "choices": pa.array(np.ones(count, dtype=np.int32)),
            "logprobs": pa.array(np.zeros(count, dtype=np.int32)),
        }

    def _model(self, rng: np.random.Generator, part: Events) -> Ints:
        asking, at = self._asking, part.account
        edges = self._models[at]
        given = np.flatnonzero(asking.own_models[part.recipe])
        model = _by_edges(rng, edges)
        moved = (model == LARGE) & (part.ts >= self._who.adopts[at])
        model[moved] = NEW
        model[given] = _by_edges(rng, asking.models[part.recipe[given]])
        return model

    def _thinking(self, part: Events) -> Flags:
        asked = self._asking.thinks[part.recipe]
        thinking: Flags = np.where(asked == HABIT, self._who.thinks[part.account], asked == 1)
        return thinking

    def _outcome(self, rng: np.random.Generator, part: Events, texts: Texts, thinking: Flags) -> dict[str, pa.Array]:
        count, good = len(part), part.status < 400
        refused = good & (rng.random(count, dtype=np.float32) < self._asking.refusal[part.recipe])
        spent = self._tokens(rng, part, texts, refused=refused, thinking=thinking)
        first = np.exp(rng.standard_normal(count, dtype=np.float32) * np.float32(0.5) + np.float32(6.1))
        speed = np.exp(rng.standard_normal(count, dtype=np.float32) * np.float32(0.35) + np.float32(np.log(14.0)))
        whole = np.where(good, first + speed * spent.out, first * np.float32(0.4))
        tools = self._asking.tools[part.recipe]
        called = good & ~refused & (tools != NO_TOOLS) & (rng.random(count, dtype=np.float32) < _CALLS)
        ended = np.where(called, 2, spent.cut.astype(np.int32))
        none = ~good
        return {
            "output_text": _some(texts.output, good & ~refused) if texts.output.null_count < count else texts.output,
            "tool_calls": _called(rng, tools, called),
            "tokens_in": pa.array(spent.sent),
            "tokens_out": pa.array(np.where(good, spent.out, 0)),
            "tokens_cached": pa.array(np.where(good, spent.cached, 0)),
            "tokens_reasoning": pa.array(np.where(good, spent.thought, 0)),
            "finish_reason": _coded(ended, _FINISHED, mask=none),
            "refused": pa.array(refused),
            "status": pa.array(part.status, pa.int32()),
            "latency_ms": pa.array(np.round(whole.astype(np.float64), 1)),
            "ttft_ms": pa.array(np.round(first.astype(np.float64), 1), mask=none),
            **self._blocks(part, thinking, good),
        }

    def _tokens(
        self, rng: np.random.Generator, part: Events, texts: Texts, *, refused: Flags, thinking: Flags
    ) -> _Spent:
        """Return token counts: what is asked and answered by its length in characters, and what people send along
        and get back by the fitted lengths of `fits`."""
        count = len(part)
        asked, fixed, said = (self._counted(text) for text in (texts.input, texts.system, texts.output))
        along, grown, reply = self._lengths(part)
        reply = np.where(said > 0, said, reply)
        thought, long = np.zeros(count, dtype=np.float32), np.flatnonzero(thinking)
        thought[long] = np.exp(rng.standard_normal(len(long), dtype=np.float32) * np.float32(0.8) + 6)
        full = np.where(refused, _REFUSAL_TOKENS, np.maximum(reply, 1) + thought)
        ceiling = self._who.ceiling[part.account]
        ceiling = np.where(ceiling > 0, ceiling, _UNLIMITED)
        out = np.minimum(full, ceiling).astype(np.int64)
        before = np.where(part.turn > 1, fixed + along + grown, fixed)
        kept = rng.random(count, dtype=np.float32) < _KEEPS
        cached = np.where(kept, CACHE.block * (before // CACHE.block), 0)
        return _Spent(
            sent=(8 + asked + fixed + along + grown).astype(np.int64),
            out=out,
            cached=cached.astype(np.int64),
            thought=np.minimum(thought.astype(np.int64), out),
            cut=full > ceiling,
        )

    def _counted(self, texts: pa.Array) -> F32:
        """Return tokens of each text, 0 for null: equal texts have equally many."""
        if texts.null_count == len(texts):
            return np.zeros(len(texts), dtype=np.float32)
        chars = pc.fill_null(pc.utf8_length(texts), 0).to_numpy(zero_copy_only=False)
        tokens: F32 = (chars / (3.6 + unit(chars, self._keys["length"]))).astype(np.float32)
        return tokens

    def _lengths(self, part: Events) -> tuple[F32, F32, F32]:
        """Return tokens that are sent along with a request (the same throughout a conversation), of the turns before
        it, and of its answer. They follow from the number of the request, so a body that is sent again has as many."""
        given, answered = lengths()
        talk, each = (mixed(numbers, self._keys["length"]) for numbers in (part.talk, exchange_number(part)))
        one, other = talk & _LOW, each & _LOW
        document, reply = self._asking.document[part.recipe], self._asking.reply[part.recipe]
        along = np.where(document > 0, document * _factors()[(talk >> np.uint64(16)) & _LOW], given[one])
        back = answered[np.where(part.turn == 1, one, other)]
        back = np.where(reply > 0, reply * _factors()[(each >> np.uint64(16)) & _LOW], back)
        a_turn = np.where(reply > 0, reply, answered[one]) + np.float32(_ADDED)
        uneven = (other / np.float32(_CELLS) - np.float32(0.5)) * np.float32(_UNEVEN)
        grown = np.where(part.turn > 1, (part.turn - 1 + uneven) * a_turn, np.float32(0)).astype(np.float32)
        return along, grown, back

    def _blocks(self, part: Events, thinking: Flags, good: Flags) -> dict[str, pa.Array]:
        """Return the reasoning blocks handed out and brought back: an answer that thinks issues one, and the next
        request of the conversation presents the one before it."""
        numbers = exchange_number(part)
        before = np.where((part.turn > 1) & thinking, numbers - 1, -1)
        brings = np.where(part.brings == HABIT, before, part.brings)
        return {
            "signatures_issued": self._signs(numbers, good & thinking),
            "signatures_presented": self._signs(brings, brings >= 0),
        }

    def _signs(self, numbers: I64, present: Flags) -> pa.Array:
        values = hex_text(mixed(numbers[present], self._keys["block"]))
        return pa.ListArray.from_arrays(pa.array(_edges(present)), values)


@dataclass(frozen=True, slots=True)
class _Spent:
    """Tokens of each request, and whether the answer was cut off."""

    sent: I64
    out: I64
    cached: I64
    thought: I64
    cut: Flags


_OFFERED = pa.array([[], *(list(names) for names in TOOLS)], pa.list_(pa.string()))


def _asking(recipes: tuple[Recipe, ...]) -> _Asking:
    models = np.ones((len(recipes), len(MODELS)), dtype=np.float32)
    for row, recipe in zip(models, recipes, strict=True):
        if recipe.models:
            row[:] = np.cumsum(recipe.models) / sum(recipe.models)
    return _Asking(
        tools=np.array([r.tools for r in recipes], dtype=np.int32),
        refusal=np.array([r.refusal for r in recipes], dtype=np.float32),
        thinks=np.array([r.thinks for r in recipes], dtype=np.int8),
        heat=np.array([r.heat for r in recipes], dtype=np.float32),
        reply=np.array([r.reply for r in recipes], dtype=np.float32),
        document=np.array([r.document for r in recipes], dtype=np.float32),
        end_users=np.array([r.end_users for r in recipes], dtype=np.bool_),
        own_models=np.array([bool(r.models) for r in recipes], dtype=np.bool_),
        models=models,
    )


def _by_edges(rng: np.random.Generator, edges: F32) -> I64:
    """Return for each row of cumulative weights a column."""
    drawn = rng.random(len(edges), dtype=np.float32) * edges[:, -1]
    column = np.zeros(len(edges), dtype=np.int64)
    for edge in range(edges.shape[1] - 1):
        column += drawn >= edges[:, edge]
    return column


@functools.cache
def _factors() -> F32:
    """Return lognormal factors about 1, for whoever looks one up by 16 bits of a number."""
    factors: F32 = np.exp(0.5 * ndtri((np.arange(_CELLS) + 0.5) / _CELLS)).astype(np.float32)
    return factors


def _coded(positions: Ints, names: tuple[str, ...], mask: Flags | None = None) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(positions.astype(np.int32), mask=mask), _texts(names))


@functools.cache
def _texts(names: tuple[str, ...]) -> pa.Array:
    return pa.array(names)


def _some(texts: pa.Array, present: Flags) -> pa.Array:
    """Return `texts` with null where it is not `present`."""
    return pc.if_else(pa.array(present), texts, pa.scalar(None, pa.string()))


def _edges(counts: Ints | Flags) -> npt.NDArray[np.int32]:
    edges = np.zeros(len(counts) + 1, dtype=np.int32)
    np.cumsum(counts, out=edges[1:])
    return edges


def _called(rng: np.random.Generator, tools: Ints, called: Flags) -> pa.Array:
    """Return the one tool that each answer of `called` uses."""
    sizes = np.array([len(names) for names in TOOLS])
    firsts = np.cumsum(sizes) - sizes
    flat = pa.array([name for names in TOOLS for name in names])
    offered = tools[called]
    picked = firsts[offered] + (rng.random(len(offered)) * sizes[offered]).astype(np.int64)
    return pa.ListArray.from_arrays(pa.array(_edges(called)), flat.take(pa.array(picked)))
