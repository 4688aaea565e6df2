"""A campaign as data: what its operator has, what its accounts ask for, and how that changes in time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from stillwatch.errors import NothingUsable
from stillwatch.range.recipes import Recipe

Addresses = Literal["own", "exits", "hosting", "proxies"]
Mail = Literal["own", "pattern", "disposable"]
SignUp = Literal["usual", "burst", "spread", "bought"]
Clock = Literal["rounds", "balancer", "poisson", "human"]
Scaffold = Literal["fixed", "paraphrased", "none"]

HANDED_OVER = 0.3
"""Bought accounts change hands one by one within this share of the campaign's first days."""


@dataclass(frozen=True, slots=True)
class Means:
    """What the operator has and how it behaves; each field is one switch, at its default as with unrelated people.

    Attributes:
        payers: accounts to one payment instrument.
        issuers: ranges from which virtual cards come; 0 for cards as people have them.
        addresses: `own` addresses of each account as people have them; `exits` that a few dozen accounts share;
            addresses of its own in a few `hosting` networks; `proxies`, a pool of residential addresses in which each
            account has three that others have as well.
        clients: builds of client software that all accounts run; 0 for clients as people have them.
        devices: accounts to one device.
        paths: positions in `accounts.PATHS` over which the accounts are dealt; empty for the way of people.
        mail: `own`; one provider and one `pattern` of local part; a few `disposable` domains.
        signup: `usual` as people sign up, but a day before the work begins; `burst` within `signup_days`, `dormancy`
            before the work begins; `spread` likewise over months; `bought` from people who chatted until then.
        signup_days, dormancy: days.
        clock: `rounds` in step; a load `balancer` that takes the account that rested longest; `poisson` with a quiet
            night; `human` hours of each account's region, with weekends and days off.
        sticky: whether a conversation stays on one account, or is dealt out request by request.
        scaffold: `fixed` wordings; `paraphrased` anew for every request, without a system prompt; `none`, the bare
            task.
        personas: whether each account keeps to two topics of its own.
        cover: share of an account's requests that are ordinary conversation.
        cells: accounts of a cell, which has wordings, cards, addresses, clients and a clock of its own; 0 for one cell.
        rate: requests a day that an account sends at most on average, cover apart; None for no limit.
    """

    payers: int = 1
    issuers: int = 0
    addresses: Addresses = "own"
    clients: int = 0
    devices: int = 1
    paths: tuple[int, ...] = ()
    mail: Mail = "own"
    signup: SignUp = "usual"
    signup_days: float = 0.0
    dormancy: float = 1.0
    clock: Clock = "poisson"
    sticky: bool = True
    scaffold: Scaffold = "fixed"
    personas: bool = False
    cover: float = 0.0
    cells: int = 0
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Tactic:
    """One way to get something out of a model.

    Attributes:
        name: for the reader.
        weight: share of the campaign's exchanges, against the other tactics.
        recipe: how it asks. In its texts `[[a|b]]` is a choice: the first without cells, another one in each cell.
        later: how it asks from the second turn of a conversation on; None as at first.
        turns: mean length of a conversation. pause: median seconds between two turns.
        again: chance that an item is asked for once more by another account, within hours.
        presents: share of requests that bring back a reasoning block which another account was given.
        refused: chance that the model declines the first try, which is then sent again within minutes as `weaker`
            says.
        weaker: weights of `recipes.MODELS` for the second try.
        of_users: whether other people than the operator word it: end users who have no account of their own.
        besides: whether these requests come on top of the exchanges reported of the campaign.
    """

    name: str
    weight: float
    recipe: Recipe
    later: Recipe | None = None
    turns: float = 1.0
    pause: float = 15.0
    again: float = 0.0
    presents: float = 0.0
    refused: float = 0.0
    weaker: tuple[float, ...] = ()
    of_users: bool = False
    besides: bool = False

    @property
    def sends(self) -> float:
        """Requests to one conversation, second tries included, about."""
        return self.turns + self.again + self.refused


@dataclass(frozen=True, slots=True)
class Pool:
    """Accounts that are used together.

    Attributes:
        role: what they are called in the truth.
        share: of the campaign's accounts.
        begins, ends: days of work, from the campaign's first midnight; `ends` None for its end.
        banned: whether its accounts are suspended when it ends.
        turnover: share of its accounts that is banned on a day and replaced by new ones within hours.
    """

    role: str = "harvester"
    share: float = 1.0
    begins: float = 0.0
    ends: float | None = None
    banned: bool = False
    turnover: float = 0.0


@dataclass(frozen=True, slots=True)
class Phase:
    """What changes on a day and lasts until the next phase.

    Attributes:
        name: for the reader.
        first: day from the campaign's first, 0 for the first.
        level: requests a day against other phases.
        weights: of the tactics, in their order; empty for what each of them says.
    """

    name: str
    first: int
    level: float = 1.0
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it was reported, or imagined.

    Attributes:
        id: permanent and neutral: it accuses nobody.
        accounts: accounts at the same time, of all pools; those that replace banned ones come on top.
        exchanges: requests of all tactics that are not `besides`.
        days: length. start: first day, ISO.
        tactics, means, pools, phases: see there. The first phase begins on day 0.
        a_day: requests on a day of an account that works, where only some of the accounts work on a day (they take
            turns); 0 where all do.
        uneven: standard deviation of the logarithm of an account's load.
        users: end users without accounts, whose requests are carried or replayed.
        pivot: share of the requests that goes to the newest model a day after its release.
        least: fewer accounts than this do not make what it plays.
        innocents: exchanges of innocents for each of its own, unless told otherwise.
        disclosed: what was reported. assumed: what we made up where nothing was.
    """

    id: str
    accounts: int
    exchanges: int
    days: int
    start: str
    tactics: tuple[Tactic, ...]
    means: Means = Means()
    pools: tuple[Pool, ...] = (Pool(),)
    phases: tuple[Phase, ...] = (Phase("all", 0),)
    a_day: float = 0.0
    uneven: float = 0.0
    users: int = 0
    pivot: float = 0.0
    least: int = 20
    innocents: float = 10.0
    disclosed: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()

    def phase(self, day: int) -> Phase:
        """Return the phase of `day`."""
        return [phase for phase in self.phases if phase.first <= day][-1]

    def weights(self, day: int) -> tuple[float, ...]:
        """Return the weight of each tactic on `day`: those of the campaign's own sum to 1, others come on top."""
        weights = self.phase(day).weights or tuple(tactic.weight for tactic in self.tactics)
        own = sum(w for w, tactic in zip(weights, self.tactics, strict=True) if not tactic.besides)
        return tuple(w / own for w in weights)

    def load(self) -> float:
        """Return the mean requests of an account on a day on which its pool works."""
        return self.exchanges / (self.accounts * sum(self._present(day) for day in range(self.days)))

    def _present(self, day: int) -> float:
        """Return the share of the accounts that can work on `day`, 0 when nothing is sent."""
        if not self.phase(day).level:
            return 0.0
        return sum(pool.share * self._at_work(pool, day) for pool in self.pools)

    def _at_work(self, pool: Pool, day: int) -> float:
        ends = self.days if pool.ends is None else pool.ends
        whole = max(min(day + 1, ends) - max(day, pool.begins), 0.0)
        if self.means.signup != "bought":
            return whole
        return whole * min((day + 0.5) / (HANDED_OVER * self.days), 1.0)


def scaled(campaign: Campaign, scale: float) -> Campaign:
    """Return `campaign` with `scale` times its accounts; load per account, days and spread in time stay.

    Raises:
        NothingUsable: so few accounts do not make the campaign, or `scale` is no positive number.
    """
    smallest = campaign.least / campaign.accounts
    accounts = round(campaign.accounts * scale) if 0 < scale < 1e6 else 0
    if accounts < campaign.least:
        raise NothingUsable(
            f"scale {scale:g} leaves {accounts} accounts of `{campaign.id}`",
            where="range",
            expected=f"at least {campaign.least} accounts, without which there is nothing to find",
            remedy=f"scale {smallest:.3g} or more",
        )
    factor = accounts / campaign.accounts
    exchanges, users = round(campaign.exchanges * factor), round(campaign.users * factor)
    return replace(campaign, accounts=accounts, exchanges=exchanges, users=max(users, 1 if campaign.users else 0))
