"""Text of many scripts, drawn at random for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

_TEXT = """
the quick Brown fox Summarise résumé naïve STRASSE prompt_1 abc123 42 2026 a I
напиши краткое Изложение اكتب ملخصا للنص ١٢٣ हिन्दी में लिखो ４２ Ｆｕｌｌ ﬁnd
请总结以下文本 写一篇文章 次の文章を要約してください เขียนสรุป ភាសាខ្មែរ 한국어로 써 주세요 𠀀𠀁
he\u200bllo \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 👩\u200d💻 ❤\ufe0f x\x00y \ufeffbom e\u0301
"""
WORDS = tuple(_TEXT.split())
GAPS = (" ", " ", " ", "  ", "\n", "\t\n ", ", ", ". ", "", "、", "\u3000", "\u2028", "\u200b", "-")

words = st.sampled_from(WORDS) | st.text("ab1_é你ก。 \u200b", max_size=5) | st.just("z" * 70) | st.just("7" * 70)
texts = st.lists(st.tuples(words, st.sampled_from(GAPS)), max_size=40).map(
    lambda parts: "".join(a + b for a, b in parts)
)
"""Up to forty words and gaps; short and empty ones too."""
maybe_texts = st.none() | texts
