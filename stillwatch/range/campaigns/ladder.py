"""The ladder of evasions: each rung one change of an operator's means, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from stillwatch.range.campaigns.operator import Campaign, Means
from stillwatch.range.names import unknown


@dataclass(frozen=True, slots=True)
class Rung:
    """One evasion.

    Attributes:
        id: permanent.
        changes: what is different, as a sentence.
        cost: what it costs the operator, per account or per exchange. All figures are judged from list prices and
            effort as they were in 2026; none was measured.
        apply: returns the changed means.
        aims_at: kinds of evidence that it is meant to silence, or to feign where they speak for innocence, as their
            blind spots say; none of a combination, whose rungs say it, or where only groups become smaller. Whether it
            does is another matter: `docs/limitations.md` has what was measured.
    """

    id: str
    changes: str
    cost: str
    apply: Callable[[Means], Means]
    aims_at: tuple[str, ...] = ()


def _own_payment(means: Means) -> Means:
    return replace(means, payers=1, issuers=0)


def _own_address(means: Means) -> Means:
    return replace(means, addresses="own")


def _own_client(means: Means) -> Means:
    return replace(means, clients=0, devices=1, paths=())


def _own_mail(means: Means) -> Means:
    return replace(means, mail="own")


def _slow_signup(means: Means) -> Means:
    return replace(means, signup="spread", signup_days=180.0, dormancy=30.0)


def _jittered(means: Means) -> Means:
    return replace(means, clock="poisson")


def _human_hours(means: Means) -> Means:
    return replace(means, clock="human")


def _sticky(means: Means) -> Means:
    return replace(means, sticky=True)


def _paraphrase(means: Means) -> Means:
    return replace(means, scaffold="paraphrased")


def _no_scaffold(means: Means) -> Means:
    return replace(means, scaffold="none")


def _personas(means: Means) -> Means:
    return replace(means, personas=True)


def _cover_50(means: Means) -> Means:
    return replace(means, cover=0.5)


def _cover_90(means: Means) -> Means:
    return replace(means, cover=0.9)


def _bought_accounts(means: Means) -> Means:
    return replace(means, signup="bought")


def _small_groups(means: Means) -> Means:
    return replace(means, cells=25)


def _low_rate(means: Means) -> Means:
    return replace(means, rate=2.0)


_SINGLE = (
    Rung("own-payment", "every account pays with an instrument of its own, from the issuers that people use",
         "judged: about 5 USD an account for a card in a name of its own, against 1 USD for a share in one",
         _own_payment, ("shared_instrument", "registration_form")),
    Rung("own-address", "every account has residential addresses of its own",
         "judged: about 3 USD an account and month for a fixed residential address, against 0.10 USD behind an exit",
         _own_address, ("shared_address",)),
    Rung("own-client", "every account has a device, a build of its client and a way of access of its own",
         "judged: about 0.50 USD an account for a profile that is kept up to date, and two weeks of engineering once",
         _own_client, ("client_tuple", "one_device", "shared_instrument")),
    Rung("own-mail", "every account has a mailbox such as people have",
         "judged: about 0.50 USD an account for an aged mailbox, against less than 0.01 USD for a disposable one",
         _own_mail, ("registration_form",)),
    Rung("slow-signup", "sign-ups are spread over half a year, and no account works in its first 30 days",
         "judged: about 2 USD an account for upkeep while it rests, and seven months of notice",
         _slow_signup, ("signup_burst",)),
    Rung("jittered", "requests come at random moments rather than on a clock or in turn, with a quiet night",
         "judged: nothing an exchange; about a day of engineering once, and a queue that is longer at times",
         _jittered, ("in_step",)),
    Rung("human-hours", "each account keeps the hours of its region, weekends and days off",
         "judged: nothing an exchange; two to three times the accounts for the same peak",
         _human_hours, ("in_step",)),
    Rung("sticky", "a conversation stays on the account on which it began",
         "judged: nothing an exchange; about a tenth less use of each account's limits",
         _sticky, ("continued_conversation", "displaced_reasoning")),
    Rung("paraphrase", "instructions are worded anew for every request, and no system prompt is sent",
         "judged: about 0.0002 USD an exchange for a small model that rewords", _paraphrase, ("shared_scaffold",)),
    Rung("no-scaffold", "the bare task is sent, without instructions",
         "judged: nothing an exchange; answers lose their format, and about a fifth of them their use",
         _no_scaffold, ("shared_scaffold", "harvest_intent")),
    Rung("personas", "each account keeps to two topics of its own",
         "judged: nothing an exchange; a scheduler, and a list that is sorted by topic",
         _personas, ("interchangeable", "independent_owners")),
    Rung("cover-50", "half of what an account sends is ordinary conversation",
         "judged: twice the price of an exchange (0.01 USD becomes 0.02 USD), and text to send",
         _cover_50, ("interchangeable", "independent_owners", "single_shot", "human_conversation", "harvest_intent")),
    Rung("cover-90", "nine tenths of what an account sends is ordinary conversation",
         "judged: ten times the price of an exchange (0.01 USD becomes 0.10 USD), and text to send",
         _cover_90, ("interchangeable", "independent_owners", "single_shot", "human_conversation", "harvest_intent",
         "shared_scaffold", "dealt_out")),
    Rung("bought-accounts", "accounts are bought from people who chatted until they sold them, one after the other",
         "judged: about 15 USD an account, and a sixth more accounts for the days before the hand-over",
         _bought_accounts, ("signup_burst", "registration_form")),
    Rung("small-groups", "cells of 25 accounts have wordings, cards, addresses, clients and a clock of their own",
         "judged: about 1 USD an account for wordings and set-ups that are made 25 accounts at a time",
         _small_groups),
    Rung("low-rate", "an account sends at most two requests a day; accounts grow so that the exchanges stay",
         "judged: at 10 USD an account and 26 requests a day before, thirteen times the accounts: 120 USD for each one "
         "there was", _low_rate, ("interchangeable",)),
)  # fmt: skip
_CHEAP = ("own-mail", "sticky", "human-hours", "paraphrase", "own-client")
_UNLINKED = ("own-payment", "own-address", "own-client", "own-mail", "slow-signup")
_BOUGHT = (*_UNLINKED[:-1], "bought-accounts")
_ALL = ("own-payment", "own-address", "own-client", "own-mail", "human-hours", "sticky", "no-scaffold", "personas",
        "cover-50", "bought-accounts", "small-groups", "low-rate")  # fmt: skip


def _combined(names: Sequence[str]) -> Callable[[Means], Means]:
    def apply(means: Means) -> Means:
        for rung in _SINGLE:
            if rung.id in names:
                means = rung.apply(means)
        return means

    return apply


LADDER = (
    *_SINGLE,
    Rung("quiet", "all that costs little: " + ", ".join(_CHEAP),
         "judged: about 1 USD an account and 0.0002 USD an exchange", _combined(_CHEAP)),
    Rung("unlinked", "nothing that links accounts: " + ", ".join(_UNLINKED),
         "judged: about 8 USD an account and 3 USD a month, two weeks of engineering and seven months of notice",
         _combined(_UNLINKED)),
    Rung("unlinked-paraphrased", "unlinked, and paraphrase",
         "judged: as unlinked, and about 0.0002 USD an exchange", _combined((*_UNLINKED, "paraphrase"))),
    Rung("unlinked-bare", "unlinked, and no-scaffold",
         "judged: as unlinked, nothing an exchange, and about a fifth of the answers lose their use",
         _combined((*_UNLINKED, "no-scaffold"))),
    Rung("unlinked-human", "unlinked, and paraphrase, human-hours, sticky",
         "judged: as unlinked, 0.0002 USD an exchange, and two to three times the accounts for the same peak",
         _combined((*_UNLINKED, "paraphrase", "human-hours", "sticky"))),
    Rung("unlinked-personas", "unlinked, and paraphrase, personas",
         "judged: as unlinked, 0.0002 USD an exchange, and a list that is sorted by topic",
         _combined((*_UNLINKED, "paraphrase", "personas"))),
    Rung("unlinked-cover-50", "unlinked, and paraphrase, cover-50",
         "judged: as unlinked, and twice the price of an exchange", _combined((*_UNLINKED, "paraphrase", "cover-50"))),
    Rung("unlinked-low-rate", "unlinked, and paraphrase, low-rate",
         "judged: as unlinked, for thirteen times the accounts at 26 requests a day",
         _combined((*_UNLINKED, "paraphrase", "low-rate"))),
    Rung("unlinked-bought", "unlinked and paraphrase, of bought accounts: " + ", ".join((*_BOUGHT, "paraphrase")),
         "judged: about 21 USD an account and 3 USD a month, a sixth more accounts, and 0.0002 USD an exchange",
         _combined((*_BOUGHT, "paraphrase"))),
    Rung("everything", "all that does not exclude each other: " + ", ".join(_ALL),
         "judged: about 28 USD an account, thirteen times the accounts at 26 requests a day, twice the price of an "
         "exchange", _combined(_ALL)),
)  # fmt: skip
"""All rungs: single ones from the bottom up, then combinations."""


def evaded(campaign: Campaign, names: Sequence[str]) -> Campaign:
    """Return `campaign` whose operator climbs the rungs `names`, in this order: of two that exclude each other
    (`paraphrase` and `no-scaffold`, `cover-50` and `cover-90`, `slow-signup` and `bought-accounts`) the later holds.

    Exchanges and days stay; accounts grow where a rate is given or accounts are taken over in the course of it.

    Raises:
        NothingUsable: a rung that does not exist.
    """
    means = campaign.means
    for name in names:
        means = _rung(name).apply(means)
    changed = replace(campaign, means=means)
    growth = changed.load() / campaign.load()
    if means.rate is not None and changed.load() > means.rate:
        growth = changed.load() / means.rate
        changed = replace(changed, a_day=0.0)
    return replace(changed, accounts=math.ceil(campaign.accounts * growth - 1e-9))


def _rung(name: str) -> Rung:
    for rung in LADDER:
        if rung.id == name:
            return rung
    raise unknown("rung", name, [rung.id for rung in LADDER], where="--evade")
