"""The accounts of a campaign: when each of them works, and what its operator gave it.

Every account is drawn like everybody's (`stage.crowd`); then only what `Means` says is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from stillwatch.arrays import F64, I64
from stillwatch.range.accounts import NEVER, Accounts, hosting_blocks, inside, network_of
from stillwatch.range.campaigns.operator import HANDED_OVER, Campaign, Means
from stillwatch.range.draw import DAY, HOUR, MICRO, numbers_of, spread
from stillwatch.range.stage import CLIENT, Stage, crowd

REPLACEMENT = "replacement"
"""Role of an account that takes the place of a banned one."""
_PER_EXIT = 25
"""Accounts behind one shared exit."""
_PER_PROXY = 0.5
"""Addresses of a pool of residential proxies, to one account."""
_DISPOSABLE = 6
"""Domains of disposable mail that one cell uses."""
_EVERYBODY = 1e12
"""More accounts than any cell has."""
_BAN_TAKES = 3 * HOUR
"""Within this time all accounts of a pool are suspended."""
_ACTIVE, _SUSPENDED = 0, 1


@dataclass(frozen=True, slots=True)
class Crew:
    """The accounts of a campaign, one entry each.

    Attributes:
        accounts: what was given at sign-up, and habits.
        cell: number of the cell. pool: position in the campaign's pools.
        begins, ends: microseconds between which the operator uses it.
        load: requests against the mean of all.
        turn: when its turn comes where accounts take turns, from [0, 1).
        role: position in the pools, or their number for a replacement.
    """

    accounts: Accounts
    cell: I64
    pool: I64
    begins: I64
    ends: I64
    load: F64
    turn: F64
    role: I64

    def __len__(self) -> int:
        return len(self.cell)

    def present(self, midnight: int) -> F64:
        """Return the share of the day from `midnight` on which the operator can use each account."""
        share = np.clip((self.ends - midnight) / DAY, 0, 1) - np.clip((self.begins - midnight) / DAY, 0, 1)
        return np.maximum(share, 0.0)


def enlist(campaign: Campaign, stage: Stage) -> Crew:
    """Return the accounts of `campaign`; each thing about them has a generator of its own."""
    lives = _lives(stage.rng("lives"), campaign, stage)
    means, count = campaign.means, len(lives.pool)
    begins = lives.begins
    if means.signup == "bought":
        waits = stage.rng("handed over").random(count) * HANDED_OVER * campaign.days * DAY
        begins = np.maximum(begins, stage.start + waits.astype(np.int64))
    cell = lives.slot // means.cells if means.cells else np.zeros(count, dtype=np.int64)
    who = _equipped(stage, crowd(stage.whole, count), means, cell)
    who = _registered(stage.rng("sign-ups"), who, means, begins, lives)
    who = _fated(who, begins, lives)
    ranks = (stage.rng("loads").permutation(count) + 0.5) / count
    load = np.exp(campaign.uneven * ndtri(ranks))
    return Crew(
        accounts=who,
        cell=cell,
        pool=lives.pool,
        begins=begins,
        ends=np.minimum(lives.ends, who.status_at),
        load=load / load.mean(),
        turn=_turns(stage.rng("turns"), lives.pool),
        role=np.where(lives.place > 0, len(campaign.pools), lives.pool),
    )


@dataclass(frozen=True, slots=True)
class _Lives:
    """When accounts are used: a slot of a pool is filled by one account after the other; `place` counts them."""

    slot: I64
    place: I64
    pool: I64
    opens: I64
    begins: I64
    ends: I64
    banned: np.ndarray


def _lives(rng: np.random.Generator, campaign: Campaign, stage: Stage) -> _Lives:
    """Return all accounts of all pools, those that replace others behind them."""
    sizes = np.diff(np.rint(np.cumsum([0.0, *(p.share for p in campaign.pools)]) * campaign.accounts)).astype(np.int64)
    pool = np.repeat(np.arange(len(sizes)), sizes)
    opens = stage.start + (np.array([p.begins for p in campaign.pools]) * DAY).astype(np.int64)
    days = [campaign.days if p.ends is None else p.ends for p in campaign.pools]
    closes = stage.start + (np.array(days) * DAY).astype(np.int64)
    closing = np.array([p.banned for p in campaign.pools])
    rate = np.array([p.turnover for p in campaign.pools])[pool] * (closes - opens)[pool] / DAY
    slot, place = spread(rng.poisson(rate) + 1)
    pool = pool[slot]
    cut = np.where(place > 0, opens[pool] + rng.random(len(slot)) * (closes - opens)[pool], 0).astype(np.int64)
    cut = cut[np.lexsort((cut, slot))]
    last = np.append(slot[1:] != slot[:-1], True)
    gap = (np.exp(rng.normal(np.log(2.0), 0.8, size=len(slot))) * HOUR).astype(np.int64)
    end = np.where(closing[pool], closes[pool] + (rng.random(len(slot)) * _BAN_TAKES).astype(np.int64), closes[pool])
    return _Lives(
        slot=slot,
        place=place,
        pool=pool,
        opens=opens[pool],
        begins=np.where(place > 0, cut + gap, opens[pool]),
        ends=np.where(last, end, np.append(cut[1:], 0)),
        banned=~last | closing[pool],
    )


def _turns(rng: np.random.Generator, pool: I64) -> F64:
    """Return places in a circle, evenly spaced within each pool."""
    order = np.lexsort((rng.random(len(pool)), pool))
    sizes = np.bincount(pool)
    ranks = np.empty(len(pool), dtype=np.float64)
    ranks[order] = np.arange(len(pool)) - (np.cumsum(sizes) - sizes)[pool[order]]
    places: F64 = (ranks + 0.5) / sizes[pool]
    return places


def _equipped(stage: Stage, who: Accounts, means: Means, cell: I64) -> Accounts:
    """Return `who` with the cards, addresses, clients, devices and mail of `means`, those of each cell apart."""
    steps: tuple[tuple[str, bool, _Change], ...] = (
        ("cards", means.payers > 1 or means.issuers > 0, _cards),
        ("addresses", means.addresses != "own", _addresses),
        ("clients", means.clients > 0, _clients),
        ("devices", means.devices > 1, _devices),
        ("paths", bool(means.paths), _paths),
        ("mail", means.mail != "own", _mail),
    )
    for name, wanted, change in steps:
        if wanted:
            rng = stage.rng(name)
            who = change(rng, who, means, _sharing(rng, cell))
    return who


_Sharing = Callable[[float], I64]
"""Returns which of some things each account has, when there is one to so many accounts of its cell."""
_Change = Callable[[np.random.Generator, Accounts, Means, _Sharing], Accounts]


def _sharing(rng: np.random.Generator, cell: I64) -> _Sharing:
    sizes = np.bincount(cell)

    def shared(each: float) -> I64:
        things = np.maximum(np.rint(sizes / each), 1).astype(np.int64)
        first = np.cumsum(things) - things
        which: I64 = first[cell] + (rng.random(len(cell)) * things[cell]).astype(np.int64)
        return which

    return shared


def _cards(rng: np.random.Generator, who: Accounts, means: Means, shared: _Sharing) -> Accounts:
    card = shared(means.payers) if means.payers > 1 else np.arange(len(who))
    issuer = who.issuer
    if means.issuers:
        issuer = rng.choice(who.issuer, size=means.issuers)[rng.integers(0, means.issuers, size=len(who))]
    issuer = issuer[_first(card)][card]
    return replace(who, payment=numbers_of(rng, int(card.max()) + 1)[card], issuer=issuer.astype(who.issuer.dtype))


def _first(group: I64) -> I64:
    """Return a member of each group."""
    member = np.zeros(int(group.max()) + 1, dtype=np.int64)
    member[group] = np.arange(len(group))
    return member


def _addresses(rng: np.random.Generator, who: Accounts, means: Means, shared: _Sharing) -> Accounts:
    count = len(who)
    if means.addresses == "exits":
        source = _first(exit_ := shared(_PER_EXIT))[exit_]
        homes, networks = who.homes[source], who.networks[source]
    elif means.addresses == "hosting":
        blocks = hosting_blocks(rng, who.homes.shape)
        homes, networks = inside(rng, blocks), network_of(blocks)
    else:
        source = np.stack([shared(1 / _PER_PROXY) for _ in range(who.homes.shape[1])], axis=1) % count
        homes, networks = who.homes[source, 0], who.networks[source, 0]
    return replace(who, homes=homes, networks=networks, signup_ip=homes[:, 0].astype(who.signup_ip.dtype),
                   signup_asn=networks[:, 0].astype(np.int64))  # fmt: skip


def _clients(rng: np.random.Generator, who: Accounts, means: Means, shared: _Sharing) -> Accounts:
    source = _builds(rng, shared(_EVERYBODY), means.clients, len(who))
    return replace(who, **{name: getattr(who, name)[source] for name in CLIENT})


def _devices(rng: np.random.Generator, who: Accounts, means: Means, shared: _Sharing) -> Accounts:
    device = shared(means.devices)
    return replace(who, device=numbers_of(rng, int(device.max()) + 1)[device])


def _paths(rng: np.random.Generator, who: Accounts, means: Means, shared: _Sharing) -> Accounts:
    del shared
    ways = np.array(means.paths, dtype=who.access.dtype)
    return replace(who, access=ways[rng.permutation(len(who)) % len(ways)])


def _builds(rng: np.random.Generator, cell: I64, builds: int, count: int) -> I64:
    """Return for each account the one whose client it runs: `builds` of them in each cell."""
    models = rng.integers(0, count, size=(int(cell.max()) + 1, builds))
    source: I64 = models[cell, rng.integers(0, builds, size=count)]
    return source


def _mail(rng: np.random.Generator, who: Accounts, means: Means, shared: _Sharing) -> Accounts:
    cell, count = shared(_EVERYBODY), len(who)
    cells = int(cell.max()) + 1
    shape = rng.choice(who.shape, size=cells)[cell]
    if means.mail == "pattern":
        return replace(who, domain=(1 + rng.integers(0, 5, size=cells))[cell].astype(who.domain.dtype), shape=shape)
    domains = numbers_of(rng, cells * _DISPOSABLE).reshape(cells, _DISPOSABLE)
    return replace(who, domain=domains[cell, rng.integers(0, _DISPOSABLE, size=count)], shape=shape)


def _fated(who: Accounts, begins: I64, lives: _Lives) -> Accounts:
    """Return `who` with the accounts suspended that are banned, and none closed before the operator uses it."""
    usable = who.status_at > begins
    status = np.where(usable, who.status, _ACTIVE)
    status_at = np.where(usable, who.status_at, NEVER)
    return replace(
        who,
        status=np.where(lives.banned, _SUSPENDED, status).astype(who.status.dtype),
        status_at=np.where(lives.banned, lives.ends, status_at),
    )


def _registered(rng: np.random.Generator, who: Accounts, means: Means, begins: I64, lives: _Lives) -> Accounts:
    """Return `who` with the sign-ups of `means`, all before the work begins; a replacement signs up hours before."""
    before = np.where(means.signup == "bought", DAY, int(means.dormancy * DAY)) + np.zeros(len(who), dtype=np.int64)
    if means.signup in ("burst", "spread"):
        age = before + (rng.random(len(who)) * means.signup_days * DAY).astype(np.int64)
        born = lives.opens - age
    else:
        born = who.created_at - 2 * np.maximum(who.created_at - (begins - before), 0)
    if means.signup != "bought":
        fresh = begins - (np.exp(rng.normal(0.0, 0.7, size=len(who))) * HOUR).astype(np.int64) - 60 * MICRO
        born = np.where(lives.place > 0, fresh, born)
    return replace(who, created_at=born)
