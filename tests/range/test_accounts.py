"""Accounts of unrelated people: ids apart, what belongs together together, and texts as the record wants them."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc
import pytest
from scipy import stats

from stillwatch.range.accounts import (
    AGENTS,
    CLIENTS,
    GATEWAY_AGENT,
    GATEWAY_CLIENT,
    HOMES,
    NEVER,
    NOBODY,
    PATHS,
    PLANS,
    PROGRAMS,
    STATUS,
    Accounts,
    account_ids,
    account_table,
    alike,
    countries,
    draw_accounts,
    draw_clients,
    id_text,
    in_browser,
    join,
)
from stillwatch.range.draw import DAY, HOUR, generator
from stillwatch.range.fits import JUDGED, TURNS_BRIEF
from stillwatch.range.lexicon import LANGUAGES
from stillwatch.record import ACCOUNTS

START = 20_600 * DAY
DAYS = 30
COUNT = 20_000


@functools.cache
def _drawn() -> Accounts:
    return draw_accounts(generator(5, "accounts"), COUNT, START, DAYS)


# --- ids --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["number", "org", "payment", "device"])
def test_no_two_accounts_share_an_id_by_accident(name: str) -> None:
    ids = getattr(_drawn(), name)
    known = ids[ids != NOBODY]
    assert len(np.unique(known)) == len(known)


@pytest.mark.parametrize(("name", "share"), [("number", 1.0), ("org", 0.3), ("payment", 0.8), ("device", 0.7)])
def test_ids_are_known_for_their_share(name: str, share: float) -> None:
    assert (getattr(_drawn(), name) != NOBODY).mean() == pytest.approx(share, abs=0.02)


def test_an_id_that_nobody_has_is_null() -> None:
    assert id_text(np.array([NOBODY, 1, 1, 2], dtype=np.uint64), 12, "org_").to_pylist() == [
        None, "org_010000000000", "org_010000000000", "org_020000000000"
    ]  # fmt: skip


def test_account_ids_are_unlike_each_other_and_say_nothing_of_their_order() -> None:
    ids = np.array(account_ids(_drawn().number).to_pylist())
    assert len(set(ids)) == COUNT
    assert all(re.fullmatch("acct_[0-9a-f]{16}", text) for text in ids[:100])
    assert abs(stats.spearmanr(np.argsort(np.argsort(ids)), np.arange(COUNT)).statistic) < 0.02


# --- times ------------------------------------------------------------------------------------------------------------


def test_one_in_twelve_signs_up_while_the_world_lasts_and_the_rest_before() -> None:
    born = (_drawn().created_at - START) / DAY
    assert (born >= 0).mean() == pytest.approx(1 / 12, abs=0.01)
    assert born.min() > -1_301
    assert born.max() < 0.7 * DAYS
    assert np.median(born) < -100


def test_status_and_the_moment_it_was_given_agree() -> None:
    who = _drawn()
    active = who.status == STATUS.index("active")
    assert np.array_equal(who.status_at == NEVER, active)
    assert 0.01 < (~active).mean() < 0.025
    assert np.all(who.status_at[~active] > who.created_at[~active])
    assert 0.25 < (who.status_at[~active] > START).mean() < 0.7
    assert np.all(who.status_at[~active] < START + DAYS * DAY)


def test_clients_are_updated_at_any_time_of_the_world_or_after() -> None:
    later = (_drawn().updated - START) / DAY
    assert later.min() >= 0
    assert (later < DAYS).mean() == pytest.approx(1 / 3, abs=0.02)


# --- what belongs together --------------------------------------------------------------------------------------------


def test_addresses_and_networks_are_those_of_the_region() -> None:
    who = _drawn()
    blocks = who.homes >> 16
    assert who.homes.shape == who.networks.shape == (COUNT, HOMES)
    at_home = blocks[:, 0] < 0x2D00
    assert np.all((blocks[at_home] - 0x0B00) // 220 == who.region[at_home, None])
    assert np.array_equal(who.networks, 4_200_000_000 + blocks // 16)
    assert np.array_equal(who.signup_ip, who.homes[:, 0])
    assert np.array_equal(who.signup_asn, who.networks[:, 0])
    assert np.allclose(who.home_weights.sum(axis=1), 1.0, atol=1e-5)
    assert who.home_weights[:, 0].mean() > 0.7


def test_some_accounts_of_every_region_run_in_the_hosting_networks() -> None:
    who = _drawn()
    rented = who.homes >> 16 >= 0x2D00
    assert np.array_equal(rented.all(axis=1), rented.any(axis=1))
    shares = [rented[who.region == k, 0].mean() for k in range(len(countries()))]
    assert min(shares) > 0.04
    assert max(shares) < 0.13


def test_people_are_neighbours_but_share_an_address_by_accident_only() -> None:
    blocks = Counter((_drawn().homes[:, 0] >> 16).tolist())
    assert max(blocks.values()) > 8 * np.median(list(blocks.values()))
    same = Counter(_drawn().homes[:, 0].tolist())
    assert 0 < sum(n > 1 for n in same.values()) < 0.03 * COUNT


def test_a_region_speaks_its_languages() -> None:
    who = _drawn()
    speaks = {name: Counter(who.language[who.region == k].tolist()) for k, name in enumerate(countries())}
    english, spanish, japanese = (LANGUAGES.index(name) for name in ("en", "es", "ja"))
    assert set(speaks["IN"]) == {english}
    assert speaks["MX"][spanish] / speaks["MX"].total() == pytest.approx(0.8, abs=0.04)
    assert speaks["JP"][japanese] / speaks["JP"].total() == pytest.approx(0.79, abs=0.04)
    assert len(set(who.language.tolist())) == len(LANGUAGES)


def test_a_browser_asks_by_the_app_and_nothing_else_does() -> None:
    who = _drawn()
    assert np.array_equal(in_browser(who.agents[:, 0]), who.access == PATHS.index("app"))
    assert np.array_equal(in_browser(who.agents[:, 0]), in_browser(who.agents[:, 1]))
    assert 0.09 < in_browser(who.agents[:, 0]).mean() < 0.15
    assert all("vendor-web" in AGENTS[k] for k in who.agents[who.access == 1, 0][:50])


def test_an_update_raises_the_version_of_the_same_client() -> None:
    agents, _ = draw_clients(generator(1, "c"), 2_000)
    for pair in agents[:200].tolist():
        (name, before), (other, after) = (AGENTS[k].split("1.", 1) for k in pair)
        assert name == other
        assert 1 <= int(after.split(".")[0]) - int(before.split(".")[0]) <= 2
    assert GATEWAY_AGENT not in agents


def test_a_client_has_one_of_the_few_shapes_that_its_kind_is_seen_with() -> None:
    agents, shapes = draw_clients(generator(1, "c"), 20_000)
    seen: dict[str, set[int]] = defaultdict(set)
    for agent, shape in zip(agents[:, 0].tolist(), shapes.tolist(), strict=True):
        seen[AGENTS[agent].split("1.")[0]].add(shape)
    assert len(seen) == 10
    assert all(4 <= len(found) <= 14 for found in seen.values())
    assert len(set.union(*seen.values())) == sum(map(len, seen.values()))
    assert GATEWAY_CLIENT not in shapes
    assert len(set(CLIENTS)) == len(CLIENTS)


# --- habits -----------------------------------------------------------------------------------------------------------


def test_rates_are_the_judged_ones_of_persons() -> None:
    logs = np.log(_drawn().tempo)
    assert np.exp(logs.mean()) == pytest.approx(JUDGED.person_median, rel=0.03)
    assert logs.std() == pytest.approx(JUDGED.person_sigma, rel=0.03)


def test_people_follow_up_as_conversations_were_fitted() -> None:
    law = stats.beta(TURNS_BRIEF.a, TURNS_BRIEF.b)
    assert stats.kstest(1.0 - _drawn().follows, law.cdf).statistic < 0.015


def test_shares_of_models_sum_to_one_and_the_newest_is_taken_up_by_nobody_yet() -> None:
    who = _drawn()
    assert np.allclose(who.models.sum(axis=1), 1.0, atol=1e-5)
    assert set(who.adopts) == {NEVER}
    assert who.models.max(axis=1).mean() < 0.8


# --- the table --------------------------------------------------------------------------------------------------------


def test_the_table_is_in_the_record_and_in_order_of_id() -> None:
    table = account_table(_drawn())
    assert table.schema == ACCOUNTS
    ids = table["account_id"].to_pylist()
    assert ids == sorted(ids)
    never_null = set(ACCOUNTS.names) - {"org_id", "payment_id", "payment_bin", "device_id", "program", "status_at"}
    assert not any(table[name].null_count for name in never_null)
    assert all(0 < table[name].null_count < COUNT for name in set(ACCOUNTS.names) - never_null)


def test_the_table_says_what_was_drawn_of_each() -> None:
    who = _drawn().take(np.arange(300))
    rows = {row["account_id"]: row for row in account_table(who).to_pylist()}
    codes = {"US": "1", "DE": "49", "TW": "886", "KZ": "7"}
    for k, name in enumerate(account_ids(who.number).to_pylist()):
        row = rows[name]
        assert row["plan"] == PLANS[who.plan[k]]
        assert row["program"] == (PROGRAMS[who.program[k]] if who.program[k] >= 0 else None)
        assert row["status"] == STATUS[who.status[k]]
        assert (row["status_at"] is None) == (row["status"] == "active")
        assert row["declared_country"] == countries()[who.region[k]]
        assert row["phone_prefix"].startswith(codes.get(row["declared_country"], ""))
        assert int(ipaddress.ip_address(row["signup_ip"])) == who.signup_ip[k]
        assert row["payment_bin"] == (str(who.issuer[k]) if row["payment_id"] else None)


def test_mail_is_with_a_large_provider_or_a_domain_of_ones_own() -> None:
    table = account_table(_drawn())
    own = pc.ends_with(table["email_domain"], ".example")
    assert pc.mean(own.cast("float64")).as_py() == pytest.approx(0.25, abs=0.02)
    assert table["email_domain"].filter(own).value_counts().field("counts").to_pylist() == [1] * pc.sum(own).as_py()
    assert pc.count_distinct(table["email_domain"].filter(pc.invert(own))).as_py() == 15
    assert all(re.fullmatch(r"[a._9-]+", shape) for shape in table["email_shape"].unique().to_pylist())


# --- changing ---------------------------------------------------------------------------------------------------------


def test_taking_and_joining_keep_every_field() -> None:
    who = _drawn().take(np.arange(10))
    again = join([who.take(np.arange(4)), who.take(np.arange(10) >= 4)])
    assert len(again) == 10
    assert account_table(again).equals(account_table(who))
    assert np.array_equal(again.homes, who.homes)
    assert again.models.dtype == who.models.dtype


def test_alike_makes_all_the_same_in_what_is_named_and_in_nothing_else() -> None:
    who = _drawn().take(np.arange(10))
    same = alike(who, plan=3, payment=77, models=who.models[2])
    assert set(same.plan) == {3}
    assert set(same.payment) == {77}
    assert np.all(same.models == who.models[2])
    assert (same.plan.dtype, same.payment.dtype) == (who.plan.dtype, who.payment.dtype)
    assert np.array_equal(same.number, who.number)
    assert set(replace(same, plan=who.plan).plan) != {3}


def test_the_same_generator_gives_the_same_accounts() -> None:
    one, two, other = (draw_accounts(generator(s, "a"), 50, START, DAYS) for s in (1, 1, 2))
    assert account_table(one).equals(account_table(two))
    assert not set(one.number.tolist()) & set(other.number.tolist())
    assert not set(one.homes[:, 0].tolist()) & set(other.homes[:, 0].tolist())


def test_nobody_is_a_world_too() -> None:
    none = draw_accounts(generator(1, "a"), 0, START, DAYS)
    assert len(none) == 0
    assert account_table(none).num_rows == 0


def test_sign_ups_keep_no_hour() -> None:
    hours = _drawn().created_at % DAY // HOUR
    assert stats.chisquare(np.bincount(hours, minlength=24)).pvalue > 1e-4
