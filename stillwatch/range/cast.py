"""Who plays in a world: the campaigns of its scenario, and every innocent population in its stated proportion."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field

import numpy as np

from stillwatch.arrays import I64
from stillwatch.errors import NothingUsable
from stillwatch.range.campaigns import Campaign, evaded, play, scaled
from stillwatch.range.draw import DAY, MICRO, zipf_weights
from stillwatch.range.names import unknown
from stillwatch.range.populations import POPULATIONS
from stillwatch.range.prompts import Prompts
from stillwatch.range.render import TextMode
from stillwatch.range.scenarios import DEMO, Scenario
from stillwatch.range.stage import Part, Population, Stage
from stillwatch.range.store import CAMPAIGN, ORDINARY

_RELEASE = 0.45
"""When the newest model comes out, as a share of the world's days."""
_MOST_GROUPS = 60
_GROWTH = 0.6
"""Groups of a population grow in number as its accounts to this power; the rest of the growth makes them larger."""
_UNEVEN = 0.5
"""Exponent by which the sizes of a population's groups fall with their rank."""
_MOST_SCALE = 1_000_000
_MOST_ACCOUNTS = 10_000_000
"""More than any world that was reported has at full scale; each takes some 600 bytes while it is built."""
_MOST_HISTORY = 3_660
"""Days; ten years."""
_OVER = 1.5
"""A world of innocents may be this many times as large as was asked for, since every population has a least size."""
_LEAST_ORDINARY = 0.25
"""Share of the innocent exchanges that is left to ordinary people, however far a population is dialled up."""


@dataclass(frozen=True, slots=True)
class WorldSpec:
    """What to build.

    Attributes:
        scenario: what is played, see `scenario_named`.
        scale: accounts and exchanges against those that were reported; loads, proportions and days stay.
        text: how much text the requests carry.
        innocents: exchanges of innocents for each of the campaigns; None for what the scenario says.
        dials: factor on the share of a population, by its name.
        rungs: evasions of the ladder, applied to every campaign in this order.
        prompts: real prompts in place of our own sentences, see `prompts.Prompts`.
        history: days of innocent traffic before the first day of the campaigns, at the same rate.
    """

    scenario: Scenario = DEMO
    scale: float = 1.0
    text: TextMode = TextMode.FULL
    innocents: float | None = None
    dials: Mapping[str, float] = field(default_factory=dict)
    rungs: tuple[str, ...] = ()
    prompts: Prompts | None = None
    history: int = 0


@dataclass(frozen=True, slots=True)
class Player:
    """One group of a world: `act` makes it for `count` accounts on its `stage`."""

    name: str
    kind: str
    stage: Stage
    count: int
    act: Callable[[Stage, int], Part]


@dataclass(frozen=True, slots=True)
class Cast:
    """All that a world is made of.

    Attributes:
        start: first midnight UTC in microseconds. days: length, history included.
        campaigns: as they are played, scaled and evading.
        players: campaigns first, then populations in their order.
        shares: of the innocent exchanges, by population.
        expected: exchanges in all, about.
    """

    seed: int
    text: TextMode
    prompts: Prompts | None
    start: int
    days: int
    release: int
    campaigns: tuple[Campaign, ...]
    players: tuple[Player, ...]
    shares: Mapping[str, float]
    expected: float


def cast(spec: WorldSpec, seed: int) -> Cast:
    """Return the cast of `spec`.

    Raises:
        StillwatchError: an unknown population or rung; a scale, proportion or dial that makes no world, or too large a
            one.
    """
    scenario = spec.scenario
    _check_dials(spec.dials)
    _check_size(spec)
    for campaign in sorted(scenario.campaigns, key=lambda c: -c.least / c.accounts)[:1]:
        scaled(campaign, spec.scale)  # the one that needs the largest scale says so first
    campaigns = tuple(evaded(scaled(campaign, spec.scale), spec.rungs) for campaign in scenario.campaigns)
    begins = int(dt.datetime.fromisoformat(scenario.start).replace(tzinfo=dt.UTC).timestamp()) * MICRO
    start, days = begins - spec.history * DAY, spec.history + scenario.days
    stage = functools.partial(Stage, seed, release=begins + int(scenario.days * _RELEASE) * DAY)
    theirs = functools.partial(stage, start=begins, days=scenario.days, before=spec.history)
    everybody = functools.partial(stage, start=start, days=days)
    harvested = sum(campaign.exchanges for campaign in campaigns)
    ratio = scenario.innocents if spec.innocents is None else spec.innocents
    innocent = harvested * ratio if campaigns else scenario.innocents * spec.scale
    shares = _shares(spec.dials)
    players = [Player(c.id, CAMPAIGN, theirs(name=c.id), c.accounts, _playing(c)) for c in campaigns]
    counts = _counts(shares, innocent, scenario.days)
    if not campaigns:
        _check_innocent(counts, innocent, scenario)
    for population, count in counts:
        for name, size in _groups(population, count):
            players.append(Player(name, population.kind, everybody(name=name), size, population.act))
    _check_accounts(players, spec.scale)
    return Cast(
        seed=seed,
        text=spec.text,
        prompts=spec.prompts,
        start=start,
        days=days,
        release=everybody(name="").release,
        campaigns=campaigns,
        players=tuple(players),
        shares=shares,
        expected=harvested + innocent * days / scenario.days,
    )


def _playing(campaign: Campaign) -> Callable[[Stage, int], Part]:
    """Return what plays `campaign`, which knows how many accounts it has."""
    return lambda stage, _: play(campaign, stage)


def described(spec: WorldSpec, troupe: Cast, sizes: list[int], *, version: int) -> dict[str, object]:
    """Return every parameter of a world as JSON values; `sizes` are the accounts of each player."""
    prompts = None if spec.prompts is None else spec.prompts.described()
    return {
        "generator": version,
        "seed": troupe.seed,
        "scenario": spec.scenario.name,
        "scale": spec.scale,
        "text": spec.text.value,
        "start": dt.datetime.fromtimestamp(troupe.start / MICRO, dt.UTC).isoformat(),
        "days": troupe.days,
        "history": spec.history,
        "release": dt.datetime.fromtimestamp(troupe.release / MICRO, dt.UTC).isoformat(),
        "rungs": list(spec.rungs),
        "dials": dict(spec.dials),
        "innocents": spec.innocents,
        "prompts": prompts,
        "expected_exchanges": round(troupe.expected),
        "shares": {name: round(share, 6) for name, share in troupe.shares.items()},
        "campaigns": [asdict(campaign) for campaign in troupe.campaigns],
        "groups": [{"name": p.name, "kind": p.kind, "accounts": n} for p, n in zip(troupe.players, sizes, strict=True)],
    }


def _check_dials(dials: Mapping[str, float]) -> None:
    names = [population.name for population in POPULATIONS]
    for name, factor in dials.items():
        if name not in names:
            raise unknown("population", name, names, where="--dial")
        if not 0 <= factor < np.inf:
            raise NothingUsable(
                f"dial {name}={factor} is negative or no number",
                where="--dial",
                expected="a factor of zero or more",
                remedy=f"`--dial {name}=0` leaves it out, `--dial {name}=10` makes ten times as much of it",
            )


def _check_size(spec: WorldSpec) -> None:
    if not 0 < spec.scale < _MOST_SCALE:
        raise NothingUsable(
            f"scale {spec.scale} makes no world",
            where="--scale",
            expected=f"a number above 0 and below {_MOST_SCALE:,}",
            remedy="`--scale 0.01`",
        )
    if not spec.scenario.campaigns and (spec.rungs or spec.innocents is not None):
        raise NothingUsable(
            f"the world `{spec.scenario.name}` has no campaign that could evade or be outnumbered",
            where="--evade" if spec.rungs else "--innocents",
            expected="a scenario with a campaign",
            remedy="`--scale` makes a world of innocents larger or smaller",
        )
    if spec.innocents is not None and not 0 < spec.innocents < np.inf:
        raise NothingUsable(
            f"{spec.innocents} innocent exchanges to one of the campaign",
            where="--innocents",
            expected="a number above 0",
            remedy="`--innocents 10`",
        )
    if not 0 <= spec.history <= _MOST_HISTORY:
        raise NothingUsable(
            f"{spec.history} days of history",
            where="--history",
            expected=f"0 to {_MOST_HISTORY}",
            remedy="`--history 7`",
        )


def _check_innocent(counts: list[tuple[Population, int]], innocent: float, scenario: Scenario) -> None:
    least = sum(count * population.load * scenario.days for population, count in counts)
    if least > _OVER * innocent:
        raise NothingUsable(
            f"{innocent:,.0f} exchanges are too few for one group of every population, which need {least:,.0f}",
            where="--scale",
            remedy=f"`--scale {least / scenario.innocents:.2g}` or more, or leave some out: `--dial relay=0`",
        )


def _check_accounts(players: list[Player], scale: float) -> None:
    accounts = sum(player.count for player in players)
    if accounts > _MOST_ACCOUNTS:
        raise NothingUsable(
            f"scale {scale:g} makes a world of {accounts:,} accounts",
            where="--scale",
            expected=f"{_MOST_ACCOUNTS:,} accounts at most, since they are held in memory",
            remedy=f"`--scale {0.95 * scale * _MOST_ACCOUNTS / accounts:.2g}`, or fewer innocents",
        )


def _shares(dials: Mapping[str, float]) -> dict[str, float]:
    """Return the share of each population of the innocent exchanges; they sum to one, and ordinary people keep
    `_LEAST_ORDINARY`, unless they themselves are dialled."""
    shares = {p.name: p.share * dials.get(p.name, 1.0) for p in POPULATIONS}
    others = sum(share for name, share in shares.items() if name != ORDINARY)
    if ORDINARY not in dials:
        most = 1.0 - _LEAST_ORDINARY
        if others > most:
            shares = {name: share * most / others for name, share in shares.items()}
        shares[ORDINARY] = 1.0 - min(others, most)
    total = sum(shares.values())
    if total <= 0:
        raise NothingUsable("every population is dialled to zero", where="--dial", expected="one above zero")
    return {name: share / total for name, share in shares.items()}


def _counts(shares: Mapping[str, float], innocent: float, days: int) -> list[tuple[Population, int]]:
    """Return the accounts of each population. A small world holds at least one group of each that has a share; what
    that is too much is taken from ordinary people."""
    counts = []
    over = 0.0
    for population in POPULATIONS:
        share = shares[population.name]
        wanted = share * innocent / (population.load * days)
        count = max(round(wanted), population.least) if share > 0 else 0
        if population.kind != ORDINARY:
            over += max(count - wanted, 0) * population.load * days
        counts.append((population, count))
    return [(p, _less(p, n, over, days)) for p, n in counts if n]


def _less(population: Population, count: int, over: float, days: int) -> int:
    if population.kind != ORDINARY:
        return count
    return max(count - round(over / (population.load * days)), count // 4, population.least)


def _groups(population: Population, count: int) -> list[tuple[str, int]]:
    """Return names and sizes of the groups that a population of `count` accounts falls into."""
    if not population.size or count < 2 * population.least:
        return [(population.name, count)]
    number = int(np.clip(round((count / population.size) ** _GROWTH), 1, min(_MOST_GROUPS, count // population.least)))
    if number == 1:
        return [(population.name, count)]
    sizes = _apportioned(count - number * population.least, zipf_weights(number, _UNEVEN)) + population.least
    width = len(str(number))
    return [(f"{population.name}-{k + 1:0{width}d}", size) for k, size in enumerate(sizes.tolist())]


def _apportioned(total: int, weights: np.ndarray) -> I64:
    """Return whole numbers that sum to `total`, in proportion to `weights`."""
    edges = np.rint(np.cumsum(weights) / weights.sum() * total).astype(np.int64)
    sizes: I64 = np.diff(edges, prepend=0)
    return sizes
