"""What every population is made from: the stage it plays on, and the part it adds to a world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from stillwatch.arrays import I64
from stillwatch.range.accounts import NEVER, Accounts, alike, draw_accounts
from stillwatch.range.draw import DAY, Ints, generator, numbers_of
from stillwatch.range.events import Events
from stillwatch.range.recipes import Recipe

BLOCK = 1 << 20
"""Events that a block holds at most, about: what bounds the memory of a build."""
CLIENT = ("agents", "client_fp", "access", "updated", "models", "adopts", "heat", "ceiling", "streams",
          "names_sessions", "thinks")  # fmt: skip
"""What the build of a client and its settings say of an account."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one group of a population plays.

    Attributes:
        seed: of the world. name: of the group, unlike any other in the world (`classroom-03`).
        start: first midnight UTC in microseconds. days: how many from then to the end of the world.
        release: microseconds when the newest model comes out.
        before: days of the world that lie before `start`, for a campaign that begins later than the others.
    """

    seed: int
    name: str
    start: int
    days: int
    release: int
    before: int = 0

    def rng(self, *names: object) -> np.random.Generator:
        """Return the generator of `names` within this group."""
        return generator(self.seed, self.name, *names)

    @property
    def whole(self) -> Stage:
        """The same with the days before it: what accounts were drawn for, whenever they are first used."""
        return replace(self, start=self.start - self.before * DAY, days=self.before + self.days, before=0)


Block = Callable[[], Events]
"""Makes some of the events of a part when they are wanted; the same ones every time."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one group adds to a world.

    Attributes:
        accounts: its accounts.
        recipes: the ways in which it asks; `Events.recipe` is a position here.
        blocks: its events in pieces of about `BLOCK` at most. Conversations are numbered from 0 in each.
        hidden: language of each end user who has no account of its own; `Events.writer` counts them after the
            accounts.
        roles: what accounts are to the group; role: position in `roles` of each account.
    """

    accounts: Accounts
    recipes: tuple[Recipe, ...]
    blocks: tuple[Block, ...]
    hidden: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int8))
    roles: tuple[str, ...] = ("customer",)
    role: Ints | None = None


@dataclass(frozen=True, slots=True)
class Population:
    """One kind of account holder.

    Attributes:
        name: permanent id.
        kind: `ordinary`, `relay`, or for a look-alike its name again.
        act: builds a group of so many accounts.
        share: of all innocent exchanges of a world, unless it is dialled otherwise.
        load: exchanges a day and account, about; a test holds it to what `act` makes.
        size: accounts of a usual group; 0 where one group holds all there are.
        least: fewer accounts than this do not make what it plays.
        hard: what makes it hard to tell from a campaign.
    """

    name: str
    kind: str
    act: Callable[[Stage, int], Part]
    share: float
    load: float
    size: int
    least: int
    hard: str


def crowd(stage: Stage, count: int) -> Accounts:
    """Return `count` accounts of unrelated people."""
    rng = stage.rng("accounts")
    who = draw_accounts(rng, count, stage.start, stage.days)
    takes_up = rng.lognormal(1.2, 1.3, size=count) * DAY
    keeps_old = rng.random(count) < 0.4
    adopts = np.where(keeps_old, NEVER, stage.release + takes_up.astype(np.int64))
    return replace(who, adopts=adopts)


def placed(part: Events, rows: I64) -> Events:
    """Return `part`, whose accounts are positions in `rows`, with the positions that stand there."""
    account = rows.astype(np.int32)[part.account]
    own = rows.astype(np.int32)[part.writer]
    return replace(part, account=account, writer=own)


def shards_of(expected: Sequence[float] | np.ndarray) -> list[I64]:
    """Return runs of neighbouring positions whose `expected` events sum to about half a `BLOCK` each."""
    piece = (np.cumsum(expected) / (BLOCK / 2)).astype(np.int64)
    edges = np.flatnonzero(np.diff(piece, prepend=-1, append=piece[-1:] + 1)) if len(piece) else np.zeros(1, np.int64)
    return [np.arange(a, b) for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)]


def days_of(stage: Stage, a_day: float) -> list[tuple[int, int]]:
    """Return windows (first day, days) that together are the world, each of about half a `BLOCK` of events when
    there are `a_day` events on a day."""
    step = max(int(BLOCK / 2 / max(a_day, 1.0)), 1)
    return [(first, min(step, stage.days - first)) for first in range(0, stage.days, step)]


def as_one_org(stage: Stage, who: Accounts, *, plan: int = 3, offices: int = 1) -> Accounts:
    """Return `who` as staff of one declared organisation: one card, one mail domain, `offices` addresses."""
    rng = stage.rng("organisation")
    offices = min(offices, len(who))
    office = rng.integers(0, offices, size=len(who))
    org, domain, payment = numbers_of(rng, 3)
    return alike(
        replace(who, homes=who.homes[office], networks=who.networks[office], signup_ip=who.homes[office, 0],
                signup_asn=who.networks[office, 0].astype(np.int64)),
        org=org,
        domain=domain,
        payment=payment,
        issuer=who.issuer[0],
        plan=plan,
        verification=3,
        program=-1,
        region=who.region[0],
        language=who.language[0],
    )  # fmt: skip


def one_client(who: Accounts) -> Accounts:
    """Return `who` who all run the same build of the same client with the same settings."""
    return alike(who, **{name: getattr(who, name)[0] for name in CLIENT})
