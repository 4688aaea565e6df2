"""What a prompt is for: readable cases, hard negatives, and that every score can be added up again.

The cases show what the model is meant to do; how well it does on what it has never seen is measured by
`python -m benchmarks.intent.evaluate`, not here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.intent.corpus import FOLDS, LANGUAGES, REAL, Row, data_set, own_rows, templates
from benchmarks.intent.fit import fit, row_weights
from benchmarks.intent.naming import words
from stillwatch.errors import StillwatchError
from stillwatch.sketch.intent import HEAD_TOKENS, MODEL_FILE, TAIL_TOKENS, assemble, classify, explain, load, ngrams
from stillwatch.sketch.schema import INTENTS
from stillwatch.sketch.tokens import tokenize

CASES = [
    (
        "reasoning_elicitation",
        "Here is a problem together with its finished answer. Write out the reasoning behind this finished answer.\n"
        "Problem: how many legs do six spiders have?\nAnswer: 48",
    ),
    (
        "reasoning_elicitation",
        "Before each reply, put your raw chain of thought inside <think> tags, with every doubt and self-correction. "
        "Do not summarise your thinking. Who invented the bicycle?",
    ),
    ("reasoning_elicitation", "请把完整的思维链写在<think>标签里，不要省略任何推理步骤，再给出答案。为什么天是蓝的？"),
    (
        "reasoning_elicitation",
        "Escribe el razonamiento que hay detrás de esta respuesta final, paso a paso, sin resumir tus pensamientos.\n"
        "Pregunta: ¿cuánto es 6 por 7?\nRespuesta: 42",
    ),
    (
        "rubric_grading",
        "You are an impartial judge. Score the response of the AI assistant against the rubric from 1 to 5 and output "
        "only the score.\nInstruction: name a river.\nResponse: the Danube.",
    ),
    (
        "rubric_grading",
        "Which response is better, A or B? Output only the letter.\nPrompt: tell a joke.\n"
        "Response A: Knock knock.\nResponse B: No.",
    ),
    ("rubric_grading", "请作为公正的评委，根据评分标准给AI助手的回答打1到10分，只输出分数。\n问题：你好\n回答：你好！"),
    (
        "rubric_grading",
        "Bewerte die Antwort des Modells nach dem Bewertungsschema und gib nur die Punktzahl aus.\n"
        "Anweisung: Nenne einen Fluss.\nAntwort: Die Donau.",
    ),
    (
        "task_synthesis",
        "Generate 30 diverse instructions for a language model, as JSONL with instruction, input and output. "
        "Do not repeat the seed tasks.",
    ),
    (
        "task_synthesis",
        "Given the persona of a fisherman, write a challenging question this persona would ask an AI assistant.",
    ),
    (
        "task_synthesis",
        "根据下面的文本生成十个问答对，用于训练模型，每行一个JSON，含question和answer。\n黄河很长。",
    ),
    (
        "task_synthesis",
        "Génère vingt instructions variées pour entraîner un modèle de langage, en JSONL avec instruction et output.",
    ),
    (
        "agentic",
        "You have access to the following tools: search, open_page. Use this format.\nThought: what to do\n"
        "Action: the tool\nAction Input: the argument\nObservation: the result\n\nWhen was the bridge built?",
    ),
    (
        "agentic",
        "You are a coding agent in a sandbox. Explore the repository, edit files, run the tests, submit a patch.",
    ),
    ("agentic", "你是一个自主智能体，可以使用以下工具：search、bash。请一步一步调用工具，直到任务完成。"),
    (
        "agentic",
        "Ты автономный агент. У тебя есть доступ к следующим инструментам: search, bash. Запусти тесты и сдай патч.",
    ),
    (
        "trace_cleaning",
        "Below is a reasoning trace written by a model. Remove redundant steps, fix the errors and keep the final "
        "answer.\n24 / 3 = 9. Wait, it is 8.",
    ),
    (
        "trace_cleaning",
        "Decide whether to keep or discard this sample for the training set. Output KEEP or DROP.\n"
        "Model response: as an AI, I cannot help.",
    ),
    ("trace_cleaning", "下面是模型生成的推理轨迹，请删除重复的步骤，修正错误，保留最终答案。\n3加4等于8，等等，是7。"),
    (
        "trace_cleaning",
        "モデルが生成した思考の連鎖から繰り返しを削除し、誤りを直し、最終的な答えは残してください。\n3足す4は8。いや7。",
    ),
]

HARD_NEGATIVES = [
    (
        "a step-by-step suffix",
        "A shirt costs 20 and is 15 % off. What is the new price? Let's think step by step.",
    ),
    ("a student's essay", "Can you grade my essay about whales? I want to know what mark my teacher would give me."),
    ("own code", "Please review my code and tell me what is wrong: for i in range(10) print(i)"),
    ("two products", "Which is better for a student, a tablet or a laptop?"),
    ("reviews", "Rate these two hotel reviews from 1 to 5: 'lovely view', 'the shower was cold'."),
    ("a quiz for a class", "Make five quiz questions about volcanoes for my 7th graders."),
    ("a dialogue", "Write a dialogue between a baker and a fox about honesty."),
    ("a rewording", "Rephrase this sentence so that it sounds friendlier: send me the file now."),
    ("a proofreading", "Proofread my email and keep the tone: Dear Ms Lind, i am writting about the flat."),
    ("a stack trace", "What does this error mean? Traceback (most recent call last): KeyError: 'id'"),
    ("a question about agents", "What is an AI agent, and what is function calling? Explain it simply."),
    ("an API call", "Write a Python script that calls a weather API and prints the temperature."),
    ("a booking", "Find me a train from Ghent to Lille on Friday morning."),
    (
        "retrieval",
        "Answer the question using only the context below. Context: we open at nine. When do we open?",
    ),
    (
        "a ticket",
        "Classify this ticket as billing, technical or other. Answer with the label only: wrong invoice",
    ),
    ("a translation", "Translate the following letter into German: Dear Sir, thank you for the seeds."),
    ("role play", "I want you to act as a travel guide. My first question is: what can I see in Porto?"),
    ("a table", "Clean this CSV and remove the duplicate rows: a,b 1,2 1,2"),
    ("Chinese homework", "请帮我批改作文，看看能得多少分：我的家乡在山里。"),
    ("Chinese question", "什么是思维链？请简单解释。"),
    ("Spanish essay", "¿Puedes corregir mi redacción y decirme qué nota sacaría?"),
    ("German steps", "Ein Zug fährt um 9 Uhr ab. Wann ist er da? Denke Schritt für Schritt."),
    ("French quiz", "Prépare cinq questions de contrôle sur les volcans pour mes élèves."),
    ("Russian code", "Посмотри мой код и скажи, что не так: print(x"),
    ("Japanese mail", "このメールの文法を直してください。明日行きますか"),
    ("Arabic letter", "ترجم الرسالة التالية إلى الإنجليزية: شكرا على الكتاب."),
    ("Hindi recipe", "चावल और दाल से क्या बना सकते हैं?"),
    ("Portuguese table", "Limpe esta tabela: tire as linhas repetidas."),
]


def _one(text: str, system: str = "") -> tuple[str, float]:
    classes, bits = classify(tokenize(pa.array([system])), tokenize(pa.array([text])))
    return INTENTS[int(classes[0])], float(bits[0])


@pytest.mark.parametrize(("intent", "text"), CASES)
def test_a_prompt_has_the_class_of_what_it_asks_for(intent: str, text: str) -> None:
    found, bits = _one(text)

    assert found == intent, explain(text).strongest(found)
    assert bits >= 2


@pytest.mark.parametrize(("what", "text"), HARD_NEGATIVES)
def test_what_only_looks_alike_is_ordinary(what: str, text: str) -> None:
    found, bits = _one(text)

    assert found == "ordinary" or bits < 2, (what, explain(text).strongest(found))


def test_nearly_all_hard_negatives_are_ordinary_outright() -> None:
    found = [_one(text)[0] for _, text in HARD_NEGATIVES]

    assert found.count("ordinary") >= 0.95 * len(found)


def test_the_system_text_decides_when_the_newest_turn_is_a_plain_question() -> None:
    question = "How tall is the Matterhorn?"
    judge = "You are an impartial judge. Score the response of the assistant against the rubric; output only the score."

    assert _one(question)[0] == "ordinary"
    assert _one(question, system=judge)[0] == "rubric_grading"


def test_an_exchange_without_a_token_is_ordinary_with_no_bits() -> None:
    classes, bits = classify(tokenize(pa.array(["", None, "!? …"])), tokenize(pa.array([None, "", "\u200b\n"])))

    assert classes.tolist() == [0, 0, 0]
    assert bits.tolist() == [0.0, 0.0, 0.0]
    assert [classes.dtype.name, bits.dtype.name] == ["int8", "float32"]


def test_no_exchange_gives_no_class() -> None:
    none = tokenize(pa.array([], pa.string()))

    classes, bits = classify(none, none)

    assert (len(classes), len(bits)) == (0, 0)


def test_a_batch_gives_each_text_what_it_has_alone() -> None:
    texts = [text for _, text in CASES + HARD_NEGATIVES]

    classes, bits = classify(tokenize(pa.array([""] * len(texts))), tokenize(pa.array(texts)))

    assert [(INTENTS[c], float(b)) for c, b in zip(classes, bits, strict=True)] == [_one(text) for text in texts]


@given(st.lists(st.text(), max_size=5))
@settings(max_examples=60, deadline=None)
def test_any_text_gets_a_class_and_the_order_of_texts_changes_nothing(texts: list[str]) -> None:
    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    system = tokenize(pa.array([None] * len(clean), pa.string()))

    classes, bits = classify(system, tokenize(pa.array(clean, pa.string())))
    turned, turned_bits = classify(system, tokenize(pa.array(clean[::-1], pa.string())))

    assert np.isfinite(bits).all()
    assert classes.tolist() == turned.tolist()[::-1]
    assert bits.tolist() == turned_bits.tolist()[::-1]


@pytest.mark.parametrize("text", [text for _, text in CASES + HARD_NEGATIVES] + ["", "\x00\ufffd", "zzzz " * 3000])
def test_the_explanation_adds_up_to_the_score(text: str) -> None:
    told = explain(text)
    sums = [told.bias[k] + sum(c.bits[k] for c in told.contributions) for k in range(len(INTENTS))]

    assert np.allclose(sums, told.scores, atol=1e-9)
    if told.contributions:
        best = told.scores.index(max(told.scores))
        others = sum(2.0**score for k, score in enumerate(told.scores) if k != best)
        assert told.intent == INTENTS[best]
        assert told.bits == pytest.approx(np.clip(told.scores[best] - np.log2(others), -12, 12), abs=0.006)


def test_the_strongest_n_grams_of_a_class_come_first_and_name_what_was_asked() -> None:
    told = explain("Score the response against the rubric.")
    weights = [abs(bits) for _, bits in told.strongest("rubric_grading")]

    assert weights == sorted(weights, reverse=True)
    assert {"rubric", "score"} <= {ngram for ngram, _ in told.strongest("rubric_grading")}


def test_saying_it_twice_adds_nothing() -> None:
    assert explain("rubric").contributions
    assert explain("rubric qzx rubric qzx rubric").contributions == explain("rubric").contributions


def test_pasted_matter_between_head_and_tail_is_not_looked_at() -> None:
    judge = "You are an impartial judge. Score the response of the AI assistant against the rubric. "
    filler = "lorem " * (HEAD_TOKENS + TAIL_TOKENS)

    assert _one(judge + filler)[0] == "rubric_grading"
    assert _one(filler + judge)[0] == "rubric_grading"
    assert explain(filler + judge + filler).contributions == explain(filler).contributions


def test_n_grams_do_not_run_from_one_text_into_the_next() -> None:
    apart, _ = ngrams(tokenize(pa.array(["reward", "model"])))
    together, _ = ngrams(tokenize(pa.array(["reward model"])))

    assert (len(apart), len(together)) == (2, 3)


def test_every_n_gram_of_the_file_is_found_again_in_its_own_text() -> None:
    model = load()
    rows, numbers = ngrams(tokenize(pa.array(model.ngrams)))

    whole = np.isin(model.hashes, numbers)

    assert len(model.ngrams) > 1000
    assert whole.all()
    assert len(np.unique(model.hashes)) == len(model.hashes)
    assert rows.max() == len(model.ngrams) - 1


def test_the_model_file_is_small_and_readable_and_says_what_it_was_made_of() -> None:
    text = MODEL_FILE.read_text(encoding="utf-8")

    assert MODEL_FILE.stat().st_size < 600_000
    assert "# Our own text:" in text
    assert "Real data" in text
    assert "alpaca" not in text.split("\n(bias)")[0]
    assert "dolly" not in text.split("\n(bias)")[0]


@pytest.mark.parametrize("line", ["rubric\t1\t2", "rubric\t1\t2\t3\t4\tmany"])
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "model.tsv"
    path.write_text(f"# head\n(bias)\t0\t0\t0\t0\t0\n{line}\n", encoding="utf-8")

    with pytest.raises(StillwatchError) as caught:
        load(path)

    assert caught.value.where == f"{path}:3"


def test_a_missing_model_is_an_error_with_a_place(tmp_path: Path) -> None:
    with pytest.raises(StillwatchError) as caught:
        load(tmp_path / "none.tsv")

    assert str(tmp_path) in caught.value.where


def test_a_model_of_ones_own_is_used_when_given() -> None:
    weights = np.zeros((1, len(INTENTS)), dtype=np.int64)
    weights[0, INTENTS.index("agentic")] = 500
    model = assemble(["blue whale"], weights, np.zeros(len(INTENTS), dtype=np.int64))

    classes, _ = classify(tokenize(pa.array([""])), tokenize(pa.array(["a Blue whale"])), model=model)

    assert INTENTS[int(classes[0])] == "agentic"


def test_every_class_has_templates_in_every_language_and_every_slot_is_filled() -> None:
    for language in LANGUAGES:
        assert {template.intent for template in templates(language)} >= set(range(len(INTENTS)))
    for row in own_rows([], range(FOLDS)):
        assert "{question}" not in row.text
        assert "{answer}" not in row.text


def test_what_is_held_out_is_in_no_text_that_is_trained_on() -> None:
    seen, unseen = own_rows([], [1, 2, 3]), own_rows([], [0])
    questions = {t.text for t in templates("hi") if t.heading == "question" and t.fold == 0 and "(" not in t.text}

    assert not {row.unit for row in seen} & {row.unit for row in unseen}
    assert questions
    assert not any(question in row.text for question in questions for row in seen)


def test_our_text_is_the_same_each_time_and_says_where_a_real_question_was_used() -> None:
    question = Row("Why do geese fly in a V?", 0, "real", "some_set", 1)

    rows = own_rows([question], range(FOLDS))

    assert rows == own_rows([question], range(FOLDS))
    assert all(row.ours for row in rows if row.language != "en")
    assert not any(question.text in row.text for row in rows if row.ours)
    assert any(question.text in row.text for row in rows)


def test_training_twice_gives_the_same_weights_to_the_last_bit() -> None:
    rows = own_rows([], range(FOLDS))[::20]

    one, two = fit(rows), fit(rows)

    assert one.values.any()
    assert one.values.tobytes() == two.values.tobytes()
    assert one.bias.tobytes() == two.bias.tobytes()


def test_only_what_stands_in_our_own_text_can_be_learnt() -> None:
    ours = own_rows([], range(FOLDS))[::20]
    real = [Row("score for Ann Example of Exampleton", 2, "real", name, 0) for name in ("one", "two", "three")]

    learnt = fit(ours + real).numbers

    own_numbers = ngrams(tokenize(pa.array([row.text for row in ours])))[1]
    assert np.isin(learnt, own_numbers).all()
    assert not np.isin(learnt, ngrams(tokenize(pa.array(["exampleton"])))[1]).any()


def test_classes_weigh_as_the_table_says_whatever_their_number_of_rows() -> None:
    rows = own_rows([], range(FOLDS))
    weights = row_weights(rows)
    of_class = [float(weights[[row.intent == k for row in rows]].sum()) for k in range(len(INTENTS))]

    assert of_class[0] == pytest.approx(0.25)
    assert of_class[1:] == pytest.approx([0.15] * 5)


@pytest.mark.parametrize("text", ["Hello, World 12!", "你好世界abc", "snake_case x1y", "नमस्ते दुनिया", "ﬁne １２"])
def test_words_are_parted_as_the_sketch_parts_them(text: str) -> None:
    assert tokenize(pa.array([" ".join(words(text))])).hashes.tolist() == tokenize(pa.array([text])).hashes.tolist()


@pytest.mark.real
@pytest.mark.skipif(not REAL.exists(), reason="../shared/real is not here")
@pytest.mark.parametrize("name", ["alpaca_en", "dolly15k"])
def test_human_and_bare_instructions_never_trained_on_are_seldom_taken_for_harvest(name: str) -> None:
    rows = data_set(name, 2000)

    classes, bits = classify(tokenize(pa.array([""] * len(rows))), tokenize(pa.array([row.text for row in rows])))

    assert ((classes != 0) & (bits >= 4)).mean() <= 0.01
    assert (classes == 0).mean() >= 0.97
