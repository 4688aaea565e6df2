"""Text of our own: in the script it should be in, varied between people, and one person's own within one."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict

import numpy as np
import pytest

from stillwatch.arrays import I64
from stillwatch.range.draw import below, mixed
from stillwatch.range.lexicon import ASK, CONTEXT, KINDS, LANGUAGES, TOPICS, WRAP, lexicon
from stillwatch.range.sentences import Wordings, say

SCRIPT = {"zh": r"[\u4e00-\u9fff]", "ja": r"[\u3040-\u30ff\u4e00-\u9fff]", "ru": r"[\u0400-\u04ff]"}
SPAN = {"zh": 10, "ja": 12}
"""Characters that say about as much as six words."""


def _wordings(count: int, language: str, sentences: dict[int, int | I64], *, people: int = 40) -> Wordings:
    who = np.arange(count) % people
    counts = np.zeros((count, len(KINDS)), dtype=np.int8)
    for kind, number in sentences.items():
        counts[:, kind] = number
    return Wordings(
        number=mixed(np.arange(count), 3),
        language=np.full(count, LANGUAGES.index(language)),
        topic=below(np.arange(count), 4, len(TOPICS)),
        voice=mixed(who, 5),
        personal=np.ones(count, dtype=np.bool_),
        counts=counts,
    )


def _spans(text: str, language: str) -> set[str]:
    words = re.findall(r"\w" if language in SPAN else r"\w+", text.lower())
    width = SPAN.get(language, 6)
    return {" ".join(words[start : start + width]) for start in range(len(words) - width + 1)}


def _holders(texts: list[str], language: str, people: int) -> dict[str, set[int]]:
    holders: dict[str, set[int]] = defaultdict(set)
    for place, text in enumerate(texts):
        for span in _spans(text, language):
            holders[span].add(place % people)
    return holders


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_is_filled_and_the_script_is_the_languages_own(language: str) -> None:
    texts = say(_wordings(600, language, dict.fromkeys(range(len(KINDS)), 1))).to_pylist()
    assert not [text for text in texts if re.search(r"[{}]|  |^ | $", text)]
    letters = re.compile(SCRIPT.get(language, r"[A-Za-zÀ-ÿ]"))
    assert all(letters.search(text) for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_all_topics_and_kinds_of_sentence(language: str) -> None:
    sizes = np.diff(lexicon(language).sections)
    assert (sizes >= 5).all()
    assert sizes[WRAP] >= 25


def test_a_noun_belongs_to_the_topic_of_its_text() -> None:
    lex, texts = lexicon("en"), _wordings(2_000, "en", {ASK: 1})
    nouns = lex.words.to_pylist()[: len(TOPICS) * 16]
    for topic, text in zip(texts.topic.tolist(), say(texts).to_pylist(), strict=True):
        found = [n for n, noun in enumerate(nouns) if re.search(rf"\b{noun}s?\b", text) and " " in noun]
        assert not found or topic in {n // 16 for n in found}, text


def test_unrelated_people_seldom_share_six_words() -> None:
    texts = say(_wordings(6_000, "en", {ASK: 1, CONTEXT: 2}, people=300)).to_pylist()
    holders = _holders(texts, "en", 300)
    assert sum(len(people) > 1 for people in holders.values()) / len(holders) < 0.12


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_wraps_almost_never_share_six_words(language: str) -> None:
    count = 1_000
    texts = say(_wordings(count, language, {WRAP: 1 + np.arange(count) % 2}, people=1)).to_pylist()
    holders = _holders(texts, language, count)
    sharing = {pair for people in holders.values() for pair in itertools.combinations(sorted(people), 2)}
    assert len(sharing) / (count * (count - 1) / 2) < 0.01


def test_people_come_back_to_names_of_their_own_and_machines_do_not() -> None:
    asked = _wordings(4_000, "en", {ASK: 1, CONTEXT: 1}, people=4)
    names = set(lexicon("en").words.to_pylist()[lexicon("en").first[2, 0] :][:12_000])
    people = _most_frequent(say(asked).to_pylist(), names)
    machine = Wordings(asked.number, asked.language, asked.topic, asked.voice, ~asked.personal, asked.counts)
    assert min(people) > 50
    assert max(_most_frequent(say(machine).to_pylist(), names)) < 20


def _most_frequent(texts: list[str], names: set[str]) -> list[int]:
    """Return how often each of four people uses their favourite name."""
    found = []
    for person in range(4):
        words = [word for text in texts[person::4] for word in re.findall(r"\w+", text) if word in names]
        found.append(max(words.count(word) for word in set(words)))
    return found


def test_a_text_does_not_depend_on_what_is_written_with_it() -> None:
    texts = _wordings(300, "en", {ASK: 1, CONTEXT: 2})
    mixed_up = Wordings(texts.number, np.arange(300) % 6, texts.topic, texts.voice, texts.personal, texts.counts)
    rows = np.arange(300)[::-7]
    assert say(mixed_up.take(rows)).to_pylist() == say(mixed_up).take(rows).to_pylist()


def test_a_sentence_more_leaves_the_others_as_they_are() -> None:
    for language in LANGUAGES:
        shorter = say(_wordings(50, language, {ASK: 1, CONTEXT: 1})).to_pylist()
        longer = say(_wordings(50, language, {ASK: 1, CONTEXT: 2})).to_pylist()
        assert all(b.startswith(a) and len(b) > len(a) for a, b in zip(shorter, longer, strict=True))


def test_a_text_without_sentences_is_empty() -> None:
    assert say(_wordings(3, "en", {})).to_pylist() == ["", "", ""]
    assert say(_wordings(0, "en", {})).to_pylist() == []
