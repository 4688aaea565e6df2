"""Scaffolds are found although their slots vary, in any script; different scaffolds stay apart."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.sketch import scaffold
from stillwatch.sketch.points import read_points
from stillwatch.sketch.schema import SHINGLES
from stillwatch.sketch.tokens import tokens_of
from tests.sketch import oracle
from tests.sketch.record import exchanges, prompts, sketched
from tests.sketch.scripts import texts

SHINGLE_MARKS = [f"shingle_{i}_mark" for i in range(SHINGLES)]

WRAPPERS = {
    "English": (
        "You are given a task. Read it with care, work through it step by step, and show all of your reasoning "
        "before you answer.\n\nTask {n}: {slot}\n\nReasoning first, then the final answer on a line of its own.",
        ("Why is the sky blue?", "Sort these words: pear, fig, apple", "A train leaves at 9:40 and arrives at 12:05."),
    ),
    "Chinese": (
        "请仔细阅读下面的任务，逐步推理，并在回答之前写出完整的思考过程。\n任务{n}：{slot}\n请先写推理过程，最后单独一行写出最终答案。",
        ("天空为什么是蓝色的？", "把下面的词排序：梨、无花果、苹果", "火车九点四十分出发，中午到达。"),
    ),
    "Russian": (
        "Прочитай задание внимательно, рассуждай шаг за шагом и запиши все рассуждения до ответа.\n"
        "Задание {n}: {slot}\nСначала напиши рассуждения, затем окончательный ответ отдельной строкой.",
        ("Почему небо синее?", "Отсортируй слова: груша, инжир, яблоко", "Поезд выходит утром и приходит в полдень."),
    ),
    "Arabic": (
        "اقرأ المهمة التالية بعناية ثم فكر خطوة بخطوة واكتب كل خطوات التفكير قبل الإجابة.\n"
        "المهمة {n}: {slot}\nاكتب التفكير أولا ثم اكتب الإجابة النهائية في سطر مستقل.",
        ("لماذا السماء زرقاء؟", "رتب الكلمات: كمثرى، تين، تفاح", "يغادر القطار صباحا ويصل ظهرا."),
    ),
    "Thai": (
        "อ่านโจทย์ต่อไปนี้อย่างละเอียด คิดทีละขั้นตอน และเขียนเหตุผลทั้งหมดก่อนตอบ\n"
        "โจทย์ {n}: {slot}\nเขียนเหตุผลก่อน แล้วจึงเขียนคำตอบสุดท้ายในบรรทัดแยกต่างหาก",
        ("ทำไมท้องฟ้าเป็นสีฟ้า", "เรียงคำ ลูกแพร์ มะเดื่อ แอปเปิล", "รถไฟออกตอนเช้าและถึงตอนเที่ยง"),
    ),
    "mixed": (
        "SYSTEM 任务说明：请用 Python 解答下面的问题，think step by step，并输出 JSON 格式的结果。\n"
        "Input #{n}: {slot}\nOutput 必须是 valid JSON，不要输出 any other text，谢谢配合。",
        ("why is the sky blue", "把这些词排序 pear fig apple", "9:40 出发的 train"),
    ),
}


def filled(language: str) -> list[str]:
    """Return the wrapper of `language` around each of its slots, each under another number."""
    wrapper, slots = WRAPPERS[language]
    return [wrapper.format(n=7 + 31 * i, slot=slot) for i, slot in enumerate(slots)]


def shingle_marks(row: dict[str, Any]) -> set[int]:
    """Return the shingle marks of one sketch."""
    return {row[name] for name in SHINGLE_MARKS if row[name] is not None}


@pytest.mark.parametrize("language", WRAPPERS)
def test_a_wrapper_is_found_around_varying_tasks(language: str) -> None:
    rows = sketched(prompts(filled(language)))
    assert len({row["prompt_mark"] for row in rows}) == len(rows)
    assert len({row["head_mark"] for row in rows}) == 1
    assert len({row["tail_mark"] for row in rows}) == 1
    assert rows[0]["head_mark"] is not None
    assert rows[0]["tail_mark"] is not None
    assert all(shingle_marks(a) & shingle_marks(b) for a, b in combinations(rows, 2))


@pytest.mark.parametrize("language", WRAPPERS)
def test_a_wrapper_is_found_by_shingles_when_head_and_tail_vary(language: str) -> None:
    slots = WRAPPERS[language][1]
    rows = sketched(prompts([f"{slot} {text} {slot}" for slot, text in zip(slots, filled(language), strict=True)]))
    holders = Counter(mark for row in rows for mark in shingle_marks(row))
    assert max(holders.values()) >= 2
    assert len({row["head_mark"] for row in rows}) == len(rows)


def test_two_wrappers_do_not_meet() -> None:
    rows = {language: sketched(prompts(filled(language))) for language in WRAPPERS}
    marks = {
        language: set().union(*(shingle_marks(r) | {r["head_mark"], r["tail_mark"]} for r in found))
        for language, found in rows.items()
    }
    assert all(not marks[a] & marks[b] for a, b in combinations(marks, 2))


def test_a_system_prompt_with_a_date_and_an_id_in_it() -> None:
    told = "You are a careful assistant of Example Corp. Today is 2026-{}-01. Session {}. Answer in formal English."
    rows = sketched(exchanges(*({"system_text": told.format(i, 9**i)} for i in range(1, 9))))
    assert len({row["system_head_mark"] for row in rows}) == 1
    assert len({row["system_mark"] for row in rows}) == len(rows)


def test_a_short_system_prompt_has_a_head() -> None:
    one, same, other, none = sketched(
        exchanges(
            {"system_text": "Be brief."},
            {"system_text": "be  BRIEF"},
            {"system_text": "Be kind."},
            {"system_text": "…"},
        )
    )
    assert one["system_head_mark"] == same["system_head_mark"] != other["system_head_mark"]
    assert one["system_mark"] != same["system_mark"]
    assert none["system_head_mark"] is None


def test_short_prompts_have_no_head_tail_or_shingles() -> None:
    eleven, five = sketched(
        prompts(["one two three four five six seven eight nine ten eleven", "one two three four five"])
    )
    assert eleven["head_mark"] is None
    assert eleven["tail_mark"] is None
    assert shingle_marks(eleven)
    assert not shingle_marks(five)
    assert five["prompt_mark"] is not None


def test_numbers_are_slots() -> None:
    text = "grade answer {} of student {} on a scale of one to {} and give a reason for it"
    rows = sketched(prompts([text.format(1, 2, 3), text.format(44, 555, 6666)]))
    assert shingle_marks(rows[0]) == shingle_marks(rows[1])


@settings(deadline=None, max_examples=60)
@given(st.lists(texts, min_size=1, max_size=5))
def test_picked_spans_are_those_of_the_oracle(batch: list[str]) -> None:
    text = scaffold.measure(*tokens_of(read_points(pa.array(batch, pa.string()))))

    def numbers(picked: scaffold.Picked) -> list[int | None]:
        return [n if known else None for n, known in zip(picked.numbers.tolist(), picked.known.tolist(), strict=True)]

    assert numbers(scaffold.head(text)) == [oracle.head(t) for t in batch]
    assert numbers(scaffold.tail(text)) == [oracle.tail(t) for t in batch]
    assert numbers(scaffold.system_head(text)) == [oracle.system_head(t) for t in batch]
    found = [numbers(picked) for picked in scaffold.shingles(text)]
    assert [list(row) for row in zip(*found, strict=True)] == [oracle.shingles(t) for t in batch]


def test_a_wrapper_is_kept_as_often_as_it_is_longer_than_its_slot() -> None:
    rng = np.random.default_rng(5)
    wrapper = " ".join(f"w{chr(97 + i)}" for i in range(26))
    slots = [" ".join(f"s{''.join(rng.choice(list('abcdefghij'), 6))}" for _ in range(26)) for _ in range(400)]
    rows = sketched(prompts([f"{wrapper} {slot}" for slot in slots]))
    of_wrapper = shingle_marks(sketched(prompts([wrapper]))[0])
    kept = np.mean([mark in of_wrapper for row in rows for mark in shingle_marks(row)])
    assert 0.25 < kept < 0.6
