"""Who asks what and when, as numbers: the first half of making a world.

An event is one request before anything is filled in: no text, no address, no token count. Those follow from numbers
(`fill.py`, `render.py`), so events are all that has to be put in order of time, and they take 42 bytes each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import numpy as np

from stillwatch.arrays import I64, Flags
from stillwatch.range.draw import MICRO, Ints

HABIT = -1
"""In a field of an event or a recipe: as the account usually does it."""
NONE = -2
"""In `Events.brings`: the request brings no reasoning block back."""
TURNS = 1024
"""More than the turns of any conversation."""

_TYPES = {"ts": "i8", "talk": "i8", "brings": "i8", "account": "i4", "writer": "i4", "item": "i4",
          "turn": "i2", "recipe": "i2", "status": "i2"}  # fmt: skip
PACKED = np.dtype(list(_TYPES.items()))
"""An event as it lies on disk."""


@dataclass(frozen=True, slots=True)
class Events:
    """Requests, one entry each.

    Attributes:
        ts: microseconds since the epoch.
        talk: number of the conversation; it may go on under another account, and a body that is sent again (a retry,
            a fail-over) has the same `talk` and `turn`.
        brings: the exchange whose reasoning block the request brings back, as `exchange_number` gives it; HABIT for
            the block of the turn before, when the client thinks; NONE.
        account: position in the accounts.
        writer: position in the writers: who words the text; accounts come first, in their order.
        item: what is asked for, where several requests ask for the same: equal items of one recipe have equal texts,
            whoever asks. HABIT where every request has a text of its own.
        turn: 1 for the first request of a conversation.
        recipe: position in the recipes: how the request is made.
        status: HTTP status.
    """

    ts: I64
    talk: I64
    brings: I64
    account: Ints
    writer: Ints
    item: Ints
    turn: Ints
    recipe: Ints
    status: Ints

    def __len__(self) -> int:
        return len(self.ts)

    def take(self, rows: I64 | Flags) -> Events:
        """Return the events at `rows`."""
        return Events(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def packed(self) -> np.ndarray[tuple[int], np.dtype[np.void]]:
        """Return the events as one array of `PACKED`."""
        packed = np.empty(len(self), dtype=PACKED)
        for name in _TYPES:
            packed[name] = getattr(self, name)
        return packed


def unpacked(packed: np.ndarray[tuple[int], np.dtype[np.void]]) -> Events:
    """Return the events that `Events.packed` wrote."""
    return Events(**{name: np.ascontiguousarray(packed[name]) for name in _TYPES})


def events(
    account: Ints, ts: I64, *, talk: I64 | None = None, turn: Ints | None = None, recipe: Ints | int = 0
) -> Events:
    """Return requests that follow the habits of their accounts, each a conversation of its own unless `talk` says
    otherwise; `dataclasses.replace` states what differs."""
    count = len(account)
    return Events(
        ts=ts,
        talk=np.arange(count, dtype=np.int64) if talk is None else talk,
        brings=np.full(count, HABIT, dtype=np.int64),
        account=account.astype(np.int32),
        writer=account.astype(np.int32),
        item=np.full(count, HABIT, dtype=np.int32),
        turn=np.ones(count, dtype=np.int16) if turn is None else turn.astype(np.int16),
        recipe=np.broadcast_to(np.asarray(recipe, dtype=np.int16), (count,)),
        status=np.full(count, 200, dtype=np.int16),
    )


def concatenate(parts: Iterable[Events]) -> Events:
    """Return the events of `parts` one after the other; conversations must be numbered through (`renumbered`)."""
    listed = list(parts)
    return Events(**{f.name: np.concatenate([getattr(p, f.name) for p in listed]) for f in fields(Events)})


def joined(parts: Iterable[Events]) -> Events:
    """Return the events of `parts`, whose conversations have nothing to do with each other, one after the other."""
    moved, base = [], 0
    for part in parts:
        moved.append(renumbered(part, base))
        base += span_of(part)
    return concatenate(moved)


def renumbered(part: Events, base: int) -> Events:
    """Return `part` with the numbers of its conversations, and of the blocks it brings, raised by `base`."""
    brings = np.where(part.brings >= 0, part.brings + base * TURNS, part.brings)
    return replace(part, talk=part.talk + base, brings=brings)


def span_of(part: Events) -> int:
    """Return how many conversation numbers `part` takes."""
    return int(part.talk.max(initial=-1)) + 1


def exchange_number(part: Events) -> I64:
    """Return one number per body: equal for the tries of one request, different otherwise."""
    return part.talk * TURNS + part.turn


_FAILURES = np.array((429, 529, 500, 400, 503), dtype=np.int16)
_RETRIED, _RETRY_WORKS = 0.7, 0.85


def with_failures(rng: np.random.Generator, part: Events, errors: Ints | np.ndarray) -> Events:
    """Return `part` in which accounts fail as often as `errors` (one share each) says, with the clients' own retries
    of the same body some seconds later. `part` holds the turns of a conversation one after the other."""
    failed = np.flatnonzero((rng.random(len(part)) < errors[part.account]) & (part.status == 200))
    if not len(failed):
        return part
    status = part.status.copy()
    status[failed] = rng.choice(_FAILURES, size=len(failed), p=[0.5, 0.15, 0.15, 0.12, 0.08])
    tried = replace(part, status=status)
    again = failed[(status[failed] != 400) & (rng.random(len(failed)) < _RETRIED)]
    waits = (rng.lognormal(1.1, 0.9, size=len(again)) * MICRO).astype(np.int64) + 300_000
    works = rng.random(len(again)) < _RETRY_WORKS
    second = np.where(works, 200, status[again]).astype(np.int16)
    tried = replace(tried, brings=_without(part, np.setdiff1d(failed, again[works])))
    return concatenate([tried, replace(tried.take(again), ts=part.ts[again] + waits, status=second)])


def _without(part: Events, lost: I64) -> I64:
    """Return `part.brings` in which the turn after each of `lost`, which was never answered, brings no block back."""
    brings, after = part.brings.copy(), lost[lost + 1 < len(part)] + 1
    after = after[(part.talk[after] == part.talk[after - 1]) & (part.brings[after] == HABIT)]
    brings[after] = NONE
    return brings
