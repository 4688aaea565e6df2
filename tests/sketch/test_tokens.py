"""Tokens against a slow oracle, and by readable cases."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.sketch.points import HEAD_CHARS, TAIL_CHARS, folded, read_points
from stillwatch.sketch.tokens import spans, tokenize
from tests.sketch import oracle
from tests.sketch.scripts import texts


def numbers(*batch: str | None) -> list[list[int]]:
    """Return the numbers of the tokens of each text of a batch."""
    found = tokenize(pa.array(batch, pa.string()))
    return [found.hashes[a:b].tolist() for a, b in zip(found.bounds, found.bounds[1:], strict=False)]


@settings(deadline=None, max_examples=80)
@given(st.lists(texts, max_size=6))
def test_tokens_are_those_of_the_oracle(batch: list[str]) -> None:
    assert numbers(*batch) == [[t.number for t in oracle.tokens(text)] for text in batch]


@settings(deadline=None, max_examples=60)
@given(st.lists(texts, max_size=6))
def test_folded_text_is_that_of_the_oracle(batch: list[str]) -> None:
    points = read_points(pa.array(batch, pa.string()))
    assert [text.decode() for text in folded(points)] == [oracle.folded(text) for text in batch]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello, World", "hello world"),
        ("page 12 of 2026", "page 9 of 1"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("he\u200bllo", "hello"),
        ("❤\ufe0f love", "❤ love"),
        ("tag\U000e0041ged", "tagged"),
        ("ПРИВЕТ, мир", "привет мир"),
    ],
)
def test_same_tokens(one: str, other: str) -> None:
    first, second = numbers(one, other)
    assert first == second
    assert first


@pytest.mark.parametrize(
    ("one", "other"), [("hello world", "world hello"), ("helloworld", "hello world"), ("ab", "ba")]
)
def test_different_tokens(one: str, other: str) -> None:
    first, second = numbers(one, other)
    assert first != second


def test_scripts_without_spaces_give_a_token_a_character() -> None:
    assert [len(found) for found in numbers("你好世界", "日本語です", "ก็ดี", "안녕하세요")] == [4, 5, 4, 1]


def test_nothing_has_no_tokens() -> None:
    assert numbers(None, "", " \n", "!?") == [[], [], [], []]
    assert numbers() == []


def test_tokens_do_not_depend_on_the_batch() -> None:
    assert numbers("plain text", "請求") == [*numbers("plain text"), *numbers("請求")]


def test_only_head_and_tail_of_a_long_text_are_read() -> None:
    filler = "middle " * 10_000
    long = "start " + filler + "end"
    found = tokenize(pa.array([long, "start", "end"]))
    assert found.chars[0] == len(long)
    assert found.hashes[0] == found.hashes[-2]
    assert found.hashes[found.bounds[1] - 1] == found.hashes[-1]
    assert int(found.lengths[: found.bounds[1]].sum()) < HEAD_CHARS + TAIL_CHARS


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("he\u200bllo", 1),
        ("a\u2060\u200db", 2),
        ("слово\u200bслово", 1),
        ("می\u200cخواهم", 0),  # Persian is written so
        ("क्\u200dष", 0),
        ("ไทย\u200bไทย", 0),
        ("👩\u200d💻", 0),
        ("\ufefftext of a file with a byte order mark", 0),
        ("soft\u00adhyphen", 0),
        ("plain", 0),
    ],
)
def test_hidden_characters_count_where_no_script_needs_them(text: str, hidden: int) -> None:
    assert tokenize(pa.array(["before\u200b", text])).invisible.tolist() == [1, hidden]


def test_spans_stay_within_a_text_and_know_their_order() -> None:
    found = tokenize(pa.array(["a b c", "c b a", "a b c d"]))
    values, inside = spans(found, 3)
    assert inside.tolist() == [True, False, False, True, False, False, True, True, False, False]
    assert values[0] == values[6]
    assert values[0] != values[3]
