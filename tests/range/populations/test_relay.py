"""Account pools show what relays do, and each does it in its own way."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.range.accounts import AGENTS
from stillwatch.range.draw import DAY, MICRO
from stillwatch.range.events import Events, exchange_number
from stillwatch.range.populations.relay import SWITCHES, cooled
from tests.range.populations.played import Played, changes, holders, per_account, play


class TestRelay:
    @pytest.fixture(params=[1, 2, 3, 4, 5])
    def relay(self, request: pytest.FixtureRequest) -> Played:
        seed: int = request.param
        return play("relay", count=60, seed=seed)

    def test_conversations_go_on_under_other_accounts(self, relay: Played) -> None:
        later = (relay.sent.turn > 1) & (relay.sent.status < 400)
        assert len(changes(relay.sent)) > 0.3 * later.sum()

    def test_a_body_fails_over_within_seconds_to_another_account_and_is_served_once(self, relay: Played) -> None:
        sent = relay.sent
        served = sent.take(sent.status < 400)
        bodies = exchange_number(served)
        assert len(np.unique(bodies)) == len(bodies)
        failed = sent.take(sent.status >= 400)
        assert 0.02 < len(failed) / len(sent) < 0.12
        order = np.argsort(bodies)
        by = order[np.searchsorted(bodies[order], exchange_number(failed))]
        assert np.all(bodies[by] == exchange_number(failed))
        wait = (served.ts[by] - failed.ts) / MICRO
        assert np.all((wait > 0) & (wait < 60))
        assert np.all(served.account[by] != failed.account)
        assert np.unique(exchange_number(failed), return_counts=True)[1].max() <= SWITCHES

    def test_load_is_more_even_than_chance_over_accounts(self, relay: Played) -> None:
        """Counts of unrelated accounts spread by orders of magnitude; of a pool by less than half."""
        counts = per_account(relay)
        assert counts.std() < 0.5 * counts.mean()
        people = per_account(play("ordinary", count=600))
        assert people.std() > people.mean()

    def test_accounts_show_one_outdated_client(self, relay: Played) -> None:
        agents = np.unique(relay.who.agents)
        assert len(agents) == len(np.unique(relay.who.client_fp)) == 1
        newest = max(int(name.split("/1.")[1].split(".")[0]) for name in AGENTS if name.startswith("vendor-cli/"))
        assert int(AGENTS[agents[0]].split("/1.")[1].split(".")[0]) < newest - 15

    def test_an_account_serves_many_hidden_people_of_several_languages(self, relay: Played) -> None:
        hidden = relay.sent.writer - len(relay.who)
        assert np.all(hidden >= 0)
        assert len(np.unique(hidden[relay.sent.account == 0])) > 20
        assert len(np.unique(relay.part.hidden)) >= 5

    def test_accounts_have_nothing_in_common_on_paper(self, relay: Played) -> None:
        assert holders(relay.who.org) <= 1
        assert holders(relay.who.payment) <= 1


def test_a_relay_does_without_accounts_that_were_closed() -> None:
    played = play("relay", count=400, days=28)
    late = played.sent.ts >= played.who.status_at[played.sent.account]
    assert (played.who.status_at < played.stage.start + 28 * DAY).any()
    assert not late[played.sent.status < 400].any()


def test_relays_differ_in_how_they_choose_an_account() -> None:
    moves = [len(changes(p.sent)) / (p.sent.turn > 1).sum() for p in (play("relay", seed=s) for s in range(1, 9))]
    assert max(moves) > min(moves) + 0.2


def test_after_an_error_an_account_of_some_relays_is_left_alone_for_a_fixed_time() -> None:
    shares = [_served_too_soon(play("relay", count=60, seed=seed).sent) for seed in range(1, 7)]
    assert min(shares) < 0.01
    assert max(shares) > 0.1


def _served_too_soon(sent: Events) -> float:
    """Return the share of 429s after which their account serves again within four minutes."""
    order = np.lexsort((sent.ts, sent.account))
    account, ts, status = sent.account[order], sent.ts[order], sent.status[order]
    limited = np.flatnonzero(status[:-1] == 429)
    soon = (account[limited + 1] == account[limited]) & (ts[limited + 1] - ts[limited] < 240 * MICRO)
    return float(soon.mean())


def test_without_errors_nothing_cools_down() -> None:
    sent = play("saas").sent
    good = sent.take(sent.status < 400)
    assert cooled(good, 40) is good
