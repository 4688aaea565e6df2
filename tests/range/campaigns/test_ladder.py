"""Each rung of the ladder changes what it says, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from stillwatch.errors import StillwatchError
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.range.accounts import Accounts, clock_shifts, draw_accounts
from stillwatch.range.campaigns import LADDER, Means, Rung, evaded
from stillwatch.range.draw import DAY, HOUR, generator
from tests.range.campaigns.acting import CAMPAIGNS, Played, act, small

LETTER, GRADER, AGENTIC = "letter-2026-06", "grader-2026-02", "agentic-2026-02"
FIELDS = {
    "own-payment": {"payers", "issuers"},
    "own-address": {"addresses"},
    "own-client": {"clients", "devices", "paths"},
    "own-mail": {"mail"},
    "slow-signup": {"signup", "signup_days", "dormancy"},
    "jittered": {"clock"},
    "human-hours": {"clock"},
    "sticky": {"sticky"},
    "paraphrase": {"scaffold"},
    "no-scaffold": {"scaffold"},
    "personas": {"personas"},
    "cover-50": {"cover"},
    "cover-90": {"cover"},
    "bought-accounts": {"signup"},
    "small-groups": {"cells"},
    "low-rate": {"rate"},
}
COLUMNS = {
    "own-payment": {"payment", "issuer"},
    "own-address": {"homes", "networks", "signup_ip", "signup_asn"},
    "own-client": {"device", "agents", "client_fp", "access", "updated", "models", "adopts", "heat", "ceiling",
                   "streams", "names_sessions", "thinks"},
    "own-mail": {"domain", "shape"},
    "slow-signup": {"created_at"},
}  # fmt: skip
"""Columns of the accounts that a rung changes; those that are not named change none."""
UNLINKED = ("own-payment", "own-address", "own-client", "own-mail", "slow-signup")
COMBINED = {
    "unlinked": UNLINKED,
    "unlinked-paraphrased": (*UNLINKED, "paraphrase"),
    "unlinked-bare": (*UNLINKED, "no-scaffold"),
    "unlinked-human": (*UNLINKED, "paraphrase", "human-hours", "sticky"),
    "unlinked-personas": (*UNLINKED, "paraphrase", "personas"),
    "unlinked-cover-50": (*UNLINKED, "paraphrase", "cover-50"),
    "unlinked-low-rate": (*UNLINKED, "paraphrase", "low-rate"),
    "unlinked-bought": (*UNLINKED[:-1], "bought-accounts", "paraphrase"),
}
"""What the usual combinations are the sum of."""
OWN = ("own-payment", "own-address", "own-client", "own-mail", "bought-accounts")


def _changed(one: Accounts, other: Accounts) -> set[str]:
    return {f.name for f in fields(Accounts) if not np.array_equal(getattr(one, f.name), getattr(other, f.name))}


@pytest.mark.parametrize("rung", [r for r in LADDER if r.id in FIELDS], ids=lambda r: r.id)
def test_a_rung_changes_its_switch_and_no_other(rung: Rung) -> None:
    worst = Means(payers=4, issuers=2, addresses="exits", clients=1, devices=4, paths=(0, 2), mail="disposable",
                  signup="burst", clock="rounds", sticky=False)  # fmt: skip
    after = rung.apply(worst)
    assert {f.name for f in fields(Means) if getattr(worst, f.name) != getattr(after, f.name)} == FIELDS[rung.id]


def test_the_table_of_this_test_names_every_single_rung() -> None:
    assert [rung.id for rung in LADDER] == [*FIELDS, "quiet", *COMBINED, "everything"]


@pytest.mark.parametrize("rung", LADDER, ids=lambda r: r.id)
def test_a_rung_says_what_it_costs_and_that_it_was_judged(rung: Rung) -> None:
    assert rung.cost.startswith("judged: ")
    assert re.search(r"\d|twice|ten times|nothing an exchange", rung.cost)
    assert re.search(r"account|exchange", rung.cost)


@pytest.mark.parametrize("rung", LADDER, ids=lambda r: r.id)
def test_a_single_rung_is_aimed_at_kinds_of_evidence_that_there_are(rung: Rung) -> None:
    assert bool(rung.aims_at) == (rung.id not in ("small-groups", "quiet", *COMBINED, "everything"))
    assert set(rung.aims_at) <= {kind.kind for kind in EVIDENCE_TABLE}


@pytest.mark.parametrize("name", [n for n in FIELDS if n not in ("bought-accounts", "low-rate")])
def test_a_rung_changes_only_its_columns_of_the_accounts(name: str) -> None:
    changed = _changed(small(AGENTIC).accounts, small(AGENTIC, (name,)).accounts)
    assert changed == (COLUMNS.get(name, set()) if name != "small-groups" else changed)


@pytest.mark.parametrize("name", ["own-payment", "own-client", "own-mail", "paraphrase", "no-scaffold", "cover-50"])
def test_a_rung_that_is_not_about_time_leaves_the_times_as_they_were(name: str) -> None:
    before, after = small(AGENTIC), small(AGENTIC, (name,))
    assert np.array_equal(before.sent.account[before.own][:5_000], after.sent.account[after.own][:5_000])
    assert np.mean(before.sent.ts[before.own][:5_000] == after.sent.ts[after.own][:5_000]) > 0.95


@pytest.mark.parametrize("rung", LADDER, ids=lambda r: r.id)
def test_exchanges_stay_whatever_the_rung(rung: Rung) -> None:
    played = small(LETTER, (rung.id,), 40)
    assert played.own.sum() == pytest.approx(played.campaign.exchanges, rel=0.05)
    assert played.campaign.exchanges == small(LETTER, (), 40).campaign.exchanges


def test_on_all_own_rungs_the_accounts_are_distributed_as_those_of_the_innocent() -> None:
    played = small(LETTER, OWN, 2_000)
    who = played.accounts
    others = draw_accounts(generator(5, "others"), 3_000, played.stage.start, played.campaign.days)
    old = [some.take(some.created_at < played.stage.start - 60 * DAY) for some in (who, others)]
    for name in ("issuer", "phone", "signup_asn", "tempo", "follows", "errors", "heat", "ceiling"):
        assert ks_2samp(getattr(who, name), getattr(others, name)).pvalue > 0.001, name
    assert ks_2samp(old[0].created_at, old[1].created_at).pvalue > 0.001
    for column in _CATEGORIES:
        assert _alike(column(who), column(others))
    for name in ("payment", "device"):
        known = getattr(who, name)[getattr(who, name) > 0]
        assert len(np.unique(known)) == len(known)


_CATEGORIES: tuple[Callable[[Accounts], np.ndarray], ...] = (
    lambda who: who.payment > 0,
    lambda who: who.device > 0,
    lambda who: who.org > 0,
    lambda who: np.minimum(who.domain, 16).astype(np.int64),
    lambda who: who.shape,
    lambda who: who.plan,
    lambda who: who.verification,
    lambda who: who.program,
    lambda who: who.region,
    lambda who: who.language,
    lambda who: who.access,
    lambda who: who.agents[:, 0] // 160,
)


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    values = np.unique(np.concatenate([one, other]))
    table = np.array([[(some == value).sum() for value in values] for some in (one, other)])
    return bool(chi2_contingency(table[:, table.sum(axis=0) > 10]).pvalue > 0.001)


def test_own_payment_ends_the_sharing_of_cards() -> None:
    before, after = (small(GRADER, rungs, 100).accounts.payment for rungs in ((), ("own-payment",)))
    assert len(set(before.tolist())) <= 30
    known = after[after > 0]
    assert len(set(known.tolist())) == len(known)


def test_own_address_ends_the_sharing_of_exits() -> None:
    before, after = (small(GRADER, rungs, 100).accounts.homes for rungs in ((), ("own-address",)))
    assert len(np.unique(before)) <= 12
    assert len(np.unique(after)) == after.size


def test_own_client_ends_the_sharing_of_builds_and_devices() -> None:
    before, after = (small(AGENTIC, rungs).accounts for rungs in ((), ("own-client",)))
    assert len(set(before.client_fp.tolist())) <= 6 < len(set(after.client_fp.tolist()))


def test_slow_signup_spreads_sign_ups_over_months_and_lets_accounts_rest() -> None:
    played = small(GRADER, ("slow-signup",), 100)
    ages = (played.stage.start - played.accounts.created_at) / DAY
    assert ages.min() > 30
    assert np.ptp(ages) > 150


def test_human_hours_have_nights_by_region_and_weekends() -> None:
    played = small(LETTER, ("human-hours",), 100)
    sent, ahead = played.sent, clock_shifts()[played.accounts.region]
    local = (sent.ts + ahead[sent.account]) // HOUR % 24
    night = np.isin(local, (2, 3, 4)).mean() / (3 / 24)
    assert night < 0.6
    before = small(LETTER, (), 100).sent
    assert np.isin((before.ts + ahead[before.account]) // HOUR % 24, (2, 3, 4)).mean() / (3 / 24) > 0.8
    weekend = (sent.ts // DAY + 3) % 7 >= 5
    assert weekend.mean() < 0.9 * 13 / 45


def test_sticky_keeps_a_conversation_on_its_account() -> None:
    played = small(AGENTIC, ("sticky",))
    first = np.zeros(played.sent.talk.max() + 1, dtype=np.int64)
    first[played.sent.talk[::-1]] = played.sent.account[::-1]
    assert (first[played.sent.talk] == played.sent.account).all()


def test_scaffolds_are_fixed_paraphrased_or_none() -> None:
    fixed, worded, bare = (_templates(small(GRADER, rungs)) for rungs in ((), ("paraphrase",), ("no-scaffold",)))
    assert all("{wrap}" not in text and len(text) > 60 for text in fixed)
    assert worded == {"{wrap}\n\n{task}\n\n{answer}", "{wrap}\n\n{answer}\n\n{task}", "{wrap}\n\n{task}"}
    assert bare == {"{task}\n\n{answer}", "{answer}\n\n{task}", "{task}"}
    assert {r.system for r in small("injected-2026-07", ("paraphrase",)).part.recipes if r.words} == {""}


def _templates(played: Played) -> set[str]:
    return {text for recipe in played.part.recipes if recipe.harvest for text in recipe.templates}


def test_of_two_scaffolds_the_later_holds() -> None:
    campaign = CAMPAIGNS[LETTER]
    assert evaded(campaign, ("paraphrase", "no-scaffold")).means.scaffold == "none"
    assert evaded(campaign, ("no-scaffold", "paraphrase")).means.scaffold == "paraphrased"


def test_personas_keep_to_topics_of_the_account() -> None:
    recipes = small(LETTER, ("personas",)).part.recipes
    assert all(recipe.persona for recipe in recipes if recipe.harvest)
    assert not any(recipe.persona for recipe in small(LETTER).part.recipes)


@pytest.mark.parametrize(("name", "share"), [("cover-50", 0.5), ("cover-90", 0.9)])
def test_cover_is_conversation_in_every_account(name: str, share: float) -> None:
    played = small(LETTER, (name,))
    cover = ~played.harvesting
    assert cover.mean() == pytest.approx(share, abs=0.02)
    assert played.recipe("chats")[cover].all()
    accounts = len(played.accounts)
    each = np.bincount(played.sent.account[cover], minlength=accounts) / np.bincount(played.sent.account)
    assert (each > share - 0.2).all()


def test_bought_accounts_chat_until_they_are_handed_over() -> None:
    played = small(LETTER, ("bought-accounts",), 100)
    sent, own = played.sent, played.harvesting
    first = np.full(len(played.accounts), np.iinfo(np.int64).max)
    np.minimum.at(first, sent.account[own], sent.ts[own])
    assert (~own).sum() > 200
    assert (sent.ts[~own] <= first[sent.account[~own]] + 60 * 1_000_000).all()
    assert (first - played.stage.start).max() < 0.35 * played.campaign.days * DAY
    assert (first - played.stage.start).max() > 0.25 * played.campaign.days * DAY
    loads = np.bincount(played.day[own])[-20:] / len(played.accounts)
    assert loads.mean() == pytest.approx(26, rel=0.05), "the load stays: there are more accounts instead"


def test_small_groups_share_nothing_with_each_other() -> None:
    played = small(GRADER, ("small-groups",), 100)
    who, cell = played.accounts, np.arange(100) // 25
    for values in (who.payment, who.homes[:, 0], who.domain):
        holders = np.unique(np.stack([values.astype(np.uint64), cell.astype(np.uint64)]), axis=1)[0]
        shared = np.unique(holders, return_counts=True)[1] > 1
        assert shared.sum() <= (1 if values is who.domain else 0) * 4
    wordings = np.unique(np.stack([cell[played.sent.account], played.sent.recipe]), axis=1)[1]
    assert len(wordings) == len(set(wordings.tolist())), "each cell has wordings of its own"
    minutes = [set((played.sent.ts[cell[played.sent.account] == k] // 60_000_000).tolist()) for k in range(2)]
    assert len(minutes[0] & minutes[1]) < 0.7 * len(minutes[0]), "and its own clock"


def test_low_rate_takes_more_accounts_for_the_same_exchanges() -> None:
    played = small(LETTER, ("low-rate",))
    assert played.campaign.accounts == pytest.approx(20 * 25.6 / 2, rel=0.01)
    assert played.own.sum() / played.campaign.accounts / 45 == pytest.approx(2, rel=0.05)
    assert evaded(played.campaign, ("low-rate",)).accounts == played.campaign.accounts


def test_combinations_are_the_sum_of_their_rungs() -> None:
    campaign = CAMPAIGNS[LETTER]
    quiet = evaded(campaign, ("quiet",)).means
    assert quiet == evaded(campaign, ("own-mail", "sticky", "human-hours", "paraphrase", "own-client")).means
    everything = act(evaded(small(LETTER).campaign, ("everything",)))
    assert everything.campaign.means.cells
    assert everything.campaign.means.signup == "bought"
    assert 0.45 < (~everything.harvesting).mean() < 0.75


@pytest.mark.parametrize("name", COMBINED)
def test_the_usual_combinations_are_the_sum_of_their_rungs(name: str) -> None:
    campaign = CAMPAIGNS[AGENTIC]
    assert evaded(campaign, (name,)) == evaded(campaign, COMBINED[name])


def test_unlinked_leaves_nothing_by_which_accounts_are_linked() -> None:
    means = evaded(CAMPAIGNS[AGENTIC], ("unlinked",)).means
    unlike = Means(signup="spread", signup_days=180.0, dormancy=30.0, clock=means.clock, sticky=means.sticky)
    assert means == unlike


def test_an_unknown_rung_is_answered_with_the_nearest_and_the_list() -> None:
    with pytest.raises(StillwatchError, match="unknown rung `own-adress`") as error:
        evaded(CAMPAIGNS[LETTER], ("own-adress",))
    assert error.value.remedy == "did you mean `own-address`?"
    assert "small-groups" in error.value.expected
