"""Text of our own: in the script it should be in, varied between people, and one person's own within one."""

from __future__ import annotations

import re

import numpy as np
import pytest

from stillwatch.range.grammar import LANGUAGES, TOPICS, Voices, draw_voices, lexicon, one_voice, pick_topics, say

SCRIPT = {"zh": r"[\u4e00-\u9fff]", "ja": r"[\u3040-\u30ff\u4e00-\u9fff]", "ru": r"[\u0400-\u04ff]"}


def _texts(voices: Voices, count: int) -> list[str]:
    rng = np.random.default_rng(2)
    who = np.arange(count) % len(voices)
    none = np.zeros(count, dtype=np.int64)
    made = say(rng, voices, who, topic=pick_topics(rng, voices, who), kinds=[none + 1, none + 2, none, none])
    return [str(text) for text in made.to_pylist()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_is_filled_and_the_script_is_the_languages_own(language: str) -> None:
    voices = draw_voices(np.random.default_rng(1), np.full(40, LANGUAGES.index(language)))
    texts = _texts(voices, 400)
    assert not [text for text in texts if re.search(r"[{}]|  ", text)]
    letters = re.compile(SCRIPT.get(language, r"[A-Za-zÀ-ÿ]"))
    assert all(letters.search(text) for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_all_topics_and_kinds_of_sentence(language: str) -> None:
    words = lexicon(language)
    assert words.nouns.shape == (len(TOPICS), 16)
    assert (np.diff(words.sections) >= 4).all()


def test_unrelated_people_seldom_share_six_words() -> None:
    voices = draw_voices(np.random.default_rng(1), np.zeros(300, dtype=np.int64))
    holders: dict[str, set[int]] = {}
    for place, text in enumerate(_texts(voices, 6_000)):
        words = re.findall(r"\w+", text.lower())
        for start in range(len(words) - 5):
            holders.setdefault(" ".join(words[start : start + 6]), set()).add(place % len(voices))
    shared = sum(len(people) > 1 for people in holders.values())
    assert shared / len(holders) < 0.12


def test_people_have_topics_of_their_own_and_a_machine_has_not() -> None:
    rng = np.random.default_rng(1)
    people = draw_voices(rng, np.zeros(200, dtype=np.int64))
    assert people.topics.max(axis=1).mean() > 0.4
    assert people.topics.std(axis=0).min() > 0.1
    machine = one_voice(rng, 5, topics=np.ones(len(TOPICS)))
    assert machine.topics.std(axis=0).max() == 0


def test_the_same_draws_give_the_same_text() -> None:
    voices = draw_voices(np.random.default_rng(1), np.arange(12) % len(LANGUAGES))
    assert _texts(voices, 60) == _texts(voices, 60)
