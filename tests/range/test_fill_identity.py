"""Who asks, and in which conversation: what two rows must agree on does agree."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np

from stillwatch.range.accounts import AGENTS, GATEWAY_CLIENT, alike
from stillwatch.range.draw import HOUR
from stillwatch.range.events import HABIT, NONE, TURNS, events, exchange_number
from tests.range.filled import START, bodies, chatter, filled, people

# --- conversations ----------------------------------------------------------------------------------------------------


def test_a_turn_carries_the_hashes_of_the_turn_before_and_one_more() -> None:
    made = chatter()
    before = dict(zip(exchange_number(made.part).tolist(), made.column("prefix_hashes"), strict=True))
    later = [n for n in before if n % TURNS > 1]
    assert len(later) > 500
    assert all(len(before[n]) == n % TURNS - 1 for n in before)
    assert all(before[n][:-1] == before[n - 1] for n in later if n - 1 in before)


def test_conversations_share_no_hash_and_begin_with_none() -> None:
    made = chatter()
    seen: dict[str, set[int]] = defaultdict(set)
    for talk, hashes in zip(made.part.talk.tolist(), made.column("prefix_hashes"), strict=True):
        for text in hashes:
            seen[text].add(talk)
    assert {len(talks) for talks in seen.values()} == {1}


def test_only_answers_that_think_hand_out_a_block_and_each_answer_its_own() -> None:
    made = chatter()
    issued = made.column("signatures_issued")
    think = made.numbers("reasoning")
    good = made.part.status < 400
    assert [len(blocks) for blocks in issued] == (good & think).astype(int).tolist()
    by_recipe = np.where(made.part.recipe == 2, True, made.who.thinks[made.part.account])
    assert np.array_equal(think, by_recipe & (made.part.recipe != 3))
    assert np.array_equal(made.numbers("tokens_reasoning") > 0, good & think)
    bodies = {n: blocks[0] for n, blocks in zip(exchange_number(made.part).tolist(), issued, strict=True) if blocks}
    assert len(set(bodies.values())) == len(bodies)


def test_the_next_turn_presents_the_block_of_the_turn_before() -> None:
    made = chatter()
    numbers = exchange_number(made.part)
    issued = {n: blocks for n, blocks in zip(numbers.tolist(), made.column("signatures_issued"), strict=True) if blocks}
    brought = made.column("signatures_presented")
    answered = np.isin(numbers - 1, numbers[made.part.status < 400])
    expected = (made.part.turn > 1) & made.numbers("reasoning") & answered
    held = np.array([len(blocks) for blocks in brought])
    assert np.count_nonzero(held != expected) == 0
    pairs = [(issued[n - 1], b) for n, b in zip(numbers.tolist(), brought, strict=True) if b]
    assert len(pairs) > 200
    assert sum(one != other for one, other in pairs) == 0


def test_what_a_request_brings_is_what_its_event_says() -> None:
    who = alike(people(2), thinks=True)
    at = np.array([0, 0, 1, 1])
    part = events(at, START + np.arange(4) * HOUR, talk=np.array([0, 0, 1, 1]), turn=np.array([1, 2, 1, 2]))
    part = replace(part, brings=np.array([HABIT, NONE, 0 * TURNS + 2, HABIT]))
    made = filled(who, part)
    (first,), (second,), (third,), _ = made.column("signatures_issued")
    assert made.column("signatures_presented").tolist() == [[], [], [second], [third]]
    assert len({first, second, third}) == 3


def test_the_history_only_grows() -> None:
    """A client resends what was said before, so a prompt is never shorter than the one it follows."""
    made = chatter()
    sent = dict(zip(exchange_number(made.part).tolist(), made.numbers("tokens_in").tolist(), strict=True))
    later = [(sent[n], sent[n - 1]) for n in sent if n % TURNS > 1 and n - 1 in sent]
    assert np.mean([now > before for now, before in later]) > 0.99


def test_the_same_body_sent_again_is_the_same_but_for_its_exchange_id() -> None:
    made = chatter()
    rows = [tries for tries in bodies(exchange_number(made.part)).values() if len(tries) > 1]
    assert len(rows) > 100
    ids, issued = made.column("exchange_id"), made.column("signatures_issued")
    assert all(len(set(ids[tries])) == len(tries) for tries in rows)
    assert all(len({block for k in tries for block in issued[k]}) <= 1 for tries in rows)
    for name in ("account_id", "key_id", "session_id", "prefix_hashes", "signatures_presented", "tools", "max_tokens",
                 "reasoning", "tokens_in"):  # fmt: skip
        values = made.column(name)
        assert all(values[k] == values[tries[0]] for tries in rows for k in tries), name


# --- who asks ---------------------------------------------------------------------------------------------------------


def test_an_account_has_one_key_or_uses_two_by_conversation() -> None:
    made = chatter()
    keys: dict[int, set[str]] = defaultdict(set)
    talks: dict[int, set[str]] = defaultdict(set)
    for account, talk, name in zip(
        made.part.account.tolist(), made.part.talk.tolist(), made.column("key_id"), strict=True
    ):
        keys[account].add(name)
        talks[talk].add(name)
    counts = np.array([len(names) for names in keys.values()])
    assert set(counts) == {1, 2}
    assert 0.1 < (counts == 2).mean() < 0.3
    assert {len(names) for names in talks.values()} == {1}
    assert len(set.union(*keys.values())) == counts.sum()


def test_a_session_is_one_conversation_under_one_account() -> None:
    made = chatter()
    of: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for name, *place in zip(
        made.column("session_id"), made.part.talk.tolist(), made.part.account.tolist(), strict=True
    ):
        if name is not None:
            of[name].add((place[0], place[1]))
    assert {len(places) for places in of.values()} == {1}
    assert np.array_equal(made.known("session_id"), made.who.names_sessions[made.part.account])


def test_a_conversation_that_goes_on_under_another_account_is_another_session() -> None:
    who = alike(people(2), names_sessions=True)
    part = events(
        np.array([0, 1]), START + np.arange(2) * HOUR, talk=np.zeros(2, dtype=np.int64), turn=np.array([1, 2])
    )
    made = filled(who, part)
    one, other = made.column("session_id")
    assert one != other
    assert len(made.column("prefix_hashes")[1]) == 1


def test_end_users_are_named_only_where_the_customer_passes_them_on() -> None:
    made = chatter()
    assert np.array_equal(made.known("end_user_id"), made.part.recipe == 4)
    part = replace(events(np.zeros(4, dtype=np.int64), START + np.arange(4), recipe=4), writer=np.array([7, 8, 7, 9]))
    names = filled(people(1), part).column("end_user_id")
    assert [names[0] == name for name in names] == [True, False, True, False]
    assert names[1] != names[3]


def test_the_account_says_client_organisation_and_country() -> None:
    made = chatter()
    who, at = made.who, made.part.account
    assert np.array_equal(made.numbers("stream"), who.streams[at])
    assert np.array_equal(made.known("org_id"), who.org[at] != 0)
    for name in ("account_id", "org_id", "country", "client_fp", "access_path"):
        values = made.column(name)
        assert all(len({*values[at == k]}) <= 1 for k in range(60)), name
    assert len({*made.column("account_id")}) == len(np.unique(at))


def test_a_client_is_updated_once() -> None:
    made = chatter()
    at, later = made.part.account, made.part.ts > made.who.updated[made.part.account]
    expected = made.who.agents[at, later.astype(np.int64)]
    assert made.column("user_agent").tolist() == [AGENTS[k] for k in expected.tolist()]
    both = np.intersect1d(at[later], at[~later])
    assert len(both) > 50
    assert np.all(made.who.agents[both, 0] != made.who.agents[both, 1])


def test_the_client_of_a_gateway_is_nobody_elses() -> None:
    made = chatter()
    inspected = filled(
        alike(people(1), client_fp=GATEWAY_CLIENT), events(np.zeros(1, dtype=np.int64), np.array([START]))
    )
    assert inspected.column("client_fp")[0] not in set(made.column("client_fp"))
