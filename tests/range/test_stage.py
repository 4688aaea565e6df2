"""What populations are made from: generators that do not disturb each other, and pieces that together are the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stillwatch.range.accounts import NEVER, NOBODY, account_table
from stillwatch.range.draw import DAY
from stillwatch.range.events import events
from stillwatch.range.recipes import CHAT
from stillwatch.range.stage import (
    BLOCK,
    Part,
    Stage,
    as_one_org,
    crowd,
    days_of,
    one_client,
    placed,
    shards_of,
)

START = 20_600 * DAY
STAGE = Stage(seed=1, name="classroom-03", start=START, days=20, release=START + 9 * DAY)


# --- generators -------------------------------------------------------------------------------------------------------


def test_a_generator_belongs_to_seed_group_and_name() -> None:
    def drawn(stage: Stage, *names: object) -> float:
        return float(stage.rng(*names).random())

    others = [drawn(replace(STAGE, seed=2), "talk", 1), drawn(replace(STAGE, name="saas"), "talk", 1),
              drawn(STAGE, "talk", 2), drawn(STAGE, "accounts"), drawn(STAGE, "talk", 1)]  # fmt: skip
    assert len(set(others)) == 5
    assert drawn(STAGE, "talk", 1) == others[-1]
    assert drawn(replace(STAGE, days=99, release=0), "talk", 1) == others[-1]


# --- pieces -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expected",
    [[], [1.0], [0.0, 0.0, 0.0], [BLOCK * 3.0], [BLOCK / 4] * 9, [1.0, BLOCK, 1.0, BLOCK, 1.0], [2.5] * 5_000],
)
def test_shards_are_neighbours_and_hold_everybody_once(expected: list[float]) -> None:
    shards = shards_of(np.array(expected))
    assert np.concatenate([np.empty(0), *shards]).tolist() == list(range(len(expected)))
    assert all(len(rows) and np.all(np.diff(rows) == 1) for rows in shards)


def test_no_shard_is_larger_than_a_block_but_for_one_busy_account() -> None:
    expected = np.random.default_rng(3).lognormal(6, 2, size=20_000)
    sizes = [expected[rows].sum() for rows in shards_of(expected)]
    assert len(sizes) > 10
    assert max(sizes) < BLOCK / 2 + expected.max()


@pytest.mark.parametrize("a_day", [0.0, 10.0, BLOCK / 40, BLOCK / 2, BLOCK * 3.0])
def test_windows_are_the_days_of_the_world(a_day: float) -> None:
    windows = days_of(STAGE, a_day)
    days = [day for first, count in windows for day in range(first, first + count)]
    assert days == list(range(STAGE.days))
    assert max(count for _, count in windows) * a_day <= max(BLOCK / 2, a_day)


def test_positions_in_a_shard_become_positions_in_the_group() -> None:
    part = replace(events(np.array([0, 2, 1]), np.arange(3)), writer=np.array([1, 1, 0], dtype=np.int32))
    moved = placed(part, np.array([40, 41, 42]))
    assert moved.account.tolist() == [40, 42, 41]
    assert moved.writer.tolist() == [41, 41, 40]
    assert moved.account.dtype == moved.writer.dtype == np.int32


# --- people -----------------------------------------------------------------------------------------------------------


def test_a_crowd_takes_up_the_new_model_after_its_release_or_never() -> None:
    who = crowd(STAGE, 4_000)
    assert (who.adopts == NEVER).mean() == pytest.approx(0.4, abs=0.03)
    taken = who.adopts[who.adopts != NEVER]
    assert taken.min() > STAGE.release
    assert 1 < (np.median(taken) - STAGE.release) / DAY < 6
    assert account_table(who).equals(account_table(crowd(STAGE, 4_000)))


# --- organisations ----------------------------------------------------------------------------------------------------


def test_staff_share_what_an_organisation_declares_and_nothing_else() -> None:
    who = crowd(STAGE, 200)
    staff = as_one_org(STAGE, who, offices=3)
    for name in ("org", "payment", "domain", "plan", "verification", "program", "region", "language", "issuer"):
        assert len(set(getattr(staff, name).tolist())) == 1, name
    assert NOBODY not in (staff.org[0], staff.payment[0])
    assert staff.org[0] != staff.payment[0]
    for name in ("number", "device", "created_at", "tempo", "agents", "follows"):
        assert np.array_equal(getattr(staff, name), getattr(who, name)), name


def test_staff_sit_in_offices() -> None:
    staff = as_one_org(STAGE, crowd(STAGE, 200), offices=3)
    offices = {tuple(homes) for homes in staff.homes.tolist()}
    assert len(offices) == 3
    assert {(h, n) for h, n in zip(staff.signup_ip.tolist(), staff.signup_asn.tolist(), strict=True)} == {
        (h[0], n[0]) for h, n in zip(staff.homes.tolist(), staff.networks.tolist(), strict=True)
    }
    assert len({tuple(h) for h in as_one_org(STAGE, crowd(STAGE, 2), offices=9).homes.tolist()}) <= 2


def test_two_organisations_share_nothing() -> None:
    one, other = (as_one_org(s, crowd(s, 20)) for s in (STAGE, replace(STAGE, name="classroom-04")))
    for name in ("org", "payment", "domain", "homes", "number"):
        assert not set(getattr(one, name).ravel().tolist()) & set(getattr(other, name).ravel().tolist()), name


def test_one_client_is_one_build_with_one_set_of_settings() -> None:
    who = crowd(STAGE, 100)
    same = one_client(who)
    for name in ("agents", "client_fp", "access", "updated", "models", "adopts", "heat", "ceiling", "streams",
                 "names_sessions", "thinks"):  # fmt: skip
        assert np.all(getattr(same, name) == getattr(who, name)[0]), name
    assert np.array_equal(same.number, who.number)
    assert np.array_equal(same.homes, who.homes)


def test_a_part_has_no_hidden_users_unless_it_says_so() -> None:
    part = Part(crowd(STAGE, 3), (CHAT,), ())
    assert len(part.hidden) == 0
    assert part.roles == ("customer",)
