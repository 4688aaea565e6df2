"""Text that the intent model learns from: our own templates, and rows of real data where they are present.

A template file (`corpus/<language>.txt`) holds one template a line under a `== class` heading: `(a|b)` is a choice,
`{name}` a slot that is filled from the heading of that name, `\\n` a line break. Under a `== +class` heading stand
phrases: one to five of them, in any order, are put around a question. The same questions, answers and documents fill
every class, so that only the wording around them can tell the classes apart.

Every template and every real data set is a *unit* with a fold: what is held out is always a whole unit.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from stillwatch.errors import StillwatchError
from stillwatch.sketch.schema import INTENTS

FOLDER = Path(__file__).parent / "corpus"
REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real"
FOLDS = 4
LANGUAGES = ("en", "zh", "es", "de", "fr", "ru", "ja", "ar", "hi", "pt")
SAMPLES = 8
"""Texts made of one template; twice as many in English, where a real question fills every other slot."""
QUESTION_SAMPLES = 3
"""Texts made of one bare question."""

_SLOT = re.compile(r"\{([a-z]+)\}")
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
_SHORT = 700
"""Longer real rows are not used to fill a slot."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """How one real data set takes part.

    Attributes:
        file: `distillation` or `benign`.
        intent: the class of its rows.
        fold: the fold in which it is held out; None when it is never trained on.
        rows: at most so many rows are trained on.
        licence: why it may be trained on, or why not.
    """

    file: str
    intent: str
    fold: int | None
    rows: int
    licence: str


DATA_SETS = {
    "gpteacher_toolformer": DataSet("distillation", "agentic", 0, 400, "MIT"),
    "gpteacher_roleplay": DataSet("distillation", "ordinary", 0, 200, "MIT"),
    "prometheus_vicuna_eval": DataSet("distillation", "rubric_grading", 1, 320, "Apache-2.0"),
    "gsm8k_train": DataSet("distillation", "ordinary", 2, 250, "MIT"),
    "chatdoctor5k": DataSet("distillation", "ordinary", 3, 200, "Apache-2.0"),
    "arena_hard_v0.1": DataSet("benign", "ordinary", 0, 500, "Apache-2.0"),
    "arena_hard_v2.0": DataSet("benign", "ordinary", 0, 750, "Apache-2.0"),
    "awesome_prompts": DataSet("benign", "ordinary", 1, 800, "CC0-1.0"),
    "humaneval": DataSet("benign", "ordinary", 1, 164, "MIT"),
    "bfcl_live_irrelevance": DataSet("benign", "ordinary", 2, 500, "Apache-2.0"),
    "bfcl_live_multiple": DataSet("benign", "ordinary", 2, 500, "Apache-2.0"),
    "koala": DataSet("benign", "ordinary", 2, 180, "Apache-2.0"),
    "mt_bench": DataSet("benign", "ordinary", 3, 160, "Apache-2.0"),
    "vicuna_bench": DataSet("benign", "ordinary", 3, 80, "Apache-2.0"),
    "fabric_patterns": DataSet("benign", "ordinary", 3, 225, "MIT"),
    "oasst_lottery": DataSet("benign", "ordinary", 0, 349, "Apache-2.0"),
    "self_instruct_user": DataSet("benign", "ordinary", 1, 252, "Apache-2.0"),
    "gorilla_huggingface_eval": DataSet("distillation", "ordinary", None, 0, "Apache-2.0; bare requests, no class"),
    "gorilla_tensorflow_eval": DataSet("distillation", "ordinary", None, 0, "Apache-2.0; bare requests, no class"),
    "gorilla_torchhub_eval": DataSet("distillation", "ordinary", None, 0, "Apache-2.0; bare requests, no class"),
    "gorilla_torchhub_train": DataSet("distillation", "ordinary", None, 0, "Apache-2.0; request and answer in one"),
    "alpaca_en": DataSet("distillation", "ordinary", None, 0, "CC BY-NC: reported on, never trained on"),
    "dolly15k": DataSet("benign", "ordinary", None, 0, "CC BY-SA: reported on, never trained on"),
}
"""Data sets that were made from one another, or by the same people, share a fold."""


@dataclass(frozen=True, slots=True)
class Row:
    """One text with its class.

    Attributes:
        text: the prompt.
        intent: position in `INTENTS`.
        language: ISO 639-1; `real` for rows of real data.
        ours: whether we wrote all of it; not so when a real question fills a slot.
        unit: the template or data set that it comes from.
        fold: the fold in which its unit is held out.
    """

    text: str
    intent: int
    language: str
    unit: str
    fold: int
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """One line of a template file."""

    text: str
    heading: str
    language: str
    number: int

    @property
    def intent(self) -> int:
        """Position in `INTENTS`; -1 for what only fills slots."""
        name = {"question": "ordinary"}.get(self.heading, self.heading.removeprefix("+"))
        return INTENTS.index(name) if name in INTENTS else -1

    @property
    def samples(self) -> int:
        """How many texts are made of it."""
        few = QUESTION_SAMPLES if self.heading == "question" else SAMPLES
        return few * (2 if self.language == "en" else 1)

    @property
    def unit(self) -> str:
        """Name of the template."""
        return f"{self.language}/{self.heading}/{self.number}"

    @property
    def fold(self) -> int:
        """The fold in which it is held out; the same idea in another language has the same fold."""
        return self.number % FOLDS


def real_rows() -> list[Row]:
    """Return the rows of real data that may be trained on; none when the folder is absent."""
    return [row for name, about in DATA_SETS.items() if about.fold is not None for row in data_set(name, about.rows)]


def data_set(name: str, most: int) -> list[Row]:
    """Return at most `most` distinct prompts of a real data set, chosen by the digest of their text."""
    about = DATA_SETS[name]
    path = REAL / f"prompts_{about.file}.parquet"
    if not path.exists():
        return []
    table = pq.read_table(path, columns=["prompt"], filters=[("dataset", "=", name)])
    texts = {text for text in table["prompt"].to_pylist() if text and text.strip()}
    chosen = sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest())[:most]
    fold = -1 if about.fold is None else about.fold
    return [Row(text, INTENTS.index(about.intent), "real", name, fold) for text in chosen]


def templates(language: str) -> list[Template]:
    """Return the templates of one language.

    Raises:
        StillwatchError: a line stands before the first heading.
    """
    path, found, heading, number = FOLDER / f"{language}.txt", [], "", 0
    for at, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("== "):
            heading, number = line[3:].strip(), 0
        elif line and not line.startswith("%%"):
            if not heading:
                raise StillwatchError("a template stands under no heading", where=f"{path}:{at}")
            found.append(Template(line, heading, language, number))
            number += 1
    return found


def own_rows(real: Iterable[Row], folds: Iterable[int]) -> list[Row]:
    """Return texts of the templates whose fold is in `folds`, filled with questions of the same folds.

    `real` are rows whose short, ordinary ones fill the English question slot every other time.
    """
    wanted = frozenset(folds)
    borrowed = [row.text for row in real if row.intent == 0 and row.fold in wanted and len(row.text) < _SHORT]
    return [row for language in LANGUAGES for row in _rows_of(language, wanted, borrowed)]


def _rows_of(language: str, folds: frozenset[int], borrowed: list[str]) -> Iterator[Row]:
    wanted = [template for template in templates(language) if template.intent >= 0 and template.fold in folds]
    slots = _slots(language, folds)
    for template in wanted:
        company = [other.text for other in wanted if other.heading == template.heading]
        for sample in range(template.samples):
            rng = random.Random(f"{template.unit}/{sample}")
            questions = borrowed if language == "en" and sample % 2 else []
            filling = Filling(slots, questions, rng)
            text = filling.phrases(template.text, company) if template.heading.startswith("+") else template.text
            text = filling.around(filling.expand(text))
            yield Row(text, template.intent, language, template.unit, template.fold, ours=not questions)


@dataclass(frozen=True, slots=True)
class Filling:
    """What fills the slots of one text.

    Attributes:
        slots: templates by the name of the slot.
        questions: finished texts that take the place of the question slot, when there are any.
        rng: draws every choice.
    """

    slots: dict[str, list[str]]
    questions: list[str]
    rng: random.Random

    def expand(self, text: str) -> str:
        """Choose, then fill slots; what is filled in may hold choices and slots of its own."""
        while match := _CHOICE.search(text):
            text = text[: match.start()] + self.rng.choice(match.group(1).split("|")) + text[match.end() :]
        text = text.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")
        return _SLOT.sub(self._filled, text)

    def phrases(self, phrase: str, others: list[str]) -> str:
        """Return a template of a question, `phrase` and up to four of the `others`, in any order."""
        more = min(self.rng.choice((0, 0, 1, 2, 4)), len(others))
        parts = [phrase, *self.rng.sample(others, more), "{question}"]
        if self.rng.random() < 0.3:
            parts.append(self.rng.choice(("{answer}", "{doc}", "{trace}", "{code}")))
        self.rng.shuffle(parts)
        ends = self.rng.choice((". ", "\n", ".\n", "\n- "))
        return ends.join(part[:1].upper() + part[1:] for part in parts)

    def around(self, text: str) -> str:
        """Put what any prompt may carry before or after the text: a plain system prompt, pasted matter."""
        if self.rng.random() < 0.25:
            text = self.expand(self.rng.choice(self.slots["system"])) + "\n" + text
        after = self.rng.random()
        if after < 0.15:
            text = text + "\n\n" + " ".join(self.rng.sample(self.slots["doc"], 2))
        elif after < 0.25:
            text = text + "\n\n" + self.rng.choice(self.slots["trace"])
        return text

    def _filled(self, slot: re.Match[str]) -> str:
        name = slot.group(1)
        if name == "question" and self.questions:
            return self.rng.choice(self.questions)
        return self.expand(self.rng.choice(self.slots[name])) if name in self.slots else slot.group(0)


def _slots(language: str, folds: frozenset[int]) -> dict[str, list[str]]:
    """Return what fills the slots; a question that is held out as a prompt fills none either."""
    slots: dict[str, list[str]] = {}
    for template in templates("en") + (templates(language) if language != "en" else []):
        question = template.heading == "question"
        if (template.intent >= 0 and not question) or (question and template.fold not in folds):
            continue
        if template.language == language or template.heading == "code":
            slots.setdefault(template.heading, []).append(template.text)
    return slots
