"""Which accounts belong to a campaign, each on its own evidence.

A group that passed gives the habits of its operator; each account is then held against them and against the
population, feature by feature (a naive Bayes ratio in bits). A tested member whose own evidence is
thin is left out; an account outside joins only if it would be wrong less than once in a hundred, and in two features.
A company that declared itself and whose programs ask like the group is left out of it as of a candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from stillwatch.arrays import F64, I64, Flags
from stillwatch.evidence.case import Case, flags
from stillwatch.evidence.even_load import loads
from stillwatch.evidence.shared_scaffold import telling_users
from stillwatch.findings import VerdictKind
from stillwatch.likeness import spread
from stillwatch.population import INSTRUMENTS, UNKNOWN, Population
from stillwatch.trim import is_one_tenant, without_tenants
from stillwatch.verdict import Tested

SURE = 6.6
"""Bits: odds of a hundred to one."""
LIKELY = 3.3
"""Bits: odds of ten to one, which a tested member must reach to stay; its group has passed, so the odds start even."""
_FEATURES_TO_JOIN = 2
ROUNDS = 4
"""Times that habits are read at the most; who is as linked as a member is found by the members who joined."""
SHOWN = 2.0
"""Bits of a kind of evidence from which its habit is held against single accounts."""
MOTIFS_SHOWN = ("continued_conversation", "failover", "displaced_reasoning")
STRONG = ("sameness", "scaffold", "instrument", "handoff", "unread")
"""Features of which an account that joins must have one; the others are too many people's."""
_NO_LESS = 1e-9
"""Least variance within accounts, in units of that of all: members that never vary are no reason to divide by zero."""
_AT_A_TIME = 4096
"""Accounts whose profiles are weighed at a time."""
_ENOUGH = 5
"""Accounts from whose habits a pattern can be read."""
LIMITS: dict[str, tuple[float, float]] = {
    "sameness": (-15.0, 10.0),
    "scaffold": (-8.0, 12.0),
    "instrument": (0.0, 8.0),
    "handoff": (-1.0, 8.0),
    "client": (-2.0, 3.0),
    "burst": (0.0, 3.0),
    "load": (-3.0, 2.0),
    "follow_up": (-6.0, 2.0),
    "unread": (-6.0, 6.0),
    "vouched": (-8.0, 0.0),
}
"""Least and most bits of each feature. What is cheap to vary can neither convict nor acquit, and whoever signed up at
another time came with another wave; judged, not fitted."""


@dataclass(frozen=True, slots=True)
class Membership:
    """Bits of every account against one campaign, and which accounts are in it.

    Attributes:
        bits: log2 likelihood ratio, shape (accounts,).
        members: accounts in the campaign. core: accounts whose own evidence suffices. Both of shape (accounts,).
    """

    bits: F64
    members: Flags
    core: Flags


def membership(tested: Tested, case: Case, verdict: VerdictKind) -> Membership:
    """Hold every account against the habits of a group that passed.

    A further round takes the habits from the members of the one before, whose number is larger and whose strangers are
    fewer, until they are no more than before. A pool is what hand-offs make it: only accounts that hand over with those
    tested are members of one, or one pool would grow into another that is like it.
    """
    inside = flags(case, tested.group.accounts)
    may_join = np.ones_like(inside)
    if verdict is VerdictKind.POOLED_ACCESS:
        inside &= _hands_over(inside, case)
        may_join = _hands_over(inside, case)
    shown = {item.kind: item.bits for item in tested.evidence if item.bits >= SHOWN}
    pattern, before = inside, _ENOUGH - 1
    for _ in range(ROUNDS):
        found = _round(inside, pattern, may_join, case, shown)
        if found.core.sum() <= before:
            break
        pattern, before = found.core, int(found.core.sum())
    return found


def _round(tested: Flags, pattern: Flags, may_join: Flags, case: Case, shown: Mapping[str, float]) -> Membership:
    """Hold every account against the habits of the accounts in `pattern`."""
    features = _features(pattern, case, shown)
    bits = np.sum(list(features.values()), axis=0)
    speaking = np.sum([values >= 1.0 for values in features.values()], axis=0)
    prior = np.log2(pattern.sum() / max((~pattern).sum(), 1))
    strong = np.any([features[name] >= SURE / 2 for name in STRONG if name in features], axis=0)
    joins = ~tested & (bits + prior >= SURE) & (speaking >= _FEATURES_TO_JOIN) & strong
    members = ((tested & (bits >= LIKELY)) | joins) & may_join
    organisations = case.people.categories["declared"]
    if not is_one_tenant(np.flatnonzero(tested), organisations):
        members = flags(case, without_tenants(np.flatnonzero(members), organisations))
    return Membership(np.asarray(bits), members, members & (bits >= SURE))


def _features(inside: Flags, case: Case, shown: Mapping[str, float]) -> dict[str, F64]:
    """Return the ratio of each feature in bits; a habit that the group was not shown to have is left out.

    Nor does a habit count for more in one account than it does for the group: what hardly shows there is many
    people's, however well an account fits it.

    Args:
        inside: the accounts whose habits are the pattern.
        shown: bits of the kinds of evidence that count for the group.
    """
    people = case.people
    tests: dict[str, tuple[tuple[str, ...], Callable[[], F64]]] = {
        "sameness": (("interchangeable",), lambda: _sameness(inside, case)),
        "scaffold": (("shared_scaffold",), lambda: _yes_no(inside, telling_users(np.flatnonzero(inside), case))),
        "instrument": (("shared_instrument",), lambda: _yes_no(inside, _shares_instrument(inside, people))),
        "handoff": (MOTIFS_SHOWN, lambda: _yes_no(inside, _hands_over(inside, case))),
        "client": (("client_tuple",), lambda: _client(inside, people)),
        "burst": (("signup_burst",), lambda: _yes_no(inside, _in_burst(inside, people))),
        "load": (("even_load",), lambda: _load(inside, people)),
        "follow_up": (("single_shot",), lambda: _share_of(inside, people, "later_turns", "with_turn")),
        "unread": (("unread_answers",), lambda: _share_of(inside, people, "plain_quick", "plain_paced")),
    }
    features = {}
    for name, (kinds, ratio) in tests.items():
        worth = sum(shown.get(kind, 0.0) for kind in kinds)
        if worth > 0:
            least, most = LIMITS[name]
            features[name] = np.clip(ratio(), least, min(most, worth))
    vouched = _vouched(people)
    return features | {"vouched": np.clip(np.where(vouched, _yes_no(inside, vouched), 0.0), *LIMITS["vouched"])}


def _yes_no(inside: Flags, has: Flags) -> F64:
    """Return the ratio of having (or not having) a feature, with half a count added everywhere."""
    within, without = int(inside.sum()), int((~inside).sum())
    p = ((has & inside).sum() + 0.5) / (within + 1)
    q = ((has & ~inside).sum() + 0.5) / (without + 1)
    return np.asarray(np.where(has, np.log2(p / q), np.log2((1 - p) / (1 - q))))


def _sameness(inside: Flags, case: Case) -> F64:
    """Return the Gaussian ratio of a mean profile: around the group's, or anywhere in the population."""
    of = case.overall
    out = np.zeros(len(of.n))
    members = np.flatnonzero(inside & of.known)
    if len(members) < 5 or np.count_nonzero(of.known) - len(members) < 30:
        return out
    own, usual = spread(of, members), case.everybody.without(members)
    for first in range(0, len(out), _AT_A_TIME):
        some = first + np.flatnonzero(of.known[first : first + _AT_A_TIME])
        z, n = of.z[some], of.n[some, None]
        near, far = (each.excess + np.maximum(each.within, _NO_LESS) / n for each in (own, usual))
        exponent = (z - usual.centre) ** 2 / far - (z - own.centre) ** 2 / near
        ratio = 0.5 * (exponent + np.log(far / near)).sum(axis=1) / np.log(2)
        out[some] = ratio * of.columns / max(of.z.shape[1], 1)
    return out


def _shares_instrument(inside: Flags, people: Population) -> Flags:
    """Return who pays with, or runs on, what another member does."""
    shares = np.zeros(len(inside), dtype=np.bool_)
    for kind in INSTRUMENTS:
        held = (people.shared[kind].matrix > 0).astype(np.int64)
        among = np.asarray(held[np.flatnonzero(inside)].sum(axis=0)).ravel()
        others = held @ among - inside * np.asarray(held.sum(axis=1)).ravel()
        shares |= others > 0
    return shares


def _hands_over(inside: Flags, case: Case) -> Flags:
    """Return who has hand-offs with members, at least twice."""
    moves = case.handoffs
    counts = np.zeros(len(inside))
    np.add.at(counts, moves.source, moves.n * inside[moves.target])
    np.add.at(counts, moves.target, moves.n * inside[moves.source])
    return counts >= 2


def _client(inside: Flags, people: Population) -> F64:
    clients = people.categories["client"]
    within, without = clients.counts(np.flatnonzero(inside)), clients.counts(np.flatnonzero(~inside))
    kinds = len(clients.values)
    ratio = np.log2((within + 0.5) / (within.sum() + 0.5 * kinds)) - np.log2(
        (without + 0.5) / (without.sum() + 0.5 * kinds)
    )
    return np.where(clients.known, ratio[clients.codes], 0.0) if kinds else np.zeros(len(inside))


def _in_burst(inside: Flags, people: Population) -> Flags:
    """Return who was made in the middle nine tenths of the members' time of sign-up."""
    known = people.created_us != UNKNOWN
    members = people.created_us[inside & known]
    if not len(members):
        return np.zeros(len(inside), dtype=np.bool_)
    first, last = np.quantile(members, (0.05, 0.95))
    return np.asarray(known & (people.created_us >= first) & (people.created_us <= last))


def _load(inside: Flags, people: Population) -> F64:
    everybody: I64 = np.arange(people.size)
    load = loads(people, everybody)
    within, without = load[inside], load[~inside]
    if len(within) < 5 or len(without) < 30:
        return np.zeros(people.size)
    near, far = max(float(within.std()), 0.1), max(float(without.std()), 0.1)
    exponent = ((load - without.mean()) / far) ** 2 - ((load - within.mean()) / near) ** 2
    return np.asarray(0.5 * (exponent / np.log(2)) + np.log2(far / near))


def _share_of(inside: Flags, people: Population, part: str, whole: str) -> F64:
    """Return the binomial ratio of one count among another, at the members' rate and at the others'."""
    hits, of = people.totals[part], people.totals[whole]
    if not of[inside].any() or not of[~inside].any():
        return np.zeros(len(inside))
    p = (hits[inside].sum() + 1) / (of[inside].sum() + 2)
    q = (hits[~inside].sum() + 1) / (of[~inside].sum() + 2)
    return np.asarray(hits * np.log2(p / q) + (of - hits) * np.log2((1 - p) / (1 - q)))


def _vouched(people: Population) -> Flags:
    """Return who is in a programme or belongs to a declared organisation."""
    return np.asarray(people.categories["program"].known | people.categories["declared"].known)
