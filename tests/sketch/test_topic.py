"""The topic profile: exact sums, near for near texts, the same in every ledger."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.sketch import topic
from stillwatch.sketch.points import read_points
from stillwatch.sketch.schema import TOPIC_SCALE, TOPIC_WIDTH
from stillwatch.sketch.tokens import tokens_of
from tests.sketch import oracle
from tests.sketch.scripts import texts

F64 = npt.NDArray[np.float64]


def profiles(*batch: str) -> tuple[F64, list[bool]]:
    """Return the profile of each text as floats, and which are known."""
    values, known = topic.profile(*tokens_of(read_points(pa.array(batch, pa.string()))))
    return values.astype(np.float64), known.tolist()


def cosine(one: F64, other: F64) -> float:
    """Return the cosine of the angle between two profiles."""
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


@settings(deadline=None, max_examples=60)
@given(st.lists(texts, min_size=1, max_size=5))
def test_profiles_are_those_of_the_oracle(batch: list[str]) -> None:
    values, known = profiles(*batch)
    assert [v.tolist() if k else None for v, k in zip(values, known, strict=True)] == [oracle.topic(t) for t in batch]


def test_texts_about_the_same_are_nearer() -> None:
    sea, harbour, code = profiles(
        "fishing boats leave the harbour before the storm, nets and anchors on the deck of every boat",
        "the storm kept all fishing boats in the harbour, their nets and anchors on deck",
        "refactor this python function, add type annotations and write unit tests with pytest",
    )[0]
    assert cosine(sea, harbour) > 0.6
    assert cosine(sea, harbour) > cosine(sea, code) + 0.3


def test_order_and_numbers_do_not_matter() -> None:
    one, other = profiles("pears and 12 apples", "7 apples 8 and 9 pears")[0]
    assert one.tolist() == other.tolist()


def test_short_words_weigh_a_quarter() -> None:
    harbours = "harbour " * 4
    alone, with_grammar, other = profiles(harbours, f"the {harbours}", "the the the storm")[0]
    assert cosine(alone, with_grammar) > 0.9
    assert cosine(with_grammar, other) < 0.8


def test_values_use_the_range() -> None:
    rng = np.random.default_rng(3)
    letters = np.array(list("abcdefghijklmnop"))
    batch = [" ".join("".join(rng.choice(letters, 7)) for _ in range(40)) for _ in range(300)]
    values = profiles(*batch)[0]
    assert values.shape == (300, TOPIC_WIDTH)
    assert abs(values.mean()) < TOPIC_SCALE * 0.05
    assert abs(values.std() / TOPIC_SCALE - 1) < 0.05
    assert (np.abs(values) == topic.LIMIT).mean() < 1e-3


def test_texts_without_words_have_none() -> None:
    assert profiles("", "12 345", "?!", "一")[1] == [False] * 4


def test_texts_that_a_dictionary_could_find_have_none() -> None:
    assert profiles("word", "three words only", "four words are enough")[1] == [False, False, True]


def test_one_word_a_great_many_times() -> None:
    values, _ = profiles("水" * 30_000)
    assert set(np.abs(values[0]).tolist()) == {float(topic.LIMIT)}
    assert (np.sign(values[0]) == np.sign(profiles("水" * 4)[0][0])).all()
